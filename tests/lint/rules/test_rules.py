"""Each rule: a repository that trips it, one that nearly does, the fix, and the check after the fix."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from labcoat.lint.fixes import apply_fixes
from labcoat.lint.registry import RULES
from labcoat.lint.runner import Selection, check_repository
from support.repositories import VENV, Content, git, repository, venv

DIGEST = "@sha256:" + "a" * 64
BASE = f"FROM python:3.11{DIGEST}\n"
COPY_ALL = f"{BASE}COPY . /app\nUSER 1000\n"
LOCK = "numpy==2.0.0 \\\n    --hash=sha256:" + "b" * 64 + "\n"
PACKAGES = ".venv/lib/python3.11/site-packages"
KEY = "-----BEGIN " + "OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n"
BINARY = b"\0binary" * 1000
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "c" * 64 + "\nsize 12345\n"
SMALL = '[tool.labcoat]\ncontext-budget = "1 KiB"\nlarge-file = "1 KiB"\n'

Files = Mapping[str, Content]


@dataclass(frozen=True)
class Case:
    """What trips a rule, what nearly does, and how it is mended: safely, only when asked, or by hand."""

    rule: str
    trips: Files
    nearly: Files
    fix: str = "none"
    untracked: Files = field(default_factory=dict)
    nearly_untracked: Files = field(default_factory=dict)
    name: str = ""

    def __str__(self) -> str:
        return f"{self.rule}-{self.name}" if self.name else self.rule


CASES = [
    Case(
        "SEC001",
        {"kaggle.json": "{}"},
        {"kaggle.json.md": "text", ".env.example": "KEY=", "id_rsa.pub": "ssh-rsa A"},
    ),
    Case(
        "SEC001",
        {"deploy.txt": KEY},
        {"docs.md": "begin with -----BEGIN OPENSSH PRIVATE KEY-----"},
        name="content",
    ),
    Case("SEC001", {"a.py": f"T = 'ghp_{'a1' * 18}'"}, {"a.py": "T = 'ghp_short'"}, name="token"),
    Case(
        "SEC002",
        {"Dockerfile": COPY_ALL},
        {"Dockerfile": f"{BASE}COPY src /app\nUSER 1000\n", "src/a.py": ""},
        "safe",
        {"conf/.env": "A=b"},
        {"conf/.env": "A=b"},
    ),
    Case(
        "SEC003",
        {"Dockerfile": f"{BASE}COPY src /app\nUSER 1000\n", "src/a.py": ""},
        {
            "Dockerfile": f"{BASE}COPY src /app\nUSER 1000\n",
            "src/a.py": "",
            ".dockerignore": "**/.env\n",
        },
        "safe",
        {"conf/.env": "A=b"},
        {"conf/.env": "A=b"},
    ),
    Case("ENV001", venv("env"), {"tests/data/pyvenv.cfg": "home = x\n"}, "unsafe"),
    Case("ENV001", {**VENV, "a.py": ""}, {"pyvenv.cfg": "home = x\n", "a.py": ""}, name="root"),
    Case(
        "ENV002",
        {"a.py": ""},
        {"a.py": "", "lib/b.py": ""},
        "none",
        VENV,
        {"pyvenv.cfg": "home = x\n"},
        name="root",
    ),
    Case("ENV002", {"a.py": ""}, {".gitignore": "/.venv\n"}, "safe", venv(".venv"), venv(".venv")),
    Case(
        "ENV002",
        {".gitignore": "*\n!*/\n!*.py\n!*.cfg\n!.gitignore\n"},
        {".gitignore": "*\n!*/\n!*.py\n!.gitignore\n"},
        "safe",
        venv(),
        venv(),
        name="negation",
    ),
    Case(
        "ENV003",
        {"a.py": ""},
        {".gitignore": ".venv\n"},
        "safe",
        {**venv(".venv"), ".venv/.gitignore": "*\n"},
        {**venv(".venv"), ".venv/.gitignore": "*\n"},
        name="inner",
    ),
    Case(
        "ENV003",
        {"a.py": ""},
        {"a.py": ""},
        "safe",
        {**venv("v"), ".git/info/exclude": "v\n"},
        {".git/info/exclude": "v\n"},
    ),
    Case(
        "ENV004",
        {".gitignore": "venv/\n"},
        {".gitignore": "venv\n"},
        "safe",
        {"venv": Path("/x")},
        {"venv": Path("/x")},
    ),
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
            "pyproject.toml": "",
        },
        {
            "train": COPY_ALL,
            "train.dockerignore": ".git\ndata\n",
            ".dockerignore": "data\n.git\n",
            "data/a": "",
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
        {".gitignore": "data\n!data/keep.txt\n", "a": ""},
        {".gitignore": "data/*\n!data/keep.txt\n", "a": ""},
        "unsafe",
        {"data/keep.txt": ""},
        {"data/keep.txt": ""},
        name="git",
    ),
    Case(
        "GIT001",
        {".gitignore": "*.log\n", "a.log": ""},
        {".gitignore": "*.log\n!a.log\n", "a.log": "", "d/.gitignore": "*\n"},
        "unsafe",
    ),
    Case("GIT002", {"link": Path("../outside")}, {"a/link": Path("../b"), "b": ""}, name="link"),
    Case(
        "GIT002",
        {"sub/Makefile": "include ../../x.mk\n"},
        {"sub/Makefile": "include ../x.mk\n", "x.mk": ""},
        name="make",
    ),
    Case(
        "GIT002",
        {"sub/Makefile": "include a\\ b/../../../x.mk\n"},
        {"sub/Makefile": "include d/e/f\\ g/../../../../x.mk\n", "x.mk": ""},
        name="make-with-a-space",
    ),
    Case(
        "GIT002",
        {"run.sh": "source ../env.sh\n"},
        {"run.sh": ". ./env.sh\n. /etc/profile\n", "env.sh": ""},
        name="script",
    ),
    Case(
        "LFS001",
        {"a.bin": BINARY, ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"},
        {"a.bin": POINTER, ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"},
    ),
    Case(
        "LFS002",
        {"a.bin": BINARY, "pyproject.toml": SMALL},
        {"a.txt": "words " * 1000, "b.bin": BINARY[:900], "pyproject.toml": SMALL},
        "safe",
    ),
    Case(
        "LFS003",
        {"w.h5": POINTER, "Dockerfile": COPY_ALL, ".dockerignore": ".git\n"},
        {"w.h5": POINTER, "Dockerfile": COPY_ALL, ".dockerignore": ".git\n*.h5\n"},
    ),
    Case(
        "LFS004",
        {"a.jpg": "x", ".gitattributes": ".jpg filter=lfs diff=lfs merge=lfs -text\n"},
        {
            "a.jpg": POINTER,
            ".gitattributes": "*.jpg filter=lfs diff=lfs merge=lfs -text\n*.png filter=lfs\n",
        },
        "unsafe",
    ),
    Case(
        "REQ001",
        {"requirements.txt": "numpy>=2\n"},
        {"requirements.txt": LOCK, "requirements.in": "numpy>=2\n"},
    ),
    Case(
        "REQ002", {"requirements.txt": "numpy==2.0.0\n"}, {"requirements.txt": LOCK}, name="missing"
    ),
    Case(
        "REQ002",
        {"requirements.txt": f"{LOCK}scipy==1.0\n"},
        {"requirements.txt": f"-r other.txt\n{LOCK}"},
        name="partial",
    ),
    Case(
        "REQ003",
        {"requirements.txt": LOCK, "requirements.in": "numpy\nscipy\n"},
        {"requirements.txt": LOCK, "requirements.in": "NumPy\nwin; sys_platform == 'win32'\n"},
        name="input",
    ),
    Case(
        "REQ003",
        {"requirements.txt": LOCK, ".gitignore": ".venv\n"},
        {"requirements.txt": LOCK, ".gitignore": ".venv\n"},
        untracked={
            **venv(".venv"),
            ".venv/lib/python3.11/site-packages/numpy-2.1.0.dist-info/METADATA": "",
        },
        nearly_untracked={
            **venv(".venv"),
            ".venv/lib/python3.11/site-packages/numpy-2.0.0.dist-info/METADATA": "",
        },
        name="environment",
    ),
    Case(
        "REQ005",
        {"requirements.txt": LOCK, "a.py": "import numpy\nimport pandas\n"},
        {
            "requirements.txt": LOCK,
            "a.py": "import os, json\nfrom numpy import x\nimport b\ndef f():\n    import pandas\n",
            "b.py": "",
        },
    ),
    Case(
        "REQ005",
        {
            "requirements.txt": LOCK,
            "requirements.in": "numpy\n",
            "a.py": "import os\n",
            ".gitignore": ".venv\n",
        },
        {
            "requirements.txt": LOCK,
            "requirements.in": "numpy\n",
            "a.py": "def f():\n    import numpy\n",
            ".gitignore": ".venv\n",
        },
        untracked={
            **venv(".venv"),
            f"{PACKAGES}/numpy-2.0.0.dist-info/RECORD": "numpy/__init__.py,,\n",
        },
        nearly_untracked={
            **venv(".venv"),
            f"{PACKAGES}/numpy-2.0.0.dist-info/RECORD": "numpy/__init__.py,,\n",
        },
        name="reverse",
    ),
    Case(
        "REQ005",
        {
            "requirements.txt": LOCK,
            "requirements.in": "numpy\n",
            "a.py": "",
            ".gitignore": ".venv\n",
        },
        {
            "requirements.txt": LOCK,
            "requirements.in": "numpy  # x needs it\n",
            "a.py": "",
            ".gitignore": ".venv\n",
        },
        untracked={
            **venv(".venv"),
            f"{PACKAGES}/numpy-2.0.0.dist-info/RECORD": "numpy/__init__.py,,\n",
        },
        nearly_untracked={
            **venv(".venv"),
            f"{PACKAGES}/numpy-2.0.0.dist-info/RECORD": "numpy/__init__.py,,\n",
        },
        name="reason",
    ),
    Case(
        "DKF001",
        {"Dockerfile": "FROM python:3.11\nUSER 1000\n"},
        {"Dockerfile": f"ARG BASE=python:3.11{DIGEST}\nFROM $BASE AS a\nFROM a\nUSER 1000\n"},
        name="from",
    ),
    Case(
        "DKF001",
        {"Dockerfile": f"FROM a{DIGEST}\nRUN --mount=From=tools,target=/t ls /t\nUSER 1000\n"},
        {
            "Dockerfile": f"FROM a{DIGEST} AS tools\nRUN --mount=From=tools,target=/t ls\n"
            "RUN --mount='\"source=a,from=b\",target=/t' ls\nUSER 1000\n"
        },
        name="mount",
    ),
    Case(
        "DKF001",
        {"Dockerfile": f"{BASE}COPY --from=nginx:1 /x /x\nUSER 1000\n"},
        {
            "Dockerfile": f"{BASE[:-1]} AS b\nFROM scratch\nCOPY --from=b /x /x\nCOPY --from=0 /x /y\nUSER 1000\n"
        },
        name="copy",
    ),
    Case(
        "DKF002",
        {"Dockerfile": f"{BASE}RUN apt-get update && pip install numpy\nUSER 1000\n"},
        {
            "Dockerfile": f"{BASE}RUN pip install --require-hashes -r /x.txt && pip install --no-deps .\nUSER 1000\n"
        },
        name="pip",
    ),
    Case(
        "DKF002",
        {
            "Dockerfile": f"{BASE}RUN pip install -r requirements.txt\nUSER 1000\n",
            "requirements.txt": "numpy==2\n",
        },
        {
            "Dockerfile": f"{BASE}RUN pip install -r requirements.txt\nUSER 1000\n",
            "requirements.txt": LOCK,
        },
        name="lock",
    ),
    Case(
        "DKF003",
        {"Dockerfile": f"{BASE}USER 1000\nUSER root\n"},
        {"Dockerfile": f"{BASE}USER root\nUSER 1000\n"},
        name="root",
    ),
    Case(
        "DKF003",
        {"Dockerfile": BASE},
        {"Dockerfile": f"{BASE[:-1]} AS a\nUSER 1000\nFROM a\n"},
        name="none",
    ),
    Case(
        "DKF004", {"Dockerfile": "FORM x\n"}, {"Dockerfile": COPY_ALL, "Dockerfile.md": "not one"}
    ),
    Case(
        "SET001",
        {"pyproject.toml": "[tool.labcoat]\nbudget = 3\n"},
        {"pyproject.toml": "[tool.other]\nlabcoat = 3\n"},
    ),
    Case(
        "SET001",
        {"pyproject.toml": "[tool.labcoat\n"},
        {"pyproject.toml": "[tool.other\n"},
        name="toml",
    ),
    Case(
        "SET002",
        {".gitignore": "# labcoat: ignore[NOPE1] why\nx\n"},
        {".gitignore": "# labcoat: ignore[IGN005] Docker reads it too\n./x\n"},
        name="unknown",
    ),
    Case(
        "SET002",
        {".gitignore": "# labcoat: ignore[IGN005]\n./x\n"},
        {".gitignore": "# labcoat: ignore[IGN005] why\n./x\n"},
        name="reason",
    ),
    Case(
        "SET003",
        {".gitignore": "# labcoat: ignore[IGN005] why\nx\n"},
        {".gitignore": "# labcoat: ignore[IGN005] why\n./x\n"},
    ),
]
MODES = {"none": None, "safe": False, "unsafe": True}
SETTINGS = {"CTX004": '[[tool.labcoat.builds]]\ndockerfile = "train"\ncontext = "."\n'}


def found(root: Path) -> set[str]:
    """The ids of the rules that the repository trips."""
    return {each.rule for each in check_repository(root).findings}


def made(root: Path, case: Case, files: Files, untracked: Files) -> Path:
    """The case's repository."""
    settings = {"pyproject.toml": SETTINGS[case.rule]} if case.rule in SETTINGS else {}
    return repository(root, {**files, **settings}, untracked)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Kaggle credentials, no settings of git's."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KAGGLE_CONFIG_DIR", raising=False)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_trips(case: Case, tmp_path: Path) -> None:
    """The rule finds what it is for."""
    assert case.rule in found(made(tmp_path / "r", case, case.trips, case.untracked))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nearly_does_not_trip(case: Case, tmp_path: Path) -> None:
    """The rule leaves alone what only looks like it."""
    assert case.rule not in found(made(tmp_path / "r", case, case.nearly, case.nearly_untracked))


@pytest.mark.parametrize("case", [case for case in CASES if case.fix != "none"], ids=str)
def test_fix_mends(case: Case, tmp_path: Path) -> None:
    """After the fix the check no longer reports it, and fixing again does nothing."""
    root = made(tmp_path / "r", case, case.trips, case.untracked)
    if case.fix == "unsafe":
        apply_fixes(root, Selection())
        assert case.rule in found(root), "a fix that has to be asked for was applied without"
    assert apply_fixes(root, Selection((case.rule,)), unsafe=case.fix == "unsafe")
    assert case.rule not in found(root)
    after = git(root, "status", "--porcelain")
    assert apply_fixes(root, Selection((case.rule,)), unsafe=case.fix == "unsafe") == []
    assert git(root, "status", "--porcelain") == after


def test_what_has_grown_since_it_was_added_counts(tmp_path: Path) -> None:
    """The context has the size that its files have now, whatever git knows of them."""
    files = {
        "Dockerfile": COPY_ALL,
        ".dockerignore": ".git\n",
        "pyproject.toml": SMALL,
        "data.csv": "1\n",
    }
    root = repository(tmp_path / "r", files)
    assert "CTX007" not in found(root)
    (root / "data.csv").write_text("1\n" * 1000)
    assert "CTX007" in found(root)


def test_every_rule_has_a_case() -> None:
    """No rule is without a repository that trips it; REQ004 asks an index and KAG001 the home folder."""
    assert {case.rule for case in CASES} == set(RULES) - {"REQ004", "KAG001"}


def test_kaggle_credentials(tmp_path: Path) -> None:
    """Credentials that others can read are found in the home folder, and made private."""
    credentials = tmp_path / "home" / ".kaggle" / "kaggle.json"
    credentials.parent.mkdir(parents=True)
    credentials.write_text("{}")
    credentials.chmod(0o644)
    root = repository(tmp_path / "r", {"a": ""})
    assert found(root) == {"KAG001"}
    apply_fixes(root, Selection())
    assert found(root) == set()
    assert credentials.stat().st_mode & 0o777 == 0o600


def test_global_excludes_file_is_luck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that only the person's own git settings ignore is ENV003, with the file named."""
    excludes = tmp_path / "mine"
    excludes.write_text("venv\n")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text(f"[core]\nexcludesFile = {excludes}\n")
    root = repository(tmp_path / "r", {"a": ""}, venv())
    findings = check_repository(root).findings
    assert [each.rule for each in findings] == ["ENV003"]
    assert str(excludes) in findings[0].message
