"""apt.txt as Binder reads it, and what is refused of it."""

import os
from pathlib import Path

import pytest

from labcoat.apt.request import add_packages, find_request, parse_request, read_request
from labcoat.core.errors import LabcoatError
from support.messages import apt


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("libgomp1\nlibxcb1\n", ("libgomp1", "libxcb1")),
        ("# all\n\n  libgomp1   # for lightgbm\r\n#libx\n", ("libgomp1",)),
        ("\ufefflibstdc++6 g++\nlibgomp1\nlibgomp1", ("libstdc++6", "g++", "libgomp1")),
        ("libgomp1=12.2.0-14+deb12u1\nlibxau6=1:1.0.9-1~bpo", None),
        # repo2docker 2026.4 hands the same words to apt-get.
        ("a1 b1\ta2\n a1#x\n\n#\n", ("a1", "b1", "a2")),
        ("a1\x0cb1\u00a0c1\n", ("a1", "b1", "c1")),
        ("", ()),
        ("# nothing", ()),
    ],
)
def test_names_comments_and_versions_are_read(text: str, words: tuple[str, ...] | None) -> None:
    """A repeated name counts once; several may stand in a line, as Binder accepts."""
    read = parse_request(text.encode(), "apt.txt")
    assert read == (tuple(text.split()) if words is None else words)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-y", apt.OPTION),
        ("--no-install-recommends libgomp1", apt.OPTION),
        ("-t bookworm-backports", apt.OPTION),
        ("libgomp1:arm64", apt.ONLY_VERSION),
        ("libgomp1/bookworm-backports", apt.ONLY_VERSION),
        ("libgomp1=", apt.ONLY_VERSION),
        ("libgomp1>=12", apt.LIMITS),
        ("libgomp1==12", apt.ONLY_VERSION),
        ("LibGomp1", apt.NO_NAME),
        ("libgomp1-", apt.NO_NAME),
        ("lib*", apt.NO_NAME),
        ("$(reboot)", apt.NO_NAME),
        ("libgomp1;reboot", apt.NO_NAME),
        ("libgömp1", apt.NO_NAME),
        ("\x1b[31m", apt.NO_NAME),
        ("libgomp1\nlibgomp1=12", apt.TWICE.format("libgomp1", "libgomp1=12")),
    ],
)
def test_what_is_no_package_is_refused_with_its_line(line: str, message: str) -> None:
    with pytest.raises(LabcoatError) as caught:
        parse_request(f"libxcb1\n{line}\n".encode(), "apt.txt")
    assert message in caught.value.message
    assert "\x1b" not in caught.value.message
    assert "line 2" in caught.value.message or "\n" in line


@pytest.mark.parametrize("kind", ["directory", "broken link", "pipe"])
def test_what_is_no_file_is_named(tmp_path: Path, kind: str) -> None:
    """It was meant to be one."""
    path = tmp_path / "apt.txt"
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("nowhere")
    with pytest.raises(LabcoatError, match=apt.NO_FILE):
        read_request(tmp_path)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(LabcoatError, match="UTF-8"):
        parse_request(b"lib\xff\n", "apt.txt")


def test_the_digest_ignores_order_and_comments(tmp_path: Path) -> None:
    """So that only a change of the packages makes a lock stale."""
    file = tmp_path / "apt.txt"
    digests = set()
    for text in ("b1\na1\n", "# list\na1 # one\nb1", "a1\n"):
        file.write_text(text)
        request = read_request(tmp_path)
        assert request is not None
        digests.add(request.digest())
    assert len(digests) == 2


def test_binders_directory_is_read_where_the_root_has_none(tmp_path: Path) -> None:
    (tmp_path / ".binder").mkdir()
    (tmp_path / ".binder/apt.txt").write_text("libgomp1")
    assert find_request(tmp_path) == tmp_path / ".binder/apt.txt"
    (tmp_path / "apt.txt").write_text("# none\n")
    assert read_request(tmp_path) is None


def test_packages_are_added_in_the_files_own_form(tmp_path: Path) -> None:
    file = tmp_path / "apt.txt"
    add_packages(file, ["libgomp1"])
    assert file.read_bytes() == b"libgomp1\n"
    file.write_bytes(b"# mine\r\nlibxcb1")
    add_packages(file, ["libgomp1", "libice6"])
    assert file.read_bytes() == b"# mine\r\nlibxcb1\r\nlibgomp1\r\nlibice6\r\n"
