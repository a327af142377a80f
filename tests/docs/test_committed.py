"""The repository has no path of a machine, no index address and no data, and it has a licence."""

import re
import subprocess
from pathlib import Path

import pytest

from labcoat.toolchain import tool_env

REPOSITORY = Path(__file__).parents[2]
LIMIT = 1_000_000  # bytes


def committed() -> list[Path]:
    """Every file that git knows or would add, links excepted."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(
        words, cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    paths = [REPOSITORY / name for name in listed if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def test_no_file_names_the_folder_it_was_written_in() -> None:
    """No file holds the path of this clone."""
    place = f"{REPOSITORY}/".encode()
    assert [path for path in committed() if place in path.read_bytes()] == []


def test_no_file_is_big() -> None:
    """No file is over a megabyte: data, weights and environments are elsewhere."""
    assert [path for path in committed() if path.stat().st_size > LIMIT] == []


LOCKS = [path for path in committed() if re.fullmatch(r"(?:requirements.*|tools)\.txt", path.name)]
every_lock = pytest.mark.parametrize(
    "lock", LOCKS, ids=lambda path: str(path.relative_to(REPOSITORY))
)


@every_lock
def test_lock_holds_packages_and_hashes_only(lock: Path) -> None:
    """A lock has no address, no option but hashes, and a hash for every pin."""
    text = re.sub(r"(?m)^\s*#.*$", "", lock.read_text(encoding="utf-8"))
    assert "://" not in text
    assert set(re.findall(r"(?<!\S)--?[a-z-]+", text)) <= {"--hash"}
    pins = re.findall(r"(?m)^[A-Za-z0-9](?:[^\n]*\\\n)*[^\n]*", text)
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)


PLATFORMS = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin"]
# tensorflow-cpu is for x86_64 alone; elsewhere tensorflow itself has no code for GPUs.
ON_PLATFORMS = [
    (lock, each)
    for lock in LOCKS
    for each in PLATFORMS
    if not lock.stem.endswith("-cpu") or "x86" in each
]


@pytest.mark.parametrize("minor", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize(
    ("lock", "platform"),
    ON_PLATFORMS,
    ids=[f"{lock.relative_to(REPOSITORY)}-{each}" for lock, each in ON_PLATFORMS],
)
def test_a_lock_installs_on_every_python(
    lock: Path, minor: str, platform: str, tmp_path: Path, network: dict[str, str]
) -> None:
    """Each locked release has a wheel with a locked hash for each Python and platform."""
    asks = [
        "--require-hashes",
        "--no-deps",
        "--only-binary=:all:",
        "--python-version",
        minor,
        "--python-platform",
        platform,
    ]
    words = [
        tool_env.uv_program(),
        "pip",
        "install",
        "--dry-run",
        *asks,
        "--target",
        tmp_path / "nowhere",
        "-r",
        lock,
    ]
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_the_cpu_variant_is_the_lock_with_another_tensorflow() -> None:
    """The cpu input and lock equal the ordinary ones, except for the name of tensorflow."""
    asked = [
        re.findall(r"(?m)^[a-z][\w-]*", (REPOSITORY / f"requirements{each}.in").read_text())
        for each in ("", "-cpu")
    ]
    locked = [
        re.findall(r"(?m)^(\S+==\S+)", (REPOSITORY / f"requirements{each}.txt").read_text())
        for each in ("", "-cpu")
    ]
    assert [name.replace("tensorflow-cpu", "tensorflow") for name in asked[1]] == asked[0]
    assert sorted(pin.replace("tensorflow-cpu==", "tensorflow==") for pin in locked[1]) == sorted(
        locked[0]
    )


def test_the_licence_is_apache_2() -> None:
    """LICENSE is the whole Apache License, and the package says the same."""
    text = (REPOSITORY / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'license = "Apache-2.0"' in (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
