"""What was done by hand in an environment is told from what it was made of and from what the locks say by now."""

import json
from pathlib import Path

import pytest

from labcoat.levels import drift

Versions = dict[str, str]


def holding(folder: Path, installed: Versions) -> Path:
    """A folder of packages, by their metadata alone; mine came from a folder."""
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
    ("versions", "changes", "said"),
    [
        pytest.param(({"a": "1"}, {"a": "1"}, {"a": "1"}), "", [], id="nothing"),
        pytest.param(({"a": "1"}, {"a": "1"}, {"a": "2"}), "", [], id="a lock that moved"),
        pytest.param(
            ({"a": "1"}, {"a": "1"}, {}),
            "",
            ["removing a 1: no lock names it"],
            id="a lock that has less",
        ),
        pytest.param(({}, {}, {"a": "1"}), "", [], id="a lock that has more"),
        pytest.param(
            ({"a": "1", "b": "1"}, {"a": "1"}, {"a": "1"}),
            "added b",
            ["removing b 1: no lock names it (make freeze would have kept it)"],
            id="added",
        ),
        pytest.param(
            ({"a": "1", "b": "1"}, {"a": "1"}, {"a": "1", "b": "1"}),
            "",
            [],
            id="added, and in the lock by now",
        ),
        pytest.param(
            ({"a": "2"}, {"a": "1"}, {"a": "3"}),
            "a 2 (locked 1)",
            ["removing a 2: the lock says 3 (make freeze would have kept it)"],
            id="moved, as the lock",
        ),
        pytest.param(
            ({}, {"a": "1"}, {"a": "1"}), "removed a", ["bringing back a 1"], id="removed"
        ),
        pytest.param(({}, {"a": "1"}, {}), "", [], id="removed, and out of the lock by now"),
        pytest.param(
            ({"mine": "1"}, {"a": "1"}, {}),
            "added mine",
            ["removing mine 1: no lock names it (it came from file:///mine)"],
            id="from a folder",
        ),
        pytest.param(
            ({"pip": "26", "a": "1", "b": "1"}, {}, {"a": "1"}),
            "added b",
            ["removing b 1: no lock names it (make freeze would have kept it)"],
            id="an environment that labcoat did not make",
        ),
    ],
)
def test_what_would_be_lost_is_found_and_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    versions: tuple[Versions, ...],
    changes: str,
    said: list[str],
) -> None:
    """What was done by hand counts, unless the locks say the same by now; each that goes or comes back has a line.

    The versions are those installed, those that the environment was made of, and those locked.
    """
    installed, made_of, locked = versions
    site = holding(tmp_path, installed)
    assert drift.describe_drift(site, made_of, locked) == changes
    drift.announce_discarded(site, made_of, locked)
    assert capsys.readouterr().err.splitlines() == said
