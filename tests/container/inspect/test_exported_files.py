"""`read_export` hashes a pipe's archive, and `ExportedFiles` follows links as the kernel does."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from labcoat.container.inspect.export_reader import Wanted, read_export
from labcoat.container.inspect.exported_files import ExportedFiles
from labcoat.system.object_files import DISK
from support.elf_files import elf_bytes, write_elf


def archive(*members: tuple[str, str, bytes | str]) -> bytes:
    """Return a tar archive: each member has a name, a kind, and contents or a link's target."""
    kinds = {"file": tarfile.REGTYPE, "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE}
    kinds |= {"folder": tarfile.DIRTYPE, "pipe": tarfile.FIFOTYPE}
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kinds[kind]
            if isinstance(content, bytes):
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
            else:
                info.linkname = content
                tar.addfile(info)
    return data.getvalue()


class Pipe(io.RawIOBase):
    """A stream that can only be read forward."""

    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        """Read a part at a time, as of a pipe."""
        part = self.data.read(min(len(buffer), 700))
        buffer[: len(part)] = part
        return len(part)


def read(data: bytes, wanted: Wanted | None = None) -> ExportedFiles:
    wanted = wanted or Wanted(lambda _, size: size < 9)
    return read_export(io.BufferedReader(Pipe(data)), wanted)


def test_shared_objects_and_sources_are_read_without_keeping_them(tmp_path: Path) -> None:
    """A large one is read from a file, and gives what the same file on this machine gives."""
    small = elf_bytes(["libz.so.1"], name="libsmall.so", rpath="$ORIGIN/x")
    large = elf_bytes(["libsmall.so"], symbol="PyInit_large") + bytes(9 << 20)
    site = "opt/venv/lib/python3.11/site-packages"
    data = archive(
        ("lib/libsmall.so.1", "file", small),
        (f"{site}/large.so", "file", large),
        (f"{site}/cut.so", "file", small[:90]),
        (f"{site}/one.py", "file", b"import one\n"),
        (f"{site}/two.py", "file", b"import two\n"),
        ("lib/libsmall.so", "link", "libsmall.so.1"),
    )
    files = read(data, Wanted(surveys=True, hashes=False))
    for path, content in (("lib/libsmall.so", small), (f"{site}/large.so", large)):
        place = write_elf(tmp_path / path.rpartition("/")[2], content)
        assert files.read_object(f"/{path}") == DISK.read_object(str(place))
    with pytest.raises(ValueError, match="truncated"):
        files.read_object(f"/{site}/cut.so")
    assert files.read(f"/{site}/two.py") == b"import two\n"
    assert files.read_object(f"/{site}/two.py") is None
    assert not files.entries["lib/libsmall.so.1"].digest
    with pytest.raises(OSError, match="larger"):
        files.read("/lib/libsmall.so")
    assert files.real_path("/lib/libsmall.so") == "/lib/libsmall.so.1"
    assert not files.exists("/lib/none")


def test_contents_are_hashed_and_small_ones_kept() -> None:
    """A hard link has what its target has; a pipe is named as what it is."""
    large = b"x" * (1 << 20) + b"y" * 600
    files = read(
        archive(
            ("bin/", "folder", ""),
            ("bin/large", "file", large),
            ("bin/small", "file", b"small"),
            ("bin/same", "hard", "bin/small"),
            ("bin/pipe", "pipe", ""),
        )
    )
    assert files.digest("/bin/large") == (hashlib.sha256(large).hexdigest(), len(large))
    assert files.read("/bin/same") == b"small"
    assert files.entries["bin/pipe"].kind == "a pipe"
    for path in ("/bin/large", "/bin/pipe", "/bin/none", "/bin/nul\0"):
        with pytest.raises(OSError, match=r"regular file|larger"):
            files.read(path)


def test_links_are_followed_inside_the_image() -> None:
    """Absolute links start at the image's root, and a circle ends."""
    files = read(
        archive(
            ("usr/bin/python3.11", "file", b"#!"),
            ("bin", "link", "usr/bin"),
            ("opt/venv/bin/python", "link", "python3"),
            ("opt/venv/bin/python3", "link", "/bin/python3.11"),
            ("opt/up", "link", "../../../../usr/./bin"),
            ("opt/circle", "link", "circle"),
        )
    )
    assert files.resolve("/opt/venv/bin/python") == "usr/bin/python3.11"
    assert files.resolve("opt/up/python3.11") == "usr/bin/python3.11"
    assert files.find("opt/circle/x") is None
    assert files.list_files("/opt/venv/bin") == ["/opt/venv/bin/python", "/opt/venv/bin/python3"]
    assert files.list_names("/bin") == ["python3.11"]


@pytest.mark.parametrize("cut", [100, 600, 1024, 1100, 2048, 2560])
def test_archive_that_ends_early_is_an_error(cut: int) -> None:
    """An engine that goes away may end it within a header, within a file or between two."""
    whole = archive(("a", "file", b"x" * 700), ("b", "file", b"y"))
    with pytest.raises((EOFError, tarfile.TarError)):
        read(whole[:cut])


def test_damaged_header_is_an_error() -> None:
    """tarfile takes one in the middle for the end."""
    whole = bytearray(archive(("a", "file", b"x"), ("b", "file", b"y")))
    whole[1024 + 150] ^= 0xFF
    with pytest.raises((EOFError, tarfile.TarError)):
        read(bytes(whole))
