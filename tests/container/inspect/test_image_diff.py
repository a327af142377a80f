"""The differences between two images, their reasons, and what does not count."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from labcoat.container.engine.versions import unstable_settings
from labcoat.container.image.reproducibility import ReproducibilityReport
from labcoat.container.inspect.image_archive import ArchiveEntry, ImageArchive, content_digest
from labcoat.container.inspect.image_diff import ImageDifference, diff_images, explain_difference
from labcoat.core.records import replace
from support.messages import image as messages

FILE = ArchiveEntry("opt/a.py", "file", 0o644, (0, 0), "", 3, 1700000000, "aa")
REASONS = [
    (FILE, replace(FILE, time=1), "time"),
    (replace(FILE, path="a.pyc"), replace(FILE, path="a.pyc", digest="bb"), ".pyc"),
    (FILE, replace(FILE, digest="bb"), "content"),
    (FILE, replace(FILE, owner=(1000, 0)), "owner"),
    (FILE, replace(FILE, mode=0o600), "mode"),
    (FILE, replace(FILE, kind="link", target="b"), "type"),
    (FILE, None, "only in one image"),
    (FILE, FILE, ""),
]


@pytest.mark.parametrize(
    ("one", "other", "reason"), REASONS, ids=[reason or "same" for *_, reason in REASONS]
)
def test_the_reason_is_named(one: ArchiveEntry, other: ArchiveEntry | None, reason: str) -> None:
    """The first of: content, owner, mode, time."""
    assert explain_difference(one, other) == reason


def write_image(folder: Path, *layers: list[tuple[str, bytes, int]]) -> ImageArchive:
    """Write an image with layers of (path, bytes, time) to a file; return it opened."""
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
    return ImageArchive(tarfile.open(path))  # the test reads it


def test_differing_files_are_named_with_their_layer(tmp_path: Path) -> None:
    """Layers with equal digests are skipped."""
    same = [("base", b"1", 0)]
    one = write_image(tmp_path, same, [("a", b"1", 5), ("b", b"1", 5)])
    other = write_image(tmp_path, same, [("a", b"1", 6), ("b", b"2", 5)])
    assert [str(found) for found in diff_images(one, other)] == [
        "layer 1: a (time)",
        "layer 1: b (content)",
    ]


def test_order_alone_is_a_difference(tmp_path: Path) -> None:
    """The same files in another order give another layer."""
    one = write_image(tmp_path, [("a", b"1", 5), ("b", b"1", 5)])
    other = write_image(tmp_path, [("b", b"1", 5), ("a", b"1", 5)])
    assert [str(found) for found in diff_images(one, other)] == ["layer 0: a (order)"]


def test_a_deleted_file_is_not_in_the_merged_image(tmp_path: Path) -> None:
    """Whiteouts delete files and folders of the layers below."""
    merged = write_image(
        tmp_path,
        [("a", b"1", 0), ("d/x", b"1", 0), ("d/y/z", b"1", 0), ("e/x", b"1", 0)],
        [(".wh.a", b"", 0), ("d/.wh..wh..opq", b"", 0), ("d/new", b"2", 0), (".wh.e", b"", 0)],
    )
    assert sorted(merged.merged_entries()) == ["d/new"]


def test_the_content_digest_leaves_out_time_and_order(tmp_path: Path) -> None:
    """Another byte changes it."""
    one = write_image(tmp_path, [("a", b"1", 5), ("b", b"1", 5)]).merged_entries()
    other = write_image(tmp_path, [("b", b"1", 6), ("a", b"1", 7)]).merged_entries()
    third = write_image(tmp_path, [("a", b"1", 5), ("b", b"2", 5)]).merged_entries()
    assert content_digest(one) == content_digest(other) != content_digest(third)


@pytest.mark.parametrize(
    ("version", "what"),
    [
        ("20.10.24", "the time of the build"),
        ("23.0.0", ""),
        ("26.1.5+dfsg1", ""),
        ("", ""),
        ("podman 4.3.1", "the ids of its containers"),
    ],
)
def test_engines_with_unstable_settings_are_known(version: str, what: str) -> None:
    """Docker before 23 writes the time of the build into them, podman ids of containers."""
    assert unstable_settings(version) == what


def test_with_an_old_engine_equal_layers_suffice() -> None:
    """It cannot reproduce ids, and the report says so."""
    report = ReproducibilityReport(
        ("sha256:a", "sha256:b"),
        same_layers=True,
        contents=("c", "c"),
        differences=(),
        engine="20.10.24",
    )
    assert report.same
    assert messages.ONLY_CONTENT in "\n".join(report.lines())
    assert not replace(report, engine="26.1.5").same


def test_the_report_counts_reasons_and_lists_the_first_files_of_each() -> None:
    """One file with other bytes is visible among hundreds with other times."""
    differences = [ImageDifference(1, f"{n}", "time") for n in range(600)] + [
        ImageDifference(2, "a.pyc", ".pyc")
    ]
    lines = ReproducibilityReport(
        ("a", "b"),
        same_layers=False,
        contents=("c", "d"),
        differences=tuple(differences),
        engine="26.1.5",
    ).lines()
    assert "files that differ: 601 (time 600, .pyc 1)" in lines
    assert "  layer 2: a.pyc (.pyc)" in lines
    assert len(lines) < 12
