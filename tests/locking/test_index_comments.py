"""The comments of a lock that name an index."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.locking import index_comments, lock_header, seeds
from labcoat.toolchain.named_indexes import NamedIndex
from support.messages import locking

LOCK = """numpy==1.0 \\
    --hash=sha256:{0}
    # via torch
torch==2.0 ; sys_platform == 'darwin' \\
    --hash=sha256:{0}
    # via -r requirements.in
torch==2.0+cpu ; sys_platform != 'darwin' \\
    --hash=sha256:{0} \\
    --hash=sha256:{1}
""".format("0" * 64, "1" * 64)
INDEXES = (NamedIndex("pytorch", "https://x/simple", ("torch*",)),)


def test_comments_stand_below_the_hashes() -> None:
    """Each line of a package has one, and they can be read back."""
    text = index_comments.add_comments(LOCK, INDEXES)
    assert text.count("    # from: pytorch\n") == 2
    assert f"{'0' * 64}\n    # from: pytorch\n    # via -r requirements.in\n" in text
    assert text.endswith(f"{'1' * 64}\n    # from: pytorch\n")
    assert index_comments.read_comments(text) == {"torch": "pytorch"}
    assert index_comments.add_comments(LOCK, ()) == LOCK


def test_a_comment_belongs_to_what_a_lock_says() -> None:
    """Without named indexes, the digest of a lock is the one of earlier versions."""
    text = index_comments.add_comments(LOCK, INDEXES)
    assert lock_header.body_digest(text) != lock_header.body_digest(LOCK)
    assert lock_header.body_digest(LOCK.replace("# via", "# by")) == lock_header.body_digest(LOCK)


def test_what_moves_to_another_index_keeps_no_hash() -> None:
    """Its files there may be others; versions are kept."""
    made = f"# labcoat-inputs: sha256:{'0' * 64}\n{LOCK}"
    assert seeds.format_seed(made).count("--hash") == 4
    moved = seeds.format_seed(made, INDEXES)
    assert moved.count("--hash") == 1
    assert "torch==2.0+cpu ; sys_platform != 'darwin'\n" in moved
    back = seeds.format_seed(index_comments.add_comments(made, INDEXES))
    assert back.count("--hash") == 1
    assert "torch==2.0 ; sys_platform != 'darwin'\n" in back  # which has no +cpu


def test_an_undefined_index_is_named(tmp_path: Path) -> None:
    """A lock says a name; the address is in pyproject.toml."""
    lock = tmp_path / "requirements.txt"
    lock.write_text(index_comments.add_comments(LOCK, INDEXES))
    with pytest.raises(LabcoatError) as error:
        index_comments.installed_indexes(Project(tmp_path), [lock])
    assert locking.UNDEFINED_INDEX.format(lock=lock.name, package="torch") in error.value.message
    (tmp_path / "pyproject.toml").write_text(
        '[tool.labcoat.indexes.pytorch]\nurl = "https://y/simple"\npackages = ["torch*"]\n'
    )
    (found,) = index_comments.installed_indexes(Project(tmp_path), [lock])
    assert (found.url, found.packages) == ("https://y/simple", ("torch",))


def test_a_lock_limits_the_version_of_what_comes_from_elsewhere() -> None:
    """Neither its hashes nor its local version apply there; the rest stays as it is."""
    text = f"{LOCK}six==1.0 --hash=sha256:{'2' * 64}\n"
    loosened = index_comments.loosen_moved(text, INDEXES)
    assert "torch==2.0 ; sys_platform == 'darwin'\ntorch==2.0 ; sys_platform != 'darwin'\n" in (
        loosened
    )
    assert loosened.count("--hash") == 2
    commented = index_comments.add_comments(text, INDEXES)
    assert index_comments.loosen_moved(commented, INDEXES) == commented
    assert index_comments.loosen_moved(commented, ()) == loosened
    assert index_comments.loosen_moved(text, ()) == text
