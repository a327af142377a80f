"""Archives are unpacked into one directory, and nowhere else."""

import io
import tarfile
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.sources.built_wheels import _unpack
from labcoat.sources.sources_file import LockedSource


def write_tar(path: Path, name: str, kind: bytes = tarfile.REGTYPE) -> Path:
    """Write an archive with one entry, a file or a link out of it."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.mode = kind, "../outside", 0o6777
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(member, io.BytesIO())
    return path


@pytest.mark.parametrize("newer", [True, False], ids=["filter", "Python 3.11.2"])
def test_an_archive_stays_in_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newer: bool
) -> None:
    """Debian 12's Python has no filter of tarfile yet."""
    if newer and not hasattr(tarfile, "data_filter"):
        pytest.skip("this Python has no filter")
    if not newer:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    source = LockedSource("a", "a.tar.gz")
    folder = tmp_path / "tree"
    _unpack(write_tar(tmp_path / "good.tar.gz", "a/b.py"), folder, source)
    assert (folder / "a/b.py").stat().st_mode & 0o7022 == 0
    for name, kind in (("../b.py", tarfile.REGTYPE), ("b.py", tarfile.SYMTYPE)):
        with pytest.raises(LabcoatError, match="is not a valid archive"):
            _unpack(write_tar(tmp_path / "bad.tar.gz", name, kind), folder, source)
    assert not (tmp_path / "b.py").exists()
