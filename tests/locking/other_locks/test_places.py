"""Commits and archives become requirements that pip reads; what is not pinned does not."""

from pathlib import Path

import pytest

from labcoat.locking.other_locks.reader import read_other_lock

COMMIT, A = "1" * 40, "a" * 64
POETRY = f"""\
[[package]]
name = "one"
version = "1.0"
groups = ["main"]
files = []

[package.source]
type = "git"
url = "https://git.example/one"
reference = "main"
resolved_reference = "{COMMIT}"
subdirectory = "python"

[[package]]
name = "two"
version = "1.0"
groups = ["main"]
files = [
    {{file = "two-1.0.tar.gz", hash = "sha256:{A}"}},
]

[package.source]
type = "url"
url = "https://h.example/two-1.0.tar.gz"

[metadata]
lock-version = "2.1"
"""
PYLOCK = f"""\
lock-version = "1.0"
created-by = "tool"

[[packages]]
name = "one"

[packages.vcs]
type = "git"
url = "https://git.example/one"
commit-id = "{COMMIT}"
subdirectory = "python"

[[packages]]
name = "two"
archive = {{ url = "https://h.example/two-1.0.tar.gz", hashes = {{ sha256 = "{A}" }} }}
"""
PIPFILE = (
    '{"_meta": {"pipfile-spec": 6}, "default": {"one": {"git": "https://git.example/one",'
    f' "ref": "{COMMIT}", "subdirectory": "python"}},'
    ' "two": {"git": "https://git.example/two", "ref": "main"}}}'
)
ONE = f"one @ git+https://git.example/one@{COMMIT}#subdirectory=python"
TWO = f"two @ https://h.example/two-1.0.tar.gz#sha256={A}"


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("poetry.lock", POETRY, [ONE, TWO]),
        ("pylock.toml", PYLOCK, [ONE, TWO]),
        ("Pipfile.lock", PIPFILE, [ONE, ""]),
        ("pylock.toml", PYLOCK.replace(COMMIT, "main").replace("sha256", "md5"), ["", ""]),
    ],
)
def test_places(tmp_path: Path, name: str, text: str, places: list[str]) -> None:
    path = tmp_path / name
    path.write_text(text)
    lock = read_other_lock(path, tmp_path)
    assert [each.place for each in lock.packages] == places
    assert "index" not in {each.kind for each in lock.packages}
