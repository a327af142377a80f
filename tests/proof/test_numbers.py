"""Outputs are compared number by number."""

import gzip
import io
import struct
import sys
import zipfile
from pathlib import Path

import pytest

from labcoat.proof import numbers, table_program
from labcoat.proof.numbers import compare_outputs
from labcoat.proof.output_differences import describe_difference


def npy(values: list[float], shape: str, *, fortran: bool = False) -> bytes:
    """Return an array of doubles as NumPy writes it."""
    return array("<f8", shape, struct.pack(f"<{len(values)}d", *values), fortran=fortran)


def array(kind: str, shape: str, data: bytes, *, fortran: bool = False) -> bytes:
    header = f"{{'descr': {kind!r}, 'fortran_order': {fortran}, 'shape': {shape}, }}".encode()
    header = header.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def npz(**arrays: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in arrays.items():
            archive.writestr(f"{name}.npy", data)
    return file.getvalue()


def write(folder: Path, name: str, first: bytes, second: bytes) -> tuple[Path, Path]:
    for level, data in (("a", first), ("b", second)):
        (folder / level).mkdir(exist_ok=True)
        (folder / level / name).write_bytes(data)
    return folder / "a" / name, folder / "b" / name


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
        (
            "a.npy",
            npy([1, 2, 3, 4, 5, 6], "(2, 3)", fortran=True),
            npy([1, 2, 3, 4, 5, 6 + 5e-8], "(2, 3)", fortran=True),
            8,
            ["row 1"],
        ),
        (
            "a.npy",
            array("<c8", "(2,)", struct.pack("<4f", 1, 2, 3, 4)),
            array("<c8", "(2,)", struct.pack("<4f", 1, 2, 3, 5)),
            0,
            ["row 1"],
        ),
        (
            "a.npy",
            array("<U2", "(2,)", "a1b2".encode("utf-32-le")),
            array("<U2", "(2,)", "a1c2".encode("utf-32-le")),
            -1,
            ["row 1"],
        ),
        (
            "a.npz",
            npz(x=npy([1], "(1,)"), y=npy([2], "()")),
            npz(x=npy([1], "(1,)"), y=npy([2.02], "()")),
            2,
            ["y row 0"],
        ),
        ("a.npz", npz(x=npy([1], "()")), npz(z=npy([1], "()")), -1, ["x row 0", "z row 0"]),
        ("a.csv.gz", gzip.compress(b"1\n2\n"), gzip.compress(b"1\n2.1\n"), 1, ["line 2"]),
        ("a.jsonl", b'{"a": 1}\n{"a": 2}', b'{"a": 1}\n{"a": 2.002}', 3, ["line 2"]),
        ("a.json", b'{"a": []}', b'{"a": {}}', -1, ["a"]),
        ("a.txt", b"1e308", b"-1e308", 0, ["line 1"]),
    ],
    ids=[
        *("npy", "csv", "csv text", "csv rows", "json", "text", "nan", "columns", "complex"),
        *("names", "npz", "npz names", "gz", "jsonl", "empty", "huge"),
    ],
)
def test_agreement_and_rows_are_named(  # noqa: PLR0917
    tmp_path: Path, name: str, first: bytes, second: bytes, digits: int, rows: list[str]
) -> None:
    found = compare_outputs(*write(tmp_path, name, first, second))
    assert found
    assert (found.digits, list(found.rows)) == (digits, rows)


@pytest.mark.parametrize(
    ("name", "first", "second", "text"),
    [
        (
            "a.csv",
            b"b,2\na,1\n",
            b"a,1\nb,2\n",
            "the 2 rows are the same in another order",
        ),
        (
            "a.json",
            b'{"a": 1.0, "b": 2}',
            b'{"b": 2, "a": 1.00}',
            "the values of all 2 rows are equal, only their form differs",
        ),
        (
            "a.txt",
            b"1\n2\n3e-17\n",
            b"1\n2\n-2e-17\n",
            "numbers differ by up to 5e-17; 1 of 3 rows differ: line 3",
        ),
        (
            "a.txt",
            b"a\n" * 7,
            b"b\n" * 7,
            "numbers do not agree; 7 of 7 rows differ: line 1, line 2, line 3, line 4, line 5"
            " and 2 more",
        ),
    ],
    ids=["order", "form", "small", "text"],
)
def test_agreement_is_described(
    tmp_path: Path, name: str, first: bytes, second: bytes, text: str
) -> None:
    assert str(compare_outputs(*write(tmp_path, name, first, second))) == text


def test_large_outputs_are_compared_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, "_MOST", 20)
    lines = b"1.5\n" * 30
    found = compare_outputs(*write(tmp_path, "a.csv", lines, b"1.6\n" + lines[4:] + b"9"))
    assert str(found) == ("in the first 64 MB, numbers agree to 1e-1; 1 of 7 rows differ: line 1")


def test_files_of_a_directory_are_compared(tmp_path: Path) -> None:
    """The first of those that differ."""
    write(tmp_path, "same.csv", b"1", b"1")
    write(tmp_path, "x.csv", b"1\n", b"1.01\n")
    (tmp_path / "a/only.txt").write_text("1")
    assert [*describe_difference("out", tmp_path / "a", tmp_path / "b", str)] == [
        "out/only.txt: only one of the two directories has it",
        "out/x.csv: numbers agree to 1e-2; 1 of 1 rows differ: line 1",
    ]


def test_table_is_read_by_a_library_of_the_level(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its program runs there; the text says if there is no library."""
    first, second = write(tmp_path, "t.parquet", b"0.5", b"0.6")

    def convert(path: Path) -> Path | str:
        written = path.with_name(f"{path.name}.labcoat-rows")
        return written if table_program.main(str(path), str(written)) == 0 else "no library"

    for name in ("pyarrow.parquet", "pandas", "polars"):
        monkeypatch.setitem(sys.modules, name, None)
    described = describe_difference("t.parquet", first, second, convert)
    assert [*described] == ["t.parquet: not compared: no library"]
    (tmp_path / "polars.py").write_text(
        "class Table:\n columns = ['n', 'x']\n"
        " def __init__(self, path): self.x = float(open(path).read())\n"
        " def iter_rows(self): yield 'a', self.x\n"
        "read_parquet = Table\n"
    )
    monkeypatch.delitem(sys.modules, "polars")
    monkeypatch.syspath_prepend(tmp_path)
    described = describe_difference("t.parquet", first, second, convert)
    assert [*described] == ["t.parquet: numbers differ by up to 0.1; 1 of 2 rows differ: row 0"]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["t.parquet"]


@pytest.mark.parametrize(
    "data",
    [
        *(b"\0\1\2", b"{", npy([1], "(9, 9)"), b"\xff\xfe", array("|O", "(1,)", b"")),
        b"\x93NUMPY\1\0",
    ],
    ids=["binary", "json", "npy", "latin", "objects", "short"],
)
def test_unreadable_output_has_no_numbers(tmp_path: Path, data: bytes) -> None:
    """Nor has a directory, or one that is missing."""
    suffix = ".npy" if data.startswith(b"\x93") else ".json"
    one = tmp_path / f"out{suffix}"
    one.write_bytes(data)
    assert compare_outputs(one, one) is None
    for packed in ("out.npz", "out.csv.gz", "out.npy"):
        (tmp_path / packed).write_bytes(data)
        assert compare_outputs(tmp_path / packed, tmp_path / packed) is None
    assert compare_outputs(tmp_path, tmp_path / "none") is None
