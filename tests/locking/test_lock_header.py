"""The header of a lock says what it was compiled from, and whether it is as labcoat wrote it."""

import re
from pathlib import Path

import pytest

from labcoat.locking import lock_header

BODY = (
    "six==1.17.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via -r requirements.in\n"
)


def write_lock(folder: Path, requirements: str = "six\n") -> Path:
    """Write an input and its lock, of the present format; the lock."""
    lock = folder / "requirements.txt"
    (folder / "requirements.in").write_text(requirements)
    missing = {"macOS x86-64": ["six 1.17.0"]}
    lock.write_text(lock_header.format_header(lock, "uv", "3.12", BODY, missing) + BODY)
    return lock


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A lock is up to date until one of its inputs changes, and names its Python."""
    (tmp_path / "base.in").write_text("six\n")
    lock = write_lock(tmp_path, "-r base.in\n")
    text = lock.read_text()
    assert lock_header.has_header(text)
    assert lock_header.lock_format(text) == lock_header.FORMAT
    assert lock_header.locked_python(lock) == "3.12"
    assert lock_header.lock_state(lock) == "fresh"
    (tmp_path / "base.in").write_text("six<2\n")
    assert lock_header.lock_state(lock) == "stale"
    lock.unlink()
    assert lock_header.lock_state(lock) == "missing"


def test_a_lock_without_an_input_is_up_to_date(tmp_path: Path) -> None:
    """A lock that other programs compile has nothing to be older than."""
    lock = tmp_path / "requirements.txt"
    lock.write_text("six==1.17.0\n")
    assert lock_header.is_fresh(lock)
    assert not lock_header.has_header(lock.read_text())
    assert lock_header.lock_format(lock.read_text()) == 0
    assert lock_header.locked_python(lock) == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("six==1.17.0", "six==1.16.0", id="a version"),
        pytest.param("    --hash=sha256:bb\n", "", id="a hash removed"),
        pytest.param("six==", "left==1 \\\n    --hash=sha256:cc\nsix==", id="a package added"),
        pytest.param("six==1.17.0 ", "six==1.17.0 ; sys_platform == 'x' ", id="a marker"),
        pytest.param("six==", "<<<<<<< HEAD\nsix==", id="a conflict marker"),
        pytest.param("# labcoat-inputs", "<<<<<<< HEAD\n# labcoat-inputs", id="one in the header"),
    ],
)
def test_an_edit_is_noticed(tmp_path: Path, before: str, after: str) -> None:
    """Whatever changes what is installed makes a lock edited, although its inputs are the same."""
    lock = write_lock(tmp_path)
    text = lock.read_text()
    assert before in text
    lock.write_text(text.replace(before, after, 1))
    assert lock_header.lock_state(lock) == "edited"


@pytest.mark.parametrize("change", ["CRLF", "a comment", "blank lines"])
def test_what_installs_the_same_is_no_edit(tmp_path: Path, change: str) -> None:
    """Line endings, comments and blank lines leave a lock up to date."""
    lock = write_lock(tmp_path)
    text = lock.read_text()
    text = {
        "CRLF": text.replace("\n", "\r\n"),
        "a comment": text.replace("    # via", "    # reviewed\n    # via"),
        "blank lines": text.replace("six==", "\n\nsix=="),
    }[change]
    lock.write_bytes(text.encode())
    assert lock_header.lock_state(lock) == "fresh"


def test_a_lock_of_the_first_format_stays_valid(tmp_path: Path) -> None:
    """It has no digest of itself: only its inputs and conflict markers count."""
    lock = write_lock(tmp_path)
    first = re.sub(r"(?m)^# (labcoat-lock|No wheel|Without|  ).*\n|^#\n", "", lock.read_text())
    lock.write_text(first)
    assert lock_header.lock_format(first) == 1
    assert lock_header.lock_state(lock) == "fresh"
    lock.write_text(first.replace("six==", "=======\nsix=="))
    assert lock_header.lock_state(lock) == "edited"
    lock.write_text(BODY)
    assert lock_header.lock_state(lock) == "foreign"


def test_renovate_finds_the_command(tmp_path: Path) -> None:
    """The header has the command where Renovate's pip-compile manager looks for it.

    The pattern and the options are those of its extractHeaderCommand.
    """
    lock = write_lock(tmp_path)
    pattern = r"^(?:#.*?\r?\n)+# {4}(?P<command>\S*)(?P<arguments> .*?)?\r?\n"
    for locker, program in (("pip-tools", "pip-compile"), ("uv", "uv")):
        header = lock_header.format_header(lock, locker, "3.12", BODY)
        found = re.match(pattern, header)
        assert found
        assert found["command"] == program
        words = found["arguments"].split()
        assert words[-1] == "requirements.in"
        assert "--output-file=requirements.txt" in words
        known = {"--allow-unsafe", "--generate-hashes", "--no-emit-index-url", "--strip-extras"}
        if locker == "pip-tools":
            assert {word.partition("=")[0] for word in words[:-1]} <= {*known, "--output-file"}
