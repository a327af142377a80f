"""Libraries are copied into labcoat as they were released, and imported only where needed."""

import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

import labcoat._vendor
from support import BASE_PYTHON, REPOSITORY

VENDOR = Path(labcoat._vendor.__file__).parent
PINS = re.findall(r"(?m)^(\S+)==(\S+) --hash=sha256:(\w+)$", (VENDOR / "vendor.txt").read_text())
IMPORTED = "[name for name in sys.modules if name.startswith('labcoat._vendor.')]"


def test_the_copies_are_the_releases_that_are_pinned(tools_environment: Path) -> None:
    """Every copied file is that of an environment whose lock has the hash."""
    locks = [
        REPOSITORY / "requirements-dev.txt",
        REPOSITORY / "src/lib/labcoat/toolchain/tools.txt",
    ]
    locked = "".join(lock.read_text() for lock in locks)
    (tools,) = tools_environment.glob("lib/python3*/site-packages")
    places = {
        "packaging": Path(str(metadata.distribution("packaging").locate_file(""))),
        "pyyaml": tools,
    }
    assert [name for name, _, _ in PINS] == list(places)
    for name, version, digest in PINS:
        assert f"--hash=sha256:{digest}" in locked
        assert (places[name] / f"{name}-{version}.dist-info").is_dir()
        copied = list((VENDOR / name.removeprefix("py")).glob("*.py"))
        assert len(copied) > 10
        for path in copied:
            assert path.read_bytes() == (places[name] / path.relative_to(VENDOR)).read_bytes()


@pytest.mark.parametrize(
    "command",
    [["--version"], ["status"], ["settings"], ["lock"], ["lock", "--check"]],
    ids=" ".join,
)
def test_common_commands_do_not_import_packaging(tmp_path: Path, command: list[str]) -> None:
    """They start fast, also in a project whose lock is up to date."""
    from labcoat.locking import lock_header

    lock = tmp_path / "requirements.txt"
    (tmp_path / "requirements.in").write_text("six>=1,<2  # why\n-c limits.txt\n")
    (tmp_path / "limits.txt").write_text("six==1.17.0 ; python_version < '4' --hash=sha256:00\n")
    body = "six==1.17.0\n"
    lock.write_text(lock_header.format_header(lock, "uv", "3.11", body) + body)
    code = (
        f"from labcoat.cli import main\ntry: status = main({command!r})\n"
        f"except SystemExit as end: status = end.code\nprint('imported', status, {IMPORTED})"
    )
    assert run_python(code, tmp_path).endswith(" []")


def test_a_lock_whose_packages_are_for_all_platforms_does_not_import_packaging(
    tmp_path: Path,
) -> None:
    """uv gives each of them the same marker, which holds for all that a lock is for."""
    systems = ("darwin", "linux", "win32")
    either = " or ".join(f"sys_platform == '{each}'" for each in systems)
    lines = f"six==1.17.0 ; python_full_version < '3.12' and ({either})\n"
    code = (
        f"from labcoat.locking.lock_text import fold_lock\n"
        f"print(fold_lock({lines!r}, '3.11', {systems!r}).strip(), {IMPORTED})"
    )
    assert run_python(code, tmp_path) == "six==1.17.0 []"
    rest = "sys_platform == 'linux' or sys_platform == 'win32'"
    code = code.replace(either, rest)  # not for macOS
    assert run_python(code, tmp_path).startswith('six==1.17.0 ; sys_platform == "linux" or ')


def run_python(code: str, folder: Path) -> str:
    """Return the last line of what `code` prints in `folder`, with labcoat on the path."""
    library = str(REPOSITORY / "src/lib")
    ended = subprocess.run(
        [BASE_PYTHON, "-I", "-c", f"import sys; sys.path.insert(0, {library!r})\n{code}"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout, ended.stderr
    return ended.stdout.splitlines()[-1]
