"""CTX: the build context, and what of it reaches the image."""

from pathlib import Path

import pytest

from labcoat.lint.findings import Severity
from labcoat.lint.runner import Selection, check_repository
from support.repositories import repository, venv
from support.rule_cases import (  # noqa: F401 - pytest collects the tests
    BASE,
    COPY_ALL,
    SMALL,
    Case,
    found_rules,
    test_fix,
    test_near_miss,
    test_rule,
)

TRAIN = '[[tool.labcoat.builds]]\ndockerfile = "train"\ncontext = "."\n'
CASES = [
    Case(
        "CTX001",
        {"Dockerfile": COPY_ALL, ".gitignore": "venv\n"},
        {"Dockerfile": COPY_ALL, ".gitignore": "venv\n", ".dockerignore": "**/venv\n"},
        "safe",
        venv("app/venv"),
        venv("app/venv"),
    ),
    Case(
        "CTX002",
        {"Dockerfile": COPY_ALL},
        {"Dockerfile": f"{BASE}COPY src /\nUSER 1000\n", "src/a": ""},
        "unsafe",
    ),
    Case(
        "CTX003",
        {"Dockerfile": COPY_ALL, ".dockerignore": "*\n!**/*.py\n", "src/a.py": ""},
        {"Dockerfile": COPY_ALL, ".dockerignore": "*\n!src\n", "src/a.py": ""},
    ),
    Case(
        "CTX004",
        {
            "train": COPY_ALL,
            "train.dockerignore": ".git\n",
            ".dockerignore": "data\n.git\n",
            "data/a": "",
            "pyproject.toml": TRAIN,
        },
        {
            "train": COPY_ALL,
            "train.dockerignore": ".git\ndata\n",
            ".dockerignore": "data\n.git\n",
            "data/a": "",
            "pyproject.toml": TRAIN,
        },
        "unsafe",
    ),
    Case(
        "CTX005",
        {"Dockerfile": COPY_ALL, ".dockerignore": ".git\n", "src/.dockerignore": "data\n"},
        {
            "Dockerfile": COPY_ALL,
            ".dockerignore": ".git\n",
            "src/Dockerfile": COPY_ALL,
            "src/.dockerignore": "data\n",
        },
        "unsafe",
    ),
    Case(
        "CTX008",
        {"Dockerfile": f"{BASE}COPY gone /d\nUSER 1000\n", "a": ""},
        {"Dockerfile": f"{BASE}COPY a gone* /d\nUSER 1000\n", "a": ""},
    ),
    Case(
        "CTX006",
        {"Dockerfile": f"{BASE}COPY data /d\nUSER 1000\n", ".dockerignore": "data\n", "data/a": ""},
        {
            "Dockerfile": f"{BASE}COPY data /d\nUSER 1000\n",
            ".dockerignore": "data\n!data/a\n",
            "data/a": "",
            "data/b": "",
        },
    ),
    Case(
        "CTX006",
        {"Dockerfile": COPY_ALL, ".dockerignore": ".git\nd\n!d/f\nd*\n", "d/f": "", "d/g": ""},
        {"Dockerfile": COPY_ALL, ".dockerignore": ".git\nd*\n!d/f\n", "d/f": "", "d/g": ""},
        name="emptied",
    ),
    Case(
        "CTX007",
        {
            "Dockerfile": COPY_ALL,
            "pyproject.toml": SMALL,
            ".dockerignore": ".git\n",
            "big.bin": "x" * 2000,
        },
        {
            "Dockerfile": COPY_ALL,
            "pyproject.toml": SMALL,
            ".dockerignore": ".git\nbig.bin\n",
            "big.bin": "x" * 2000,
        },
    ),
]


def test_current_file_sizes_count(tmp_path: Path) -> None:
    """The size of a context is that of its files now, not when they were added to git."""
    files = {
        "Dockerfile": COPY_ALL,
        ".dockerignore": ".git\n",
        "pyproject.toml": SMALL,
        "data.csv": "1\n",
    }
    root = repository(tmp_path / "r", files)
    assert "CTX007" not in found_rules(root)
    (root / "data.csv").write_text("1\n" * 1000)
    assert "CTX007" in found_rules(root)


@pytest.mark.parametrize(
    ("line", "severity"),
    [("!data\n", Severity.WARNING), ("*\n!src\n!.git\n", Severity.NOTE)],
)
def test_git_folder_that_is_sent_on_purpose_is_a_note(
    line: str, severity: Severity, tmp_path: Path
) -> None:
    """Tools read the version of a package from the history."""
    files = {"Dockerfile": COPY_ALL, "src/a.py": "a = 1\n", ".dockerignore": line}
    root = repository(tmp_path / "r", files)
    (found,) = check_repository(root, Selection(("CTX002",))).findings
    assert found.severity is severity


def test_what_no_instruction_reads_is_a_note(tmp_path: Path) -> None:
    """BuildKit sends what COPY, ADD and mounts name; an empty Dockerfile names nothing."""
    files = {"pyproject.toml": SMALL, "data/a.csv": "1\n" * 1000, "src/a.py": "a = 1\n"}
    written = {
        f"{BASE}COPY src /src\nUSER 1000\n": Severity.NOTE,
        "": Severity.NOTE,
        f"{BASE}COPY . /src\nUSER 1000\n": Severity.WARNING,
        f"{BASE}RUN --mount=type=bind,source=data,target=/data ls /data\n": Severity.WARNING,
        f"{BASE}RUN --mount=target=/data ls /data\n": Severity.WARNING,
        # Another stage reads it, and the image has a part of that.
        f"FROM a AS b\nCOPY . /x\n{BASE}COPY --from=b /x/src /src\n": Severity.WARNING,
        # No one builds the stage.
        f"FROM a AS b\nCOPY . /x\n{BASE}COPY src /src\n": Severity.NOTE,
    }
    for number, (text, severity) in enumerate(written.items()):
        root = repository(tmp_path / str(number), {**files, "Dockerfile": text})
        (found,) = check_repository(root, Selection(("CTX007",))).findings
        assert (found.severity, text) == (severity, text)
        assert ("older builders send all" in found.message) == (severity is Severity.NOTE)


@pytest.mark.parametrize(
    ("others", "severity"),
    [
        ({}, Severity.NOTE),
        ({"Makefile": "image:\n\tdocker build -f app/local/Dockerfile .\n"}, Severity.WARNING),
    ],
)
def test_git_folder_in_a_guessed_context_is_a_note(
    others: dict[str, str], severity: Severity, tmp_path: Path
) -> None:
    """Nothing tells that the root is sent to a Dockerfile in a folder of its own."""
    files = {"app/local/Dockerfile": COPY_ALL, "app/main.py": "a = 1\n", **others}
    root = repository(tmp_path / "r", files)
    (found,) = check_repository(root, Selection(("CTX002",))).findings
    assert found.severity is severity


def test_history_that_is_too_large_follows_from_its_copy(tmp_path: Path) -> None:
    """To ignore .git settles both."""
    root = repository(tmp_path / "r", {"Dockerfile": COPY_ALL, "pyproject.toml": SMALL})
    (root / ".git" / "large.pack").write_bytes(b"x" * 5000)
    found = {each.rule: each.severity for each in check_repository(root).findings}
    assert (found["CTX002"], found["CTX007"]) == (Severity.WARNING, Severity.NOTE)


def test_environment_that_no_build_reads_is_a_note(tmp_path: Path) -> None:
    """BuildKit sends nothing of it."""
    files = {"Dockerfile": f"{BASE}USER 1000\n", ".gitignore": "venv\n"}
    root = repository(tmp_path / "r", files, venv("venv"))
    (found,) = check_repository(root, Selection(("CTX001",))).findings
    assert found.severity is Severity.NOTE


@pytest.mark.parametrize(
    ("copy", "severity"), [("COPY jars/* /jars/", Severity.NOTE), ("COPY . /all", Severity.WARNING)]
)
def test_environment_that_no_copy_names_is_a_note(
    copy: str, severity: Severity, tmp_path: Path
) -> None:
    """BuildKit sends the jars only, and `COPY . .` of another stage everything."""
    text = f"{BASE}AS other\n{copy}\n{BASE}COPY --from=other /jars /jars\nUSER 1000\n"
    files = {"Dockerfile": text.replace("\nAS", " AS"), ".gitignore": "venv\n", "jars/a.jar": "a"}
    root = repository(tmp_path / "r", files, venv("venv"))
    found = check_repository(root, Selection(("CTX001",))).findings
    assert [each.severity for each in found] == [severity]


@pytest.mark.parametrize(
    ("files", "rules"),
    [
        ({".dockerignore.txt": "venv\n"}, ["CTX005"]),
        ({"dockerignore": "venv\n"}, ["CTX005"]),
        ({"dockerignore": "venv\n", ".dockerignore": "venv\n"}, []),
        ({"templates/dockerignore": "venv\n"}, []),
    ],
)
def test_name_that_docker_does_not_read(
    files: dict[str, str], rules: list[str], tmp_path: Path
) -> None:
    """Notepad adds `.txt`."""
    root = repository(tmp_path / "r", {"Dockerfile": COPY_ALL, **files})
    found = check_repository(root, Selection(("CTX005",))).findings
    assert [each.rule for each in found] == rules
    assert all("git mv" in each.hint for each in found)
