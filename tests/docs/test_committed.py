"""The repository has no path of a machine, no index address and no data, and it has a licence."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from labcoat.locking.platforms import PLATFORMS, Platform, ReleaseFiles, missing_wheels
from labcoat.locking.requirements_file import parse_pins, read_requirements
from labcoat.toolchain import tool_env
from support.session import make_once

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


# Not macOS on Intel, for which TensorFlow has no wheel, and not Windows, which has no make.
INSTALLED_ON = [each for each in PLATFORMS if each.system == "linux" or each.machine == "arm64"]
# tensorflow-cpu is for x86_64 alone; elsewhere tensorflow itself has no code for GPUs.
ON_PLATFORMS = [
    (lock, each)
    for lock in LOCKS
    for each in INSTALLED_ON
    if not lock.stem.endswith("-cpu") or "x86" in each.machine
]


def lists_of_releases() -> list[str]:
    """Every pin of the locks, in lists that have a package once.

    The locks share most of their releases, and uv takes longer to start than to look one up.
    """
    lists: list[dict[str, str]] = []
    pins = (pin for lock in LOCKS for pin in parse_pins(read_requirements(lock)))
    for name, version in sorted({(pin.name, pin.version) for pin in pins}):
        first = next((each for each in lists if name not in each), None)
        if first is None:
            lists.append(first := {})
        first[name] = f"{name}=={version}\n"
    return ["".join(each.values()) for each in lists]


@pytest.fixture(scope="module")
def wheels(
    tmp_path_factory: pytest.TempPathFactory, network: dict[str, str]
) -> dict[tuple[str, str], dict[str, str]]:
    """The wheels that the index has of each locked release, by name and version: name and hash."""

    def ask(folder: Path) -> None:
        for number, releases in enumerate(lists_of_releases()):
            output = folder / f"pylock.{number}.toml"
            words = [tool_env.uv_program(), "pip", "compile", "--quiet", "--universal", "--no-deps"]
            words += ["--python-version", "3.11", "--output-file", str(output), "-"]
            subprocess.run(words, cwd=folder, input=releases, text=True, check=True)

    found: dict[tuple[str, str], dict[str, str]] = {}
    for output in make_once(tmp_path_factory, "files-of-locks", ask).glob("pylock.*.toml"):
        for package in tomllib.loads(output.read_text(encoding="utf-8"))["packages"]:
            found[package["name"], package["version"]] = {
                wheel["url"].rpartition("/")[2]: wheel["hashes"]["sha256"]
                for wheel in package.get("wheels", [])
            }
    return found


@pytest.mark.parametrize("minor", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize(
    ("lock", "platform"),
    ON_PLATFORMS,
    ids=[f"{lock.relative_to(REPOSITORY)}-{each.name}" for lock, each in ON_PLATFORMS],
)
def test_a_lock_installs_on_every_python(
    lock: Path, minor: str, platform: Platform, wheels: dict[tuple[str, str], dict[str, str]]
) -> None:
    """Each locked release has a wheel with a locked hash for each Python and platform."""
    pins = parse_pins(read_requirements(lock))
    locked = {
        (pin.name, pin.version): ReleaseFiles(
            tuple(
                name
                for name, digest in wheels[pin.name, pin.version].items()
                if digest in pin.hashes
            )
        )
        for pin in pins
    }
    assert missing_wheels(pins, locked, minor, [platform]) == {}


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
