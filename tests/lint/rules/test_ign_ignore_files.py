"""IGN: ignore files."""

from pathlib import Path

import pytest

from labcoat.lint.findings import Severity
from labcoat.lint.fixes import apply_fixes
from labcoat.lint.runner import Selection, check_repository
from support.messages import lint as messages
from support.repositories import repository
from support.rule_cases import (  # noqa: F401 - pytest collects the tests
    BASE,
    COPY_ALL,
    Case,
    test_fix,
    test_near_miss,
    test_rule,
)

CASES = [
    Case(
        "IGN001",
        {".dockerignore": "venv\n".encode("utf-16")},
        {".dockerignore": b"\xef\xbb\xbfvenv\r\n"},
        "safe",
        name="u16",
    ),
    Case(
        "IGN001",
        {".gitignore": b"venv\rdata\r"},
        {".gitignore": b"venv\r\ndata\r\n"},
        "safe",
        name="lone-cr",
    ),
    Case("IGN001", {".gitignore": "venv\xa0\n"}, {".gitignore": "venv \n"}, "safe", name="nbsp"),
    Case("IGN002", {".dockerignore": "a\n[z-a]\n"}, {".dockerignore": "a\n[a-z]\n"}, name="range"),
    Case(
        "IGN002",
        {".dockerignore": "src\\pkg\n"},
        {".dockerignore": "src\\*pkg\n"},
        name="backslash",
    ),
    Case(
        "IGN003",
        {".gitignore": "venv # mine\n"},
        {".gitignore": "# venv\nc#\n"},
        "unsafe",
        name="comment",
    ),
    Case(
        "IGN003",
        {".dockerignore": '"venv"\n'},
        {".dockerignore": '"venv"\n', '"venv"': ""},
        "unsafe",
        name="quotes",
    ),
    Case(
        "IGN003", {".gitignore": "*.{jpg,png}\n"}, {".gitignore": "{x}\n"}, "unsafe", name="braces"
    ),
    Case(
        "IGN003",
        {".gitignore": "data\\raw\n"},
        {".gitignore": "\\#data\n\\!x\n"},
        "unsafe",
        name="backslash",
    ),
    Case(
        "IGN004",
        {
            "Dockerfile": COPY_ALL,
            ".dockerignore": ".git\n__pycache__\n",
            "src/__pycache__/a.pyc": "",
        },
        {"Dockerfile": COPY_ALL, ".dockerignore": ".git\ndata\n", "src/data/a.py": ""},
        "unsafe",
    ),
    Case("IGN005", {".gitignore": "./data\n"}, {".gitignore": ".\\data\n.data\n/data\n"}, "safe"),
    Case(
        "IGN006",
        {"Dockerfile": COPY_ALL, ".dockerignore": ".git\nvenv\n!src\n", "src/a": ""},
        {"Dockerfile": COPY_ALL, ".dockerignore": "*\n!src\n", "src/a": ""},
        "unsafe",
        name="docker",
    ),
    Case(
        "IGN006",
        {"Dockerfile": COPY_ALL, ".dockerignore": "*\n!src\n!src/**\n", "src/a": ""},
        {"Dockerfile": COPY_ALL, ".dockerignore": "*\n!src/**\n", "src/a": ""},
        "unsafe",
        name="twice",
    ),
    Case(
        "IGN006",
        {".gitignore": "data\n!data/keep.txt\n", "a": ""},
        {".gitignore": "data/*\n!data/keep.txt\n", "a": ""},
        "unsafe",
        {"data/keep.txt": ""},
        {"data/keep.txt": ""},
        name="git",
    ),
]


def test_the_hint_for_docker_does_not_speak_of_git(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "r",
        {"Dockerfile": COPY_ALL, ".dockerignore": ".git\n!src\n", "src/a": ""},
    )
    (hint,) = (each.hint for each in check_repository(root).findings if each.rule == "IGN006")
    assert "git" not in hint


def test_a_negation_that_is_overruled_is_told_so(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "r",
        {
            "Dockerfile": COPY_ALL,
            ".dockerignore": ".git\n*.md\n!README.md\nREADME.md\n",
            "README.md": "x",
            "a": "",
        },
    )
    (found,) = (each for each in check_repository(root).findings if each.rule == "IGN006")
    assert messages.OVERRULED in found.message


@pytest.mark.parametrize(
    ("ignored", "why", "hint"),
    [
        (
            "!data/plan.yaml\ndata\n",
            "`data` in line 2 ignores the whole folder around it",
            "end .gitignore with the lines `!/data/`, `/data/*`, `!/data/plan.yaml`",
        ),
        (
            "data/*\n!data/plan.yaml\n*.yaml\n",
            "`*.yaml` in line 3 ignores that path again",
            "end .gitignore with the line `!/data/plan.yaml`",
        ),
    ],
)
def test_idle_negation_names_the_pattern(ignored: str, why: str, hint: str, tmp_path: Path) -> None:
    """Its line tells where to change what git ignores."""
    root = repository(tmp_path / "r", {".gitignore": ignored}, {"data/plan.yaml": "a: 1\n"})
    (found,) = (each for each in check_repository(root).findings if each.rule == "IGN006")
    assert why in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("remark", "severity"),
    [("comment out if you don't need it", Severity.NOTE), ("comments", Severity.WARNING)],
)
def test_remark_of_a_template_is_a_note(remark: str, severity: Severity, tmp_path: Path) -> None:
    """Those who begin with gitignore.io's file for Vim did not write the line."""
    root = repository(tmp_path / "r", {".gitignore": f"*.svg  # {remark}\n"})
    (found,) = (each for each in check_repository(root).findings if each.rule == "IGN003")
    assert found.severity is severity


@pytest.mark.parametrize(
    ("files", "severity"), [({}, Severity.NOTE), ({"auto/a": ""}, Severity.WARNING)]
)
def test_folder_that_a_template_names_is_a_note(
    files: dict[str, str], severity: Severity, tmp_path: Path
) -> None:
    """GitHub's for TeX ignores a folder of Emacs, which few projects have."""
    root = repository(tmp_path / "r", {".gitignore": "./auto/*\n", **files})
    (found,) = (each for each in check_repository(root).findings if each.rule == "IGN005")
    assert found.severity is severity


def test_line_of_an_unread_file_is_a_note(tmp_path: Path) -> None:
    """No build reads it, which has a finding of its own."""
    root = repository(
        tmp_path / "r", {"Dockerfile": COPY_ALL, "app/.dockerignore": "*.a  # x\n", "app/b.py": ""}
    )
    found = {each.rule: each.severity for each in check_repository(root).findings}
    assert "CTX005" in found
    assert found["IGN003"] is Severity.NOTE


@pytest.mark.parametrize(
    ("line", "rules"), [(b"#\xc2\xa0For a library", []), (b"build\xc2\xa0", ["IGN001"])]
)
def test_no_break_space_of_a_comment_changes_nothing(
    line: bytes, rules: list[str], tmp_path: Path
) -> None:
    """Templates that are pasted from a page have them."""
    root = repository(tmp_path / "r", {".gitignore": b"# A\n" + line + b"\n"})
    assert [each.rule for each in check_repository(root, Selection(("IGN001",))).findings] == rules


@pytest.mark.parametrize(
    ("copy", "severity"), [("COPY a.py .", Severity.NOTE), ("COPY . .", Severity.WARNING)]
)
def test_what_no_copy_names_is_a_note(copy: str, severity: Severity, tmp_path: Path) -> None:
    """Only builders before BuildKit send it."""
    files = {
        "Dockerfile": f"{BASE}{copy}\nUSER 1000\n",
        ".dockerignore": ".idea\n",
        "a.py": "",
        "sub/.idea/b.iml": "",
    }
    root = repository(tmp_path / "r", files)
    (found,) = check_repository(root, Selection(("IGN004",))).findings
    assert found.severity is severity
    assert "sub/.idea is sent" in found.message or "sub/.idea/b.iml is sent" in found.message


@pytest.mark.parametrize(
    ("tracked", "hint"),
    [
        ("app/models/a.py", "`/models/` instead; `models/` is for a tracked file"),
        ("models/a.bin", "`models/` instead"),
        ("a.py", "`models/` instead"),
    ],
)
def test_pattern_that_would_ignore_sources(tracked: str, hint: str, tmp_path: Path) -> None:
    """What the line means is the folder at the top."""
    files = {".gitignore": "models/  # trained ones\n", tracked: "a"}
    (found,) = check_repository(repository(tmp_path / "r", files), Selection(("IGN003",))).findings
    assert found.hint.startswith(f"Write {hint}")
    assert hint.endswith("instead") == found.hint.endswith("instead")


def test_folder_that_is_ignored_anywhere_stays_so(tmp_path: Path) -> None:
    """`name/*` would be at the top only."""
    files = {".gitignore": "[Ll]ocal\n!a/local/b.py\n"}
    root = repository(tmp_path / "r", files, {"a/local/b.py": "a"})
    (found,) = check_repository(root, Selection(("IGN006",))).findings
    assert "`!/a/local/`, `/a/local/*`, `!/a/local/b.py`" in found.hint


def test_breaks_that_are_written_out(tmp_path: Path) -> None:
    """As a program leaves them; the fix writes the lines that were meant."""
    text = r"__pycache__/\n*.pyc\n.env\nmailer.db\ntemp/"
    root = repository(tmp_path / "r", {".gitignore": f"{text}\n", "a": ""})
    (found,) = check_repository(root, Selection(("IGN003",))).findings
    assert "each on its own line" in found.hint
    apply_fixes(root, Selection(("IGN003",)), unsafe=True)
    assert (root / ".gitignore").read_text().splitlines() == text.split(r"\n")


def test_path_of_windows_has_no_breaks(tmp_path: Path) -> None:
    """Folders can begin with an `n`."""
    root = repository(tmp_path / "r", {".gitignore": "data\\new\\notes\n", "a": ""})
    (found,) = check_repository(root, Selection(("IGN003",))).findings
    assert found.hint == "Write `data/new/notes` instead"
