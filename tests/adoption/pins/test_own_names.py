"""A repository's own packages are told by their names, and by where it was cloned from."""

import subprocess
from pathlib import Path

import pytest

from labcoat.adoption.pins.lines import Line, read_line
from labcoat.adoption.pins.own_names import own_names, repository_place
from labcoat.adoption.plan import Wanted


@pytest.mark.parametrize(
    "address",
    [
        "https://host.example/Me/mine.git",
        "git@host.example:me/mine.git",
        "-e git+ssh://git@host.example/me/mine@abc123#egg=other",
        "git+https://user:token@host.example/me/mine.git@v1",
    ],
)
def test_all_ways_to_clone_it_are_one_place(address: str) -> None:
    assert repository_place(address) == "host.example/me/mine"


def test_the_repository_itself_is_left_out_of_any_list(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    words = ["git", "remote", "add", "origin", "git@host.example:me/mine.git"]
    subprocess.run(words, cwd=tmp_path, check=True)
    known = own_names(tmp_path)
    text = "-e git+https://host.example/me/{}.git@abc#egg=anything"
    own = read_line(Wanted(text.format("mine"), "requirements.txt", 1, "demand"), known)
    assert not isinstance(own, Line)
    assert own.after is None
    other = read_line(Wanted(text.format("other"), "requirements.txt", 1, "demand"), known)
    assert isinstance(other, Line)


def test_without_git_there_are_names(tmp_path: Path) -> None:
    assert tmp_path.name.replace("_", "-") in own_names(tmp_path)
