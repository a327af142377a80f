"""Drift: what differs from what an environment was created from and from the present locks."""

import json
from pathlib import Path

import pytest

from labcoat.levels import drift
from support.messages import levels as messages

Versions = dict[str, str]


def removing(package: str) -> str:
    """Return the announcement of an unlocked package at version 1."""
    return messages.REMOVING_UNLOCKED.format(package=package, version="1")


def write_packages(folder: Path, installed: Versions) -> Path:
    """Write the metadata of packages into `folder`; `mine` came from a directory."""
    for name, version in installed.items():
        info = folder / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        if name == "mine":
            (info / "direct_url.json").write_text(
                json.dumps({"url": "file:///mine", "dir_info": {}})
            )
    return folder


@pytest.mark.parametrize(
    ("versions", "changes", "expected"),
    [
        pytest.param(({"a": "1"}, {"a": "1"}, {"a": "1"}), "", [], id="nothing"),
        pytest.param(
            ({"a": "1"}, {"a": "1"}, {"a": "2"}), "", [], id="the lock has another version"
        ),
        pytest.param(
            ({"a": "1"}, {"a": "1"}, {}),
            "",
            [removing("a")],
            id="no longer locked",
        ),
        pytest.param(({}, {}, {"a": "1"}), "", [], id="newly locked"),
        pytest.param(
            ({"a": "1", "b": "1"}, {"a": "1"}, {"a": "1"}),
            "added b",
            [f"{removing('b')} ({messages.FREEZE_KEEPS})"],
            id="added",
        ),
        pytest.param(
            ({"a": "1", "b": "1"}, {"a": "1"}, {"a": "1", "b": "1"}),
            "",
            [],
            id="added and locked by now",
        ),
        pytest.param(
            ({"a": "2"}, {"a": "1"}, {"a": "3"}),
            "a 2 (locked 1)",
            [
                messages.REMOVING_MOVED.format(package="a", version="2", locked="3")
                + f" ({messages.FREEZE_KEEPS})"
            ],
            id="moved, and so has the lock",
        ),
        pytest.param(
            ({}, {"a": "1"}, {"a": "1"}),
            "removed a",
            [messages.RESTORING.format(package="a", version="1")],
            id="removed",
        ),
        pytest.param(({}, {"a": "1"}, {}), "", [], id="removed and no longer locked"),
        pytest.param(
            ({"mine": "1"}, {"a": "1"}, {}),
            "added mine",
            [f"{removing('mine')} (it came from file:///mine)"],
            id="from a directory",
        ),
        pytest.param(
            ({"pip": "26", "a": "1", "b": "1"}, {}, {"a": "1"}),
            "added b",
            [f"{removing('b')} ({messages.FREEZE_KEEPS})"],
            id="created by the user",
        ),
    ],
)
def test_drift_is_described_and_announced(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    versions: tuple[Versions, ...],
    changes: str,
    expected: list[str],
) -> None:
    """Each removed or restored package has a line.

    The versions are those installed, those the environment was created from, and those locked.
    """
    installed, recorded, locked = versions
    site = write_packages(tmp_path, installed)
    assert drift.describe_drift(site, recorded, locked) == changes
    drift.announce_discarded(site, recorded, locked)
    assert capsys.readouterr().err.splitlines() == [f"labcoat: {line}" for line in expected]
