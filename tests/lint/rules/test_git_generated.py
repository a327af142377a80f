"""GIT003, GIT004: what programs write, and large texts."""

import re
from pathlib import Path

import pytest

from labcoat.lint.fixes import apply_fixes
from labcoat.lint.runner import Selection, check_repository
from support.repositories import git, repository
from support.rule_cases import SMALL, Case, test_fix, test_near_miss, test_rule  # noqa: F401

LARGE = "a,b\n" * 1000
CASES = [
    *(
        Case("GIT003", {f"src/{path}": "x"}, {f"tests/fixtures/{path}": "x"}, "unsafe", name=name)
        for name, path in {
            "checkpoints": ".ipynb_checkpoints/a-checkpoint.ipynb",
            "byte-code": "__pycache__/a.cpython-311.pyc",
            "byte-code-beside": "a.pyc",
            "macos": ".DS_Store",
            "npm": "node_modules/a/index.js",
            "metadata": "a.egg-info/PKG-INFO",
            "cache": ".pytest_cache/README.md",
            "swap-file": ".a.py.swp",
            "archive": "__MACOSX/._a.py",
            "terraform": ".terraform/plugins/x",
            "website": ".next/server/a.json",
            "artifacts-of-mlflow": f"mlartifacts/1/{'5f' * 16}/artifacts/a.txt",
            "server-of-mlflow": "mlflow.db",
            "serverless": ".serverless/requirements.txt",
            "experiments": "wandb/run-20240101_1-a/logs/debug.log",
            "runs-of-mlflow": f"mlruns/0/{'5f' * 16}/meta.yaml",
            "runs-of-lightning": "lightning_logs/version_0/hparams.yaml",
            "logs-of-catboost": "catboost_info/learn_error.tsv",
            "thumbnails": "Thumbs.db",
            "folder-settings": "desktop.ini",
            "egg": "a.egg",
            "coverage": ".coverage",
            "coverage-of-a-process": ".coverage.host.1.x",
            "coverage-as-pages": "htmlcov/index.html",
            "environments-of-tox": ".tox/py311/log.txt",
        }.items()
    ),
    Case(
        "GIT004",
        {"pyproject.toml": SMALL, "data.csv": LARGE},
        {"pyproject.toml": SMALL, "data.csv": "a,b\n"},
        name="data",
    ),
    Case(
        "GIT004",
        {"pyproject.toml": SMALL, "a.ipynb": LARGE},
        {"pyproject.toml": SMALL, "a.py": LARGE},
        name="notebook",
    ),
]


GENERATED = [next(iter(case.trips)) for case in CASES if case.rule == "GIT003"]


@pytest.mark.parametrize("path", GENERATED)
def test_the_line_of_the_hint_ignores_the_file(tmp_path: Path, path: str) -> None:
    root = repository(tmp_path / "r", {path: "x"})
    (finding,) = (each for each in check_repository(root).findings if each.rule == "GIT003")
    line = re.search(r"the line `([^`]+)`", finding.hint)
    assert line
    (root / ".gitignore").write_text(f"{line[1]}\n")
    assert git(root, "check-ignore", "--no-index", path)


@pytest.mark.parametrize("path", GENERATED)
def test_what_is_fixed_does_not_come_back(tmp_path: Path, path: str) -> None:
    """The next `git add` does not take the file again."""
    root = repository(tmp_path / "r", {path: "x"})
    apply_fixes(root, Selection(("GIT003",)), unsafe=True)
    git(root, "add", "-A")
    assert git(root, "ls-files").split() == [".gitignore"]


def test_what_is_ignored_already_needs_no_other_line(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a/m.pyc": "x", "b.pyc": "x", ".gitignore": "*.pyc\n"})
    (finding,) = check_repository(root, Selection(("GIT003",))).findings
    assert "add the line" not in finding.hint
    apply_fixes(root, Selection(("GIT003",)), unsafe=True)
    assert (root / ".gitignore").read_text() == "*.pyc\n"


@pytest.mark.parametrize(
    ("path", "rules"),
    [
        ("tests/.pytest_cache/README.md", ["GIT003"]),
        ("tests/__pycache__/a.cpython-311.pyc", ["GIT003"]),
        ("tests/fixtures/__pycache__/a.cpython-311.pyc", []),
        ("tests/a.pyc", []),
        ("mlruns/models/prices/meta.yaml", []),
        (f"mlruns/0/{'5f' * 16}/meta.yaml", ["GIT003"]),
        ("shop/target/compiled/shop/a.sql", ["GIT003"]),
        ("shop/target/manifest.json", ["GIT003"]),
        ("maven/target/a.jar", []),
    ],
)
def test_what_is_on_purpose(path: str, rules: list[str], tmp_path: Path) -> None:
    """No test needs a cache beside it; registered models may be kept."""
    found = check_repository(
        repository(tmp_path / "r", {path: "x"}), Selection(("GIT003",))
    ).findings
    assert [each.rule for each in found] == rules


@pytest.mark.parametrize(
    ("marker", "server"),
    [("PG_VERSION", "PostgreSQL"), ("ibdata1", "MySQL"), ("WiredTiger", "MongoDB")],
)
def test_data_of_a_server(marker: str, server: str, tmp_path: Path) -> None:
    """One finding for the folder, which is ignored as a whole."""
    root = repository(tmp_path / "r", {f"data/db/{marker}": "15", "data/db/base/1": "x", "a": ""})
    (found,) = check_repository(root, Selection(("GIT003",))).findings
    assert f"the data of {server}" in found.message
    apply_fixes(root, Selection(("GIT003",)), unsafe=True)
    assert (root / ".gitignore").read_text() == "/data/db/\n"
    assert (root / "data/db/base/1").exists()


@pytest.mark.parametrize("marker", ["Local State", "Default/places.sqlite"])
def test_profile_of_a_browser(marker: str, tmp_path: Path) -> None:
    """Scrapers start browsers with one, which keeps what they log in with."""
    root = repository(tmp_path / "r", {f"tmp/{marker}": "x", "tmp/Default/Cookies": "x", "a": ""})
    (found,) = check_repository(root, Selection(("GIT003",))).findings
    assert "cookies and logins" in found.message
    apply_fixes(root, Selection(("GIT003",)), unsafe=True)
    folder = f"tmp/{marker}".rpartition("/")[0]
    assert (root / ".gitignore").read_text() == f"/{folder}/\n"
