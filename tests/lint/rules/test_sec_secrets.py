"""SEC: secrets in git, in the build context, in the image."""

import shutil
from pathlib import Path

import pytest

from labcoat.lint.findings import Severity
from labcoat.lint.fixes import apply_fixes
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules import sec_found
from labcoat.lint.runner import Selection, check_repository
from support.repositories import Content, git, repository, venv
from support.rule_cases import (  # noqa: F401 - pytest collects the tests
    BASE,
    KEY,
    Case,
    test_fix,
    test_near_miss,
    test_rule,
)
from support.rule_cases import COPY_ALL as COPY_ALL_TO_APP

COPY_ALL = "FROM scratch\nCOPY . /app\nUSER 1000\n"
TOKEN = "ghp_" + "a1B2" * 9

Files = dict[str, Content]

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
    Case(
        "SEC001",
        {"a.ps1": f"$T = 'ghp_{'a1' * 18}'".encode("utf-16")},
        {"a.ps1": "$T = 'ghp_short'".encode("utf-16")},
        name="UTF-16",
    ),
    Case("SEC001", {"a.py": f"T = 'ghp_{'a1' * 18}'"}, {"a.py": "T = 'ghp_short'"}, name="token"),
    Case(
        "SEC002",
        {"Dockerfile": COPY_ALL_TO_APP},
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
]


def found_secrets(root: Path) -> set[tuple[str, str]]:
    """Return the rules about secrets that the repository breaks, each with its path."""
    return {(each.rule, each.path) for each in check_repository(root, Selection(("SEC",))).findings}


def sent_files(root: Path) -> set[str]:
    """Return the build context of the Dockerfile at the root."""
    return set(DockerBuilds(Repository(root)).get_facts("Dockerfile", "").sent)


EXCLUDED: dict[str, tuple[Files, set[str]]] = {
    "place": (
        {".kube/config": "token: x\n", "app/config/a.py": "", "config/b.py": ""},
        {".kube/config"},
    ),
    "program": ({"app/core/__init__.py": f"T = '{TOKEN}'\n", "app/__init__.py": ""}, set()),
    "key": ({"app/deploy.txt": KEY, "app/__init__.py": ""}, {"app/deploy.txt"}),
    "name-of-a-folder-too": (
        {"a/credentials.json": "{}", "b/credentials.json/c.py": ""},
        {"a/credentials.json"},
    ),
    "name-of-no-secret-too": (
        {"a/prod.env": "API_KEY=9f86d081884c7d65\n", "b/prod.env": "DEBUG=1\n"},
        {"a/prod.env"},
    ),
    "same-name": (
        {"a/kaggle.json": "{}", "b/kaggle.json": "{}"},
        {"a/kaggle.json", "b/kaggle.json"},
    ),
}


@pytest.mark.parametrize(("files", "secret"), EXCLUDED.values(), ids=EXCLUDED.keys())
def test_fix_excludes_only_secrets(files: Files, secret: set[str], tmp_path: Path) -> None:
    """After the safe fix, the context lacks the secrets and nothing else."""
    root = repository(tmp_path / "r", {"Dockerfile": COPY_ALL, ".dockerignore": ".git\n", **files})
    before = sent_files(root)
    apply_fixes(root, Selection(("SEC",)))
    assert sent_files(root) == before - secret


def test_secret_name_is_excluded_everywhere(tmp_path: Path) -> None:
    """The fix for a secret by name excludes that name at any depth, also in the future."""
    root = repository(tmp_path / "r", {"Dockerfile": COPY_ALL, "a/kaggle.json": "{}"})
    apply_fixes(root, Selection(("SEC",)))
    assert (root / ".dockerignore").read_text() == "**/kaggle.json\n"


def test_token_after_the_first_megabyte_is_found(tmp_path: Path) -> None:
    """labcoat reads a whole notebook, because it may begin with pictures."""
    root = repository(tmp_path / "r", {"plots.ipynb": f"{'A' * (3 << 20)}\n{TOKEN}\n"})
    assert found_secrets(root) == {("SEC001", "plots.ipynb")}


IGNORED: dict[str, tuple[str, str]] = {
    "ignored": (".gitignore", "settings_local.py\n"),
    "new": (".gitattributes", ""),
}


@pytest.mark.parametrize(("name", "text"), IGNORED.values(), ids=IGNORED.keys())
def test_untracked_token_reaches_the_image(name: str, text: str, tmp_path: Path) -> None:
    """Untracked files of a context are searched for tokens; the fix excludes them."""
    files = {"Dockerfile": COPY_ALL, ".dockerignore": ".git\n", name: text}
    root = repository(tmp_path / "r", files, {"settings_local.py": f"T = '{TOKEN}'\n"})
    assert found_secrets(root) == {("SEC002", "Dockerfile")}
    apply_fixes(root, Selection(("SEC",)))
    assert found_secrets(root) == set()


def test_named_values_of_thousands_of_files_are_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To look for names in 40,000 records of one line took minutes; issued tokens are found."""
    monkeypatch.setattr(sec_found, "_MOST_ALIKE", 3)
    named = '{"api_key": "q8Zt5Lw2Vb7Nc4Xr9Km3"}\n'
    records = {f"posts/{number}.info": named for number in range(4)}
    root = repository(tmp_path, {**records, "posts/4.info": TOKEN, "a.info": named})
    found = check_repository(root, Selection(("SEC001",))).findings
    assert {each.path for each in found} == {"posts/4.info", "a.info"}


def test_environments_and_caches_are_not_searched(tmp_path: Path) -> None:
    """Other rules report environments and caches as a whole, instead of each token in them."""
    packages: Files = {
        **venv(),
        "venv/lib/python3.11/site-packages/b.py": TOKEN,
        "src/__pycache__/c.txt": TOKEN,
    }
    root = repository(tmp_path / "r", {"Dockerfile": COPY_ALL}, packages)
    assert found_secrets(root) == set()


def test_a_copied_folder_has_each_secret_once(tmp_path: Path) -> None:
    """Git takes its files for changed until it has read them; they are as in the index."""
    repository(tmp_path / "r", {"a.py": f"KEY = '{TOKEN}'\n", "b.py": "x = 1\n"})
    shutil.copytree(tmp_path / "r", tmp_path / "copy", copy_function=shutil.copyfile)
    found = check_repository(tmp_path / "copy", Selection(("SEC001",))).findings
    assert [(each.path, each.line, str(each.severity)) for each in found] == [("a.py", 1, "error")]


def test_token_only_in_the_index_is_found(tmp_path: Path) -> None:
    """A token that was deleted from the working tree is in git's index, but not in a context."""
    root = repository(
        tmp_path / "r",
        {"Dockerfile": COPY_ALL, "a.py": f"T = '{TOKEN}'\n", "b.py": f"T = '{TOKEN}'\n"},
    )
    (root / "a.py").write_text("T = ''\n")
    (root / "b.py").unlink()
    assert found_secrets(root) == {("SEC001", "a.py"), ("SEC001", "b.py")}
    git(root, "add", "-A")
    assert found_secrets(root) == set()


HEX = "9f86d081884c7d659a2f" + "eaa0c55ad015a3bf4f1b"
IN_HISTORY = {
    "argument": f"ARG GITHUB_TOKEN={TOKEN}",
    "environment": f"ENV AWS_SECRET_ACCESS_KEY={HEX}",
    "old-form": f"ENV AWS_SECRET_ACCESS_KEY {HEX}",
    "second-of-a-line": f"ENV A=b DB_PASSWORD={HEX}",
    "address": "ADD https://user:" + HEX[:12] + "@files.corp.io/f /f",
    "run": f"RUN API_KEY={HEX} ./fetch.sh",
    "argument-of-a-command": f"RUN curl -u user:{HEX} https://files.corp.io/f",
}


@pytest.mark.parametrize("instruction", IN_HISTORY.values(), ids=IN_HISTORY.keys())
def test_value_in_a_dockerfile_is_history(instruction: str, tmp_path: Path) -> None:
    """The image's history has it, and no ignore file helps."""
    root = repository(tmp_path / "r", {"Dockerfile": f"FROM scratch\n{instruction}\nCOPY . /\n"})
    found = check_repository(root, Selection(("SEC",))).findings
    assert [(each.rule, each.line, each.fix) for each in found] == [
        ("SEC001", 2, None),
        ("SEC002", 2, None),
    ]
    assert "history" in found[1].message
    assert apply_fixes(root, Selection(("SEC",))).done == ()


def test_every_secret_of_a_file_has_a_finding(tmp_path: Path) -> None:
    """Tracked, and in the instructions of a Dockerfile: whoever fixes one meets no other later."""
    lines = "\n".join(["FROM scratch", *IN_HISTORY.values()])
    files: Files = {"Dockerfile": f"{lines}\n", "a.py": f"A = '{TOKEN}'\n\nB = '{TOKEN}'\n"}
    root = repository(tmp_path / "r", files)
    found = check_repository(root, Selection(("SEC",))).findings
    instructions = list(range(2, len(IN_HISTORY) + 2))
    for path, rule, expected in (
        ("a.py", "SEC001", [1, 3]),
        ("Dockerfile", "SEC001", instructions),
        ("Dockerfile", "SEC002", instructions),
    ):
        assert [each.line for each in found if (each.path, each.rule) == (path, rule)] == expected


def test_secret_that_a_copy_names_has_no_fix(tmp_path: Path) -> None:
    """Without the file the build would fail, so no fix ignores it; beside it, all others are."""
    files: Files = {
        "Dockerfile": "FROM scratch\nCOPY ./conf/.env src /\n",
        "conf/.env": f"TOKEN={TOKEN}\n",
        "src/.env.prod": f"TOKEN={TOKEN}1\n",
    }
    root = repository(tmp_path / "r", files)
    apply_fixes(root, Selection(("SEC",)), unsafe=True)
    assert (root / ".dockerignore").read_text() == "**/.env.prod\n"


def test_program_with_a_secret_stays_in_the_image(tmp_path: Path) -> None:
    """Without the program the image does not start: the hint says to take the secret out."""
    files: Files = {"Dockerfile": COPY_ALL, "main.py": f"T = '{TOKEN}'\n"}
    root = repository(tmp_path / "r", files)
    (found,) = check_repository(root, Selection(("SEC002",))).findings
    assert found.hint.startswith("Take it out of main.py")
    assert apply_fixes(root, Selection(("SEC",)), unsafe=True).done == ()


def test_one_secret_in_several_places_is_one_error(tmp_path: Path) -> None:
    """It is revoked once; every other place is named, with the first one."""
    value = "k3W9vTq2" + "Zx8LmP4rN7bY"
    files: Files = {
        "a.yml": f"env:\n  - API_KEY={value}\n  - NAME=a\n  - API_KEY={value}\n",
        "b/settings.py": f'API_KEY = "{value}"\n',
        "b/urls.py": f'TOKEN = "{TOKEN}"\n',
        "c.txt": f"a {TOKEN}\n",
    }
    found = check_repository(repository(tmp_path / "r", files), Selection(("SEC001",))).findings
    places = [(f"{each.path}:{each.line}", str(each.severity)) for each in found]
    assert places == [
        ("a.yml:2", "error"),
        ("a.yml:4", "note"),
        ("b/settings.py:1", "note"),
        ("b/urls.py:1", "error"),
        ("c.txt:1", "note"),
    ]
    assert "the same as in a.yml:2" in found[1].message
    assert "the same as in a.yml:2" in found[2].message


def test_short_password_under_other_names_is_one_error(tmp_path: Path) -> None:
    """It is the same one, however it is called, and also in an address."""
    value = "k8+haga4@#pR".replace("@", "x").replace("#", "y")
    files: Files = {
        "a.py": f"connect(user='app', passwd='{value}')\n",
        "b.py": f"PASSWORD = '{value}'\n",
        "c.py": f"URL = 'postgres://app:{value}@db.corp.io/x'\n",
        "local/d.py": f"password = '{value}'\n",
    }
    found = check_repository(repository(tmp_path / "r", files), Selection(("SEC001",))).findings
    assert [str(each.severity) for each in found] == ["error", "note", "note", "note"]
    assert all("the same as in a.py:1" in each.message for each in found[1:])
    assert "Revoke" in found[-1].hint


OTHERS: dict[str, Files] = {
    "other-values": {
        "a.py": f'API_KEY = "{"k3W9vTq2" + "Zx8LmP4rN7bY"}"\n',
        "b.py": f'API_KEY = "{"k3W9vTq2" + "Zx8LmP4rN7bX"}"\n',
    },
    "short-values-of-other-names": {
        "a.env": "DB_PASSWORD=hunter2!x\n",
        "b.env": "MAIL_PASSWORD=hunter2!x\n",
    },
    "other-keys": {
        "a.txt": KEY,
        "b.txt": KEY.replace("\n", "\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n", 1),
    },
    "files-for-secrets": {"a/kaggle.json": "{}", "b/kaggle.json": "{}"},
    "an-example-before": {
        "a/examples/b.py": f'TOKEN = "{TOKEN}"\n',
        "b.py": f'TOKEN = "{TOKEN}"\n',
        "c.py": f'TOKEN = "{TOKEN[:-4]}c3D4"\n',
    },
}


@pytest.mark.parametrize("files", OTHERS.values(), ids=OTHERS.keys())
def test_other_secrets_are_errors_of_their_own(files: Files, tmp_path: Path) -> None:
    """What only looks alike is not the same secret, and an example stands for none."""
    found = check_repository(repository(tmp_path / "r", files), Selection(("SEC001",))).findings
    assert [str(each.severity) for each in found].count("error") == 2


def test_a_secret_counts_where_its_first_place_is_accepted(tmp_path: Path) -> None:
    """Who suppresses the finding for one file has not accepted it for all."""
    files: Files = {
        "a.py": f'TOKEN = "{TOKEN}"\n',
        "b.py": f'TOKEN = "{TOKEN}"\n',
        "pyproject.toml": "[tool.labcoat]\n"
        'ignore = [{ rule = "SEC001", path = "a.py", reason = "revoked" }]\n',
    }
    found = check_repository(repository(tmp_path / "r", files), Selection(("SEC001",))).findings
    assert [(each.path, str(each.severity)) for each in found] == [("b.py", "error")]


def test_an_image_counts_where_files_are_not_asked_about(tmp_path: Path) -> None:
    """Without the rule about files, the image that has a secret is an error."""
    files: Files = {"Dockerfile": "FROM scratch\nCOPY a.py /\n", "a.py": f'TOKEN = "{TOKEN}"\n'}
    root = repository(tmp_path / "r", files)
    for chosen, weight in ((Selection(("SEC002",)), "error"), (Selection(("SEC",)), "note")):
        found = check_repository(root, chosen).findings
        weights = [str(each.severity) for each in found if each.rule == "SEC002"]
        assert weights == [weight]


def test_build_that_reads_nothing_gets_no_secret(tmp_path: Path) -> None:
    """BuildKit sends what a COPY or a mount names."""
    files = {"Dockerfile": f"{BASE}RUN true\nUSER 1000\n", ".env": "DB_PASSWORD=k8haga4pR2x\n"}
    root = repository(tmp_path / "r", files)
    found = {each.rule: each.severity for each in check_repository(root).findings}
    assert (found["SEC001"], found["SEC003"]) == (Severity.ERROR, Severity.NOTE)
