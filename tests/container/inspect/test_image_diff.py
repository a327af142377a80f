"""Where two images that should be the same are not, and why; and what does not count."""

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from labcoat.container.engine.client import never_the_same
from labcoat.container.image.reproducibility import ReproducibilityReport
from labcoat.container.inspect.image_archive import ArchiveEntry, ImageArchive, content_digest
from labcoat.container.inspect.image_diff import ImageDifference, diff_images, explain_difference

FILE = ArchiveEntry("opt/a.py", "file", 0o644, (0, 0), "", 3, 1700000000, "aa")
REASONS = [
    (FILE, replace(FILE, time=1), "time"),
    (replace(FILE, path="a.pyc"), replace(FILE, path="a.pyc", digest="bb"), ".pyc"),
    (FILE, replace(FILE, digest="bb"), "content"),
    (FILE, replace(FILE, owner=(1000, 0)), "owner"),
    (FILE, replace(FILE, mode=0o600), "mode"),
    (FILE, replace(FILE, kind="link", target="b"), "type"),
    (FILE, None, "only in one of the two"),
    (FILE, FILE, ""),
]


@pytest.mark.parametrize(
    ("one", "other", "why"), REASONS, ids=[why or "same" for *_, why in REASONS]
)
def test_the_reason_is_named(one: ArchiveEntry, other: ArchiveEntry | None, why: str) -> None:
    """What differs most comes first: bytes before owner before mode before time."""
    assert explain_difference(one, other) == why


def image(folder: Path, *layers: list[tuple[str, bytes, int]]) -> ImageArchive:
    """An image in a file, of layers of (path, bytes, time)."""
    path = folder / f"{len(list(folder.iterdir()))}.tar"
    with tarfile.open(path, "w") as archive:

        def add(name: str, data: bytes, time: int = 0, to: tarfile.TarFile = archive) -> None:
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), time
            to.addfile(member, io.BytesIO(data))

        ids = []
        for number, files in enumerate(layers):
            inner = io.BytesIO()
            with tarfile.open(fileobj=inner, mode="w") as layer:
                for name, data, time in files:
                    add(name, data, time, layer)
            add(f"{number}.tar", inner.getvalue())
            ids.append(f"sha256:{hash(inner.getvalue())}")
        add("config.json", json.dumps({"rootfs": {"diff_ids": ids}}).encode())
        add(
            "manifest.json",
            json.dumps(
                [{"Config": "config.json", "Layers": [f"{n}.tar" for n in range(len(layers))]}]
            ).encode(),
        )
    return ImageArchive(tarfile.open(path))  # read by the test


def test_differing_files_are_named_with_their_layer(tmp_path: Path) -> None:
    """A layer of one digest is passed over; in the others each file that differs is named."""
    same = [("base", b"1", 0)]
    one = image(tmp_path, same, [("a", b"1", 5), ("b", b"1", 5)])
    other = image(tmp_path, same, [("a", b"1", 6), ("b", b"2", 5)])
    assert [str(found) for found in diff_images(one, other)] == [
        "layer 1: a (time)",
        "layer 1: b (content)",
    ]


def test_order_alone_is_a_difference(tmp_path: Path) -> None:
    """The same files in another order give another layer."""
    one = image(tmp_path, [("a", b"1", 5), ("b", b"1", 5)])
    other = image(tmp_path, [("b", b"1", 5), ("a", b"1", 5)])
    assert [str(found) for found in diff_images(one, other)] == ["layer 0: a (order)"]


def test_a_deleted_file_is_not_in_the_whole(tmp_path: Path) -> None:
    """Whiteouts take away what lies below, a folder's contents included."""
    made = image(
        tmp_path,
        [("a", b"1", 0), ("d/x", b"1", 0), ("d/y/z", b"1", 0), ("e/x", b"1", 0)],
        [(".wh.a", b"", 0), ("d/.wh..wh..opq", b"", 0), ("d/new", b"2", 0), (".wh.e", b"", 0)],
    )
    assert sorted(made.merged()) == ["d/new"]


def test_the_content_digest_leaves_out_time_and_order(tmp_path: Path) -> None:
    """Equal files give an equal digest whatever their times; another byte gives another."""
    one = image(tmp_path, [("a", b"1", 5), ("b", b"1", 5)]).merged()
    other = image(tmp_path, [("b", b"1", 6), ("a", b"1", 7)]).merged()
    third = image(tmp_path, [("a", b"1", 5), ("b", b"2", 5)]).merged()
    assert content_digest(one) == content_digest(other) != content_digest(third)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("20.10.24", "the time of the build"),
        ("23.0.0", ""),
        ("26.1.5+dfsg1", ""),
        ("", ""),
        ("podman 4.3.1", "the ids of its containers"),
    ],
)
def test_engines_whose_settings_are_never_the_same_are_known(version: str, said: str) -> None:
    """Docker before 23 leaves the time of the build in them, podman what it called its containers."""
    assert never_the_same(version) == said


def test_an_old_engine_is_said_to_equal_in_content_only() -> None:
    """Same layers with different ids are all that such an engine can do, and the verdict says so."""
    verdict = ReproducibilityReport(
        ("sha256:a", "sha256:b"), layers=True, contents=("c", "c"), found=(), engine="20.10.24"
    )
    assert verdict.same
    assert "only content can be equal" in "\n".join(verdict.lines())
    assert not replace(verdict, engine="26.1.5").same


def test_the_verdict_counts_by_reason_and_names_the_first_of_each() -> None:
    """A single file of other bytes is not lost among hundreds of other times."""
    found = [ImageDifference(1, f"{n}", "time") for n in range(600)] + [
        ImageDifference(2, "a.pyc", ".pyc")
    ]
    lines = ReproducibilityReport(
        ("a", "b"), layers=False, contents=("c", "d"), found=tuple(found), engine="26.1.5"
    ).lines()
    assert "files that differ: 601 (time 600, .pyc 1)" in lines
    assert "  layer 2: a.pyc (.pyc)" in lines
    assert len(lines) < 12
