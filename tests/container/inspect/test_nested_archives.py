"""Corrupt and hostile archives are read up to the first error."""

import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile

import pytest

from labcoat.container.inspect.secret_scan import scan_file
from support.planted_secrets import GITHUB, HUGGING, PRIVATE, tarred, zipped


def corrupt_zip() -> bytes:
    """Return a zip archive with a wrong checksum, in its directory and at its member."""
    whole = zipped("notes.txt", f"token {HUGGING}\n")
    checksum = zipfile.ZipFile(io.BytesIO(whole)).infolist()[0].CRC.to_bytes(4, "little")
    assert whole.count(checksum) == 2
    return whole.replace(checksum, b"\1\2\3\4")


def mislabelled_zip(flags: int = 0, compression: int = 0) -> bytes:
    """Return a zip archive with a plain member whose header has these flags and compression."""
    whole = bytearray(zipped("notes.txt", f"token {HUGGING}\n"))
    for at in (6, whole.index(b"PK\1\2") + 8):
        whole[at : at + 4] = flags.to_bytes(2, "little") + compression.to_bytes(2, "little")
    return bytes(whole)


RANDOM = random.Random(1)  # noqa: S311  # the same in each run


def truncate(packed: bytes) -> bytes:
    return packed[: len(packed) // 2]


SEVERAL = io.BytesIO()
with tarfile.open(fileobj=SEVERAL, mode="w") as several:
    for each, data in {
        "keys/id_rsa": PRIVATE.encode(),
        "data.bin": RANDOM.randbytes(1 << 17),
    }.items():
        member = tarfile.TarInfo(each)
        member.size = len(data)
        several.addfile(member, io.BytesIO(data))
LOG = f"login {GITHUB}\n".encode() + RANDOM.randbytes(1 << 17)
CORRUPT = {
    "log.gz": truncate(gzip.compress(LOG)),
    "log.bz2": truncate(bz2.compress(LOG + RANDOM.randbytes(1 << 18), 1)),
    "log.xz": truncate(lzma.compress(LOG)),
    "data.tar": truncate(SEVERAL.getvalue()),
    "data.tar.gz": truncate(gzip.compress(SEVERAL.getvalue())),
    "data.tar.xz": truncate(lzma.compress(SEVERAL.getvalue())),
    "checksum.zip": corrupt_zip(),
    "encrypted.zip": mislabelled_zip(flags=1),
    "unknown compression.zip": mislabelled_zip(compression=99),
    "cut.zip": zipped("notes.txt", f"token {HUGGING}\n")[:-30],
    "garbage.gz": gzip.compress(b"")[:10] + b"\xff" * 20 + GITHUB.encode(),
    "garbage after a log.gz": gzip.compress(LOG) + b"\1" * 20,
    "garbage.xz": b"\xfd7zXZ\x00 " + GITHUB.encode(),
    "header.tar": tarred("notes.txt", f"token {HUGGING}\n".encode(), "w").replace(
        b"ustar", b"ustar\xff"
    ),
    "nested.tar": tarred("data.zip", corrupt_zip(), "w"),
}


@pytest.mark.parametrize(("path", "data"), CORRUPT.items(), ids=CORRUPT.keys())
def test_a_corrupt_archive_is_read_up_to_the_first_error(path: str, data: bytes) -> None:
    """Its raw bytes are scanned too."""
    assert list(scan_file(path, io.BytesIO(data), len(data)))


@pytest.mark.parametrize(
    "packed",
    [SEVERAL.getvalue(), gzip.compress(LOG), bz2.compress(LOG), lzma.compress(LOG), corrupt_zip()],
    ids=["zip", "gzip", "bzip2", "xz", "corrupt zip"],  # their bytes hold the time
)
def test_corrupt_archive_never_raises(packed: bytes) -> None:
    """Wherever bytes are changed or missing."""
    rng = random.Random(2)  # noqa: S311  # the same in each run
    for _ in range(60):
        changed = bytearray(packed[: rng.randrange(len(packed))] if rng.random() < 0.3 else packed)
        for _ in range(rng.randrange(1, 40)):
            changed[rng.randrange(max(1, min(len(changed) - 1, 1024)))] = rng.randrange(256)
        list(scan_file("data", io.BytesIO(bytes(changed)), len(changed)))
