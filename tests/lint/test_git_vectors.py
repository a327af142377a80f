"""labcoat gets the answers from git that git gave when the vectors were recorded."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from labcoat.lint.repository.repository import Repository
from support.repositories import repository

ROWS = json.loads(
    (Path(__file__).parents[1] / "container" / "dockerignore" / "data" / "ignore.json").read_text()
)
BY_FILE: dict[str, dict[str, bool]] = defaultdict(dict)
for row in ROWS:
    BY_FILE[row["ignore_latin1"]][row["path"]] = row["git_ignored"]
TREE = sorted({row["path"] for row in ROWS})


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the vectors, untracked; `link` is a symlink to venv, `envlink` dangles."""
    links = {"link": Path("venv"), "envlink": Path("nowhere")}
    return repository(
        tmp_path_factory.mktemp("vectors") / "r", {}, {path: links.get(path, "") for path in TREE}
    )


@pytest.mark.parametrize(("ignore", "expected"), BY_FILE.items(), ids=ascii)
def test_recorded_answers(root: Path, ignore: str, expected: dict[str, bool]) -> None:
    """A path is ignored if git ignored it."""
    (root / ".gitignore").write_bytes(ignore.encode("latin-1"))
    decided = Repository(root).deciding_patterns(TREE)
    ignored = {path for path, (_, _, pattern) in decided.items() if not pattern.startswith("!")}
    assert {path: path in ignored for path in expected} == expected
