"""Changes are planned together, shown as a diff that applies, and written and undone by bytes."""

import subprocess
from pathlib import Path

import pytest

from labcoat.core import changes as module
from labcoat.core import files, originals
from labcoat.core.changes import ChangeSet
from labcoat.core.errors import LabcoatError

BYTES = {
    "crlf": b"one\r\ntwo",
    "bom": b"\xef\xbb\xbfone\n",
    "latin": b"caf\xe9\n",
    "utf16": "one\r\n".encode("utf-16"),
    "empty": b"",
}


def plan(root: Path) -> ChangeSet:
    changes = ChangeSet(root)
    for name in BYTES:
        changes.append(name, ["last"], "added last")
    changes.plan("new", "text", "written")
    return changes


def snapshot(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, data in BYTES.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_each_file_keeps_its_encoding_and_undo_gives_every_byte_back(root: Path) -> None:
    before = snapshot(root)
    plan(root).write(root / ".labcoat")
    assert (root / "crlf").read_bytes() == b"one\r\ntwo\r\nlast\r\n"
    assert (root / "bom").read_bytes() == b"\xef\xbb\xbfone\nlast\n"
    assert (root / "latin").read_bytes() == b"caf\xe9\nlast\n"
    assert (root / "utf16").read_bytes() == "one\r\nlast\r\n".encode("utf-16")
    assert (root / "new").read_bytes() == b"text"
    undone = originals.undo_steps(root, root / ".labcoat")
    assert {each.name: each.verdict for each in undone} == {
        **dict.fromkeys(BYTES, "restored"),
        "new": "removed",
    }
    assert snapshot(root) == before
    assert not (root / ".labcoat").exists()


def test_the_diff_applies(root: Path) -> None:
    """All but UTF-16, which diffs show as text. Nothing is written."""
    before = snapshot(root)
    diff = plan(root).format_diff().encode("utf-8", "surrogateescape")
    assert snapshot(root) == before
    assert b" one\r\n+last\r\n" in diff
    subprocess.run(["git", "apply", "--exclude=utf16"], input=diff, cwd=root, check=True)
    applied = snapshot(root)
    for name, data in before.items():
        (root / name).write_bytes(data)
    (root / "new").unlink()
    plan(root).write(root / ".labcoat")
    names = applied.keys() - {"utf16"}
    assert {name: (root / name).read_bytes() for name in names} == {
        name: applied[name] for name in names
    }


def test_a_second_part_sees_what_the_first_planned(root: Path) -> None:
    changes = ChangeSet(root)
    changes.append("empty", ["a"], "added a")
    assert changes.read("empty") == "a\n"
    changes.append("empty", ["b"], "added b")
    assert [(each.text, each.summary) for each in changes] == [("a\nb\n", "added a; added b")]
    changes.plan("empty", "", "emptied")
    assert list(changes) == []


def test_a_failure_puts_back_what_was_written(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(root)
    write = files.write_file

    def fail_at_new(path: Path, content: str | bytes) -> None:
        if path.name == "new":
            raise PermissionError(13, "Permission denied", str(path))
        write(path, content)

    monkeypatch.setattr(module.files, "write_file", fail_at_new)
    with pytest.raises(PermissionError):
        plan(root).write(root / ".labcoat")
    assert snapshot(root) == before


def test_later_edits_stay(root: Path) -> None:
    """Lines of labcoat's go, those of others stay; a file of labcoat's that was edited stays."""
    plan(root).write(root / ".labcoat")
    (root / "bom").write_bytes(b"\xef\xbb\xbffirst\none\nlast\n")
    (root / "crlf").write_bytes(b"other\r\n")
    (root / "new").write_bytes(b"text of somebody\n")
    undone = {each.name: each for each in originals.undo_steps(root, root / ".labcoat")}
    assert undone["bom"].verdict == "merged"
    assert (root / "bom").read_bytes() == b"\xef\xbb\xbffirst\none\n"
    assert undone["new"].verdict == undone["crlf"].verdict == "kept"
    assert (root / "new").read_bytes() == b"text of somebody\n"
    original = undone["crlf"].original
    assert original is not None
    assert original.read_bytes() == BYTES["crlf"]


def test_two_steps_are_undone_and_edits_between_them_stay(root: Path) -> None:
    state = root / ".labcoat"
    for line in ("one", "two"):
        changes = ChangeSet(root)
        changes.append("empty", [line], "added")
        changes.write(state)
        if line == "one":
            (root / "empty").write_text("one\nmine\n")
    originals.undo_steps(root, state)
    assert (root / "empty").read_text() == "mine\n"


def test_a_replaced_file_keeps_what_it_had_before_labcoat(root: Path) -> None:
    """A lock is written many times; without a record nothing is kept of labcoat's own files."""
    state, lock = root / ".labcoat", root / "crlf"
    originals.record_replacement(state, root, lock, b"lock", always=False)
    assert not state.exists()
    for text in (b"first", b"second"):
        originals.record_replacement(state, root, lock, text, always=True)
        lock.write_bytes(text)
    originals.undo_steps(root, state)
    assert lock.read_bytes() == BYTES["crlf"]


@pytest.mark.parametrize(
    "record",
    [
        '{"steps": [{"../outside": [null, "HASH"]}]}',
        '{"steps": [{"/etc/outside": [null, "HASH"]}]}',
        '{"steps": [{"new": ["../../outside", "HASH"]}]}',
        '{"steps": 3}',
        "[]",
    ],
)
def test_a_planted_record_reaches_nothing_outside(root: Path, record: str) -> None:
    """The state directory may come with a repository."""
    inner = root / "project"
    (inner / ".labcoat/undo").mkdir(parents=True)
    (root / "outside").write_bytes(b"x")
    (inner / ".labcoat/undo/record.json").write_text(
        record.replace("HASH", originals.digest_bytes(b"x"))
    )
    (inner / "new").write_bytes(b"x")
    assert originals.undo_steps(inner, inner / ".labcoat") == []
    assert (root / "outside").exists()


def test_a_link_out_of_the_repository_is_not_written(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "common.mk").write_text("all:\n")
    (root / "Makefile").symlink_to("../common.mk")
    with pytest.raises(LabcoatError, match="Makefile"):
        ChangeSet(root).append("Makefile", ["x"], "added x")


def test_a_file_that_labcoat_adds_later_is_removed_again(root: Path) -> None:
    """Such as a lock, or the environment.yml of `make conda`; somebody else's is kept."""
    originals.write_undoable(root / "first.txt", "before init\n")
    assert not (root / ".labcoat").exists()
    plan(root).write(root / ".labcoat")
    originals.write_undoable(root / "first.txt", "after init\n")
    originals.write_undoable(root / "second.txt", "one\n")
    originals.write_undoable(root / "second.txt", "two\n")
    originals.undo_steps(root, root / ".labcoat")
    assert (root / "first.txt").read_text() == "before init\n"
    assert not (root / "second.txt").exists()


def test_links_to_one_file_share_what_is_planned(root: Path) -> None:
    """As a .dockerignore that is a link to .gitignore; each adds its lines."""
    (root / "a").write_text("one\n")
    (root / "b").symlink_to("a")
    changes = ChangeSet(root)
    changes.append("a", ["two"], "added two")
    changes.append("b", ["three"], "added three")
    changes.write(root / ".labcoat")
    assert (root / "b").read_text() == "one\ntwo\nthree\n"
    originals.undo_steps(root, root / ".labcoat")
    assert (root / "a").read_text() == "one\n"


def test_links_to_one_missing_file_that_need_two_texts_are_refused(root: Path) -> None:
    for name in "ab":
        (root / name).symlink_to("missing")
    changes = ChangeSet(root)
    changes.plan("a", "one", "written")
    with pytest.raises(LabcoatError, match="`b` and `a` lead to one file"):
        changes.plan("b", "two", "written")


def test_undo_removes_the_file_behind_a_link_and_not_the_link(root: Path) -> None:
    (root / "a").symlink_to("missing")
    changes = ChangeSet(root)
    changes.plan("a", "one", "written")
    changes.write(root / ".labcoat")
    originals.undo_steps(root, root / ".labcoat")
    assert (root / "a").is_symlink()
    assert not (root / "missing").exists()
