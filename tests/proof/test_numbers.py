"""Outputs are compared number by number."""

import struct
from pathlib import Path

import pytest

from labcoat.proof.numbers import compare_outputs


def npy(values: list[float], shape: str) -> bytes:
    """Return an array of doubles as NumPy writes it."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header = header.ljust(117) + b"\n"
    start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
    return start + header + struct.pack(f"<{len(values)}d", *values)


@pytest.mark.parametrize(
    ("name", "first", "second", "digits", "rows"),
    [
        (
            "a.npy",
            npy([1, 2, 3, 4], "(2, 2)"),
            npy([1, 2, 3, 4 + 3.9e-12], "(2, 2)"),
            12,
            ["row 1"],
        ),
        ("a.csv", b"n,x\na,1.0\nb,2.0\n", b"n,x\na,1.0\nb,2.0002\n", 4, ["line 3"]),
        ("a.csv", b"n,x\na,1.0\n", b"n,x\nb,1.0\n", -1, ["line 2"]),
        ("a.csv", b"1\n", b"1\n2\n", -1, ["line 2"]),
        ("a.json", b'{"m": {"x": [1, 2.5]}}', b'{"m": {"x": [1, 2.5000001]}}', 7, ["m.x[1]"]),
        ("a.txt", b"loss nan inf\n", b"loss nan inf \n", -1, ["line 1"]),
        ("a.txt", b"loss nan\n", b"loss 1\n", -1, ["line 1"]),
    ],
    ids=["npy", "csv", "csv text", "csv rows", "json", "text", "nan"],
)
def test_agreement_and_rows_are_named(  # noqa: PLR0917
    tmp_path: Path, name: str, first: bytes, second: bytes, digits: int, rows: list[str]
) -> None:
    for folder, data in (("a", first), ("b", second)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(data)
    found = compare_outputs(tmp_path / "a" / name, tmp_path / "b" / name)
    assert found
    assert (found.digits, list(found.rows)) == (digits, rows)


@pytest.mark.parametrize(
    "data",
    [b"\0\1\2", b"{", npy([1], "(9, 9)"), b"\xff\xfe"],
    ids=["binary", "json", "npy", "latin"],
)
def test_unreadable_output_has_no_numbers(tmp_path: Path, data: bytes) -> None:
    """Nor has a directory, or one that is missing."""
    suffix = ".npy" if data.startswith(b"\x93") else ".json"
    one = tmp_path / f"out{suffix}"
    one.write_bytes(data)
    assert compare_outputs(one, one) is None
    assert compare_outputs(tmp_path, tmp_path / "none") is None
