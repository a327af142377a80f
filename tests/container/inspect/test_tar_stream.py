"""The headers of an archive are read as tarfile reads them, whatever its format."""

import io
import random
import tarfile

import pytest

from labcoat.container.inspect.tar_stream import ForwardStream, Member, list_members

_FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
_CAPABILITY = "SCHILY.xattr.security.capability"


def write(members: list[tarfile.TarInfo], form: int) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=form) as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return data.getvalue()


def read(data: bytes) -> list[Member]:
    """Return all members; the contents of every other one are read before the next."""
    found = []
    forward = ForwardStream(io.BytesIO(data))
    for number, member in enumerate(list_members(forward)):
        found.append(member)
        if number % 2 and member.is_file:
            assert forward.read(member.size) == b"x" * member.size
    return found


def expected(data: bytes) -> list[tuple[object, ...]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return [
            (one.name, one.type, one.mode, one.uid, one.size, int(one.mtime), one.linkname)
            for one in archive
        ]


def random_member(chance: random.Random, form: int) -> tarfile.TarInfo:
    """A member with a name, a size and an owner that need more than the plain header, or not."""
    folder = "/".join(["opt", *["folder" * chance.randint(1, 4)] * chance.randint(1, 6)])[:120]
    names = ("a", "ü", "x" * 60, "line\nfeed", "no\udcff utf-8")
    member = tarfile.TarInfo(f"{folder}/{chance.choice(names)}")
    member.type = chance.choice(
        (tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE)
    )
    member.mode = chance.choice((0o644, 0o4755, 0o1777))
    member.mtime = chance.choice((0, 1_600_000_000))
    if form != tarfile.USTAR_FORMAT:
        member.mtime = chance.choice((member.mtime, 1 << 34, -5))
        member.uid = chance.choice((0, 1000, 1 << 22))
    if member.isreg():
        member.size = chance.choice((0, 1, 511, 512, 513, 70_000))
    elif member.islnk() or member.issym():
        target = f"{folder}/{'t' * chance.choice((3, 150))}"
        member.linkname = target[-100:] if form == tarfile.USTAR_FORMAT else target
    return member


@pytest.mark.parametrize("form", _FORMATS)
@pytest.mark.parametrize("seed", range(20))
def test_headers_are_read_as_tarfile_reads_them(form: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    members = [random_member(chance, _FORMATS[form]) for _ in range(40)]
    data = write(members, _FORMATS[form])
    found = [(one.name.rstrip("/"), *one[1:-1]) for one in read(data)]
    assert found == expected(data)


def test_records_of_pax_are_of_their_member_or_of_all() -> None:
    """A value may have a line feed and bytes that are not UTF-8, as file capabilities have."""
    members = [tarfile.TarInfo("a"), tarfile.TarInfo("b")]
    members[0].pax_headers = {_CAPABILITY: "\1\n=\0", "size": "3", "SCHILY.xattr.user.x": "ü"}
    data = io.BytesIO()
    with tarfile.open(
        fileobj=data, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "all"}
    ) as archive:
        members[0].size = 3
        archive.addfile(members[0], io.BytesIO(b"xxx"))
        archive.addfile(members[1])
    first, second = read(data.getvalue())
    assert first.records[_CAPABILITY] == "\1\n=\0"
    assert (first.size, first.records["SCHILY.xattr.user.x"]) == (3, "ü")
    assert second.records == {"comment": "all"}


@pytest.mark.parametrize("seed", range(200))
def test_a_damaged_archive_ends_with_its_own_error(seed: int) -> None:
    """Whatever byte is changed and wherever it is cut: no other error, and it ends."""
    chance = random.Random(seed)  # noqa: S311
    form = chance.choice(list(_FORMATS.values()))
    data = bytearray(write([random_member(chance, form) for _ in range(6)], form))
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    del data[chance.randrange(len(data)) :]
    try:
        for _ in list_members(ForwardStream(io.BytesIO(data))):
            pass
    except (EOFError, tarfile.TarError):
        return
    assert bytes(512) in data  # an end mark


@pytest.mark.parametrize(
    "text", [b"x", b"9 a=b\n", b"999999 a=b\n", b"6 a=b\n6 ab\n\n", b"-6 a=b\n", b"12 size=-9x\n"]
)
def test_damaged_records_are_an_error(text: bytes) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, len(text)
    data = header.tobuf(tarfile.USTAR_FORMAT) + text.ljust(512, b"\0")
    data += tarfile.TarInfo("a").tobuf(tarfile.USTAR_FORMAT) + bytes(1024)
    with pytest.raises((EOFError, tarfile.TarError)):
        read(data)


@pytest.mark.parametrize("form", _FORMATS)
def test_a_size_below_zero_is_an_error(form: str) -> None:
    """Reading as many bytes would read to the end of the archive."""
    header = bytearray(tarfile.TarInfo("a").tobuf(_FORMATS[form]))
    header[124:136] = (-5).to_bytes(12, "big", signed=True)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    with pytest.raises(tarfile.ReadError):
        next(list_members(ForwardStream(io.BytesIO(bytes(header) + bytes(1024)))))


@pytest.mark.parametrize("key", ["GNU.sparse.major", "GNU.sparse.map", "GNU.sparse.size"])
def test_a_sparse_file_of_pax_is_an_error(key: str) -> None:
    """Each version of the format has a record of its own."""
    member = tarfile.TarInfo("a")
    member.pax_headers = {key: "1"}
    with pytest.raises(tarfile.ReadError, match="sparse"):
        read(write([member], tarfile.PAX_FORMAT))
