"""IGN006: advice on negations; and ignore files with very many lines."""

import re
import subprocess
import time
from pathlib import Path

import pytest

from labcoat.lint.runner import Selection, check_repository
from support.repositories import Content, repository
from support.rule_cases import COPY_ALL

HIDDEN: dict[str, dict[str, Content]] = {
    "by several patterns": {".gitignore": "data\n!data/a/b.csv\n*.csv\n/data/\na/\n"},
    "by everything": {".gitignore": "*\n!data/a/b.csv\n"},
    "with its ignore file": {".gitignore": "/dat*\n", "data/.gitignore": "!a/b.csv\n"},
    "by a file that was hidden": {
        ".gitignore": "data\n!data/a/b.csv\n",
        "data/.gitignore": "*\n",
    },
    "by a nearer file": {".gitignore": "!data/a/b.csv\n", "data/a/.gitignore": "*.csv\n"},
    "with another one": {".gitignore": "data\n!data/a/b.csv\n!data/x/d.csv\n!data/c.csv\n"},
    "a folder": {".gitignore": "*.csv\ndata\n!data/a\n*.csv\n"},
    "a folder's content": {".gitignore": "!data/a/\n*.csv\n"},
}


@pytest.mark.parametrize("files", HIDDEN.values(), ids=HIDDEN.keys())
def test_advice_of_an_idle_negation_works(files: dict[str, Content], tmp_path: Path) -> None:
    """Whatever else hides the path, and what was ignored beside it stays so."""
    path, others = "data/a/b.csv", ["data/c.csv", "data/x/d.csv", "other/e.csv"]
    root = repository(tmp_path / "r", files, dict.fromkeys([path, *others], "a"))
    found = check_repository(root, Selection(("IGN006",))).findings
    others = [each for each in others if f"!{each}" not in str(files[".gitignore"])]
    before = _ignored(root, others)
    assert _ignored(root, [path])
    for hint in {each.hint for each in found}:
        for file, lines in re.findall(r"end (\S+) with the lines? (`.*?`)(?= and end|$)", hint):
            text = (root / file).read_text() + "\n".join(re.findall("`(.*?)`", lines)) + "\n"
            (root / file).write_text(text)
    assert not _ignored(root, [path])
    assert _ignored(root, others) == before
    assert check_repository(root, Selection(("IGN006",))).findings == []


def _ignored(root: Path, paths: list[str]) -> set[str]:
    """Return those of the paths that git ignores."""
    given = subprocess.run(
        ["git", "check-ignore", "--no-index", *paths],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return set(given.stdout.split())


def test_folder_that_is_opened_for_what_is_in_it(tmp_path: Path) -> None:
    """Git looks into no ignored folder, so that the first negation is needed."""
    text = "/*\n!/.gitignore\n!/data/\n/data/*\n!/data/a.csv\n"
    files = {".gitignore": text, "data/a.csv": "a"}
    root = repository(tmp_path / "r", files, {"data/b.csv": "b", "data/a.bin": "c"})
    assert check_repository(root, Selection(("IGN006",))).findings == []


def test_ignore_file_that_is_too_long_is_named(tmp_path: Path) -> None:
    """A clean result would hide that nothing was compared with it; its lines are no mistakes."""
    text = "".join(f"data/of/a/folder/{each}.csv\n" for each in range(100_001))
    files = {"Dockerfile": COPY_ALL, ".dockerignore": text, "a.py": ""}
    report = check_repository(repository(tmp_path / "r", files))
    assert [each for each in report.left_out if ".dockerignore is too long" in each]
    assert [each for each in report.findings if each.rule.startswith("IGN")] == []


def test_thousands_of_lines_take_no_longer(tmp_path: Path) -> None:
    """Each was compared with all the others: half a minute for 30,000."""
    text = "".join(f"./{each}\n" for each in range(30_000))
    files = {".gitignore": f"{text}!a\n/7\n!b\n./c\n", "Dockerfile": COPY_ALL}
    root = repository(tmp_path / "r", files)
    start = time.perf_counter()
    found = check_repository(root, Selection(("IGN005",))).findings
    assert time.perf_counter() - start < 15
    fixes = {each.line: each.fix and each.fix.safe for each in found}
    assert (len(found), fixes.get(8), fixes[1], fixes[30_004]) == (30_000, None, False, True)


def test_negations_that_are_too_many_are_counted(tmp_path: Path) -> None:
    """Each is compared with all files: the first ones are enough."""
    names = [f"data/{each}" for each in range(1500)]
    negations = "".join(f"!{each}\n" for each in names)
    files = {
        "Dockerfile": COPY_ALL,
        ".dockerignore": f".git\n{negations}",
        **dict.fromkeys(names, "a"),
    }
    report = check_repository(repository(tmp_path / "r", files), Selection(("IGN006",)))
    assert report.left_out == [".dockerignore has 1500 negations: checked 20 of them"]
    assert len(report.findings) == 20
