"""GIT: tracked files."""

from pathlib import Path

import pytest

from labcoat.core.makefiles import FIRST_LINE
from labcoat.lint.findings import Severity
from labcoat.lint.runner import Selection, check_repository
from support.repositories import git, repository, write
from support.rule_cases import (  # noqa: F401 - pytest collects the tests
    Case,
    test_fix,
    test_near_miss,
    test_rule,
)

LABCOAT = {"lc/include.python.mk": f"{FIRST_LINE}\n", "Makefile": "include lc/include.python.mk\n"}
WORK = {**LABCOAT, "work/Makefile": "include ../lc/include.python.mk\n"}

CASES = [
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
    *(
        Case(
            "GIT005",
            {**WORK, ".gitignore": f"{pattern}\n"},
            {**WORK, ".gitignore": f"{pattern}\n!{name}\n"},
            untracked={f"{folder}{name}": ""},
            nearly_untracked={f"{folder}{name}": "", f"{folder}notes.txt": ""},
            name=f"{folder}{name}",
        )
        for folder, name, pattern in (
            ("", "requirements.txt", "*.txt"),
            ("", ".python-version", ".python-version"),
            ("", "Dockerfile", "/Dockerfile"),
            ("work/", "requirements-dev.in", "*.in"),
        )
    ),
    Case(
        "GIT005",
        {**LABCOAT, ".gitignore": "labcoat.mk\n"},
        # Without labcoat a project may not need the file, and further below it may be data.
        {".gitignore": ".python-version\n*.txt\n", "Makefile": "all:\n"},
        untracked={"labcoat.mk": ""},
        nearly_untracked={".python-version": "3.11\n", "data/requirements.txt": ""},
        name="without-labcoat",
    ),
    Case(
        "GIT005",
        {**LABCOAT, ".gitignore": "*.txt\n"},
        {**LABCOAT, ".gitignore": "*.txt\n", "requirements.txt": ""},
        untracked={"requirements.txt": ""},
        nearly_untracked={"data/requirements.txt": ""},
        name="tracked",
    ),
]


def test_what_a_program_writes_again_is_reported_once(tmp_path: Path) -> None:
    """Byte code that is ignored needs one step, and has one finding."""
    files = {".gitignore": "*.pyc\n*.bin\n", "a.pyc": "x", "b.bin": "x"}
    found = check_repository(repository(tmp_path / "r", files)).findings
    assert sorted((each.rule, each.path) for each in found) == [
        ("GIT001", "b.bin"),
        ("GIT003", "a.pyc"),
    ]


def test_file_that_was_added_by_force_is_a_note(tmp_path: Path) -> None:
    """The pattern was there when the file was committed; one that came later forgot the file."""
    root = repository(tmp_path / "r", {".gitignore": "*.db\n"})
    write(root, {"a.db": "x", "b.bin": "x", "certs/ca.pem": "x"})
    git(root, "add", "-f", ".")
    git(root, "commit", "-qm", "second")
    (root / ".gitignore").write_text("*.db\n*.bin\n*.pem\n")
    git(root, "commit", "-qam", "third")
    rule = Selection(("GIT001",))
    found = check_repository(root, rule).findings
    assert [(each.path, each.severity, each.fix is None) for each in found] == [
        ("a.db", Severity.NOTE, True),
        ("b.bin", Severity.WARNING, False),
        ("certs/ca.pem", Severity.NOTE, True),
    ]
    # Without the commits before, it is not known.
    git(tmp_path, "clone", "-q", "--depth=1", root.as_uri(), "shallow")
    found = check_repository(tmp_path / "shallow", rule).findings
    assert {each.severity for each in found} == {Severity.NOTE}


def test_file_that_compose_reads_is_a_note(tmp_path: Path) -> None:
    """Without it a new clone could not start; another one beside is a warning."""
    service = "services:\n  web:\n    image: a\n    env_file: ./conf/web.bin\n"
    files = {"conf/web.bin": "a", "compose.yml": service}
    root = repository(tmp_path / "r", {**files, "conf/my-web.bin": "a"})
    (root / ".gitignore").write_text("web.bin\nmy-web.bin\n")
    git(root, "add", ".gitignore")
    found = check_repository(root, Selection(("GIT001",))).findings
    assert {each.path: each.severity for each in found} == {
        "conf/web.bin": Severity.NOTE,
        "conf/my-web.bin": Severity.WARNING,
    }


def test_texts_beside_ignored_data_are_not_named(tmp_path: Path) -> None:
    """The finding names what the fix removes."""
    files = {".gitignore": "data/\n", "data/a.csv.dvc": "md5: 1\n", "data/b.parquet": "x"}
    (found,) = check_repository(repository(tmp_path / "r", files), Selection(("GIT001",))).findings
    assert (found.path, "a.csv.dvc" in found.message) == ("data/b.parquet", False)


def test_a_link_to_another_machine_can_be_untracked(tmp_path: Path) -> None:
    """A link to an environment has no target that belongs into a repository."""
    root = repository(tmp_path / "r", {"my venv": Path("/home/me/envs/x")})
    (found,) = check_repository(root, Selection(("GIT002",))).findings
    assert found.hint.endswith("or stop tracking the link: `git rm --cached 'my venv'`")


@pytest.mark.parametrize(
    ("test", "rules"),
    [("[[ -e ../../lib/a.sh ]]", []), ("[ -f '../../lib/a.sh' ]", []), ("true", ["GIT002"])],
)
def test_script_that_looks_first(test: str, rules: list[str], tmp_path: Path) -> None:
    """It has another folder in mind, and goes on without the file."""
    script = f"if {test}; then\n    source ../../lib/a.sh\nfi\n"
    root = repository(tmp_path / "r", {"run/a.sh": script, "lib/a.sh": ""})
    found = check_repository(root, Selection(("GIT002",))).findings
    assert [each.rule for each in found] == rules


def test_one_file_of_many_scripts_is_one_warning(tmp_path: Path) -> None:
    """All of them need the same."""
    files = {f"{name}.sh": "source ../lib/a.sh\n" for name in "abc"}
    found = check_repository(repository(tmp_path / "r", files), Selection(("GIT002",))).findings
    assert [each.severity for each in found] == [Severity.WARNING, Severity.NOTE, Severity.NOTE]


@pytest.mark.parametrize(
    ("pattern", "says"), [("data/a.bin", False), ("/data/a.bin", False), ("data", True)]
)
def test_pattern_of_one_file_says_nothing_of_others(
    pattern: str, says: bool, tmp_path: Path
) -> None:
    """New files beside are ignored by a wildcard or a folder only."""
    files = {".gitignore": f"{pattern}\n", "data/a.bin": "x"}
    (found,) = check_repository(repository(tmp_path / "r", files), Selection(("GIT001",))).findings
    assert ("new files beside are not" in found.message) is says


def test_script_that_activates_an_environment_of_one_machine(tmp_path: Path) -> None:
    """No one can add conda's script to a repository."""
    root = repository(tmp_path / "r", {"a.sh": "source /home/ada/miniconda3/bin/activate lab\n"})
    (found,) = check_repository(root, Selection(("GIT002",))).findings
    assert "activate the environment before you start the script" in found.hint


def test_link_to_a_file_of_the_repository_by_another_way(tmp_path: Path) -> None:
    """Each clone has the file, at another absolute path."""
    root = repository(tmp_path / "r", {"sets/cats/a.csv": "a\n", "b/c.py": ""})
    (root / "b/a.csv").symlink_to("/home/ada/code/sets/cats/a.csv")
    git(root, "add", "--all")
    (found,) = check_repository(root, Selection(("GIT002",))).findings
    assert "`ln -sfn ../sets/cats/a.csv b/a.csv`" in found.hint


KEPT = {
    "comment": "# The seed data stay tracked, new data do not.\ndata/\n",
    "comment of several lines": "# Large files.\n# Kept on purpose: the seed is\n# tracked\n"
    "# (git add -f).\ndata/\n",
    "comment with its name": "# data/seed.bin is committed on purpose\n\n*.tmp\ndata/\n",
    "negation": "!data/seed.bin\ndata/\n",
    "negation in an ignored folder": "data/\n!data/*.bin\n",
    "negation of its name": "!seed.bin\ndata/\n",
}
NOT_KEPT = {
    "comment of DVC": "# Data stay tracked by DVC.\ndata/\n",
    "comment of the opposite": "# Data should not stay tracked.\ndata/\n",
    "comment of another pattern": "# Models stay tracked.\nmodels/\ndata/\n",
    "negation of another file": "data/\n!data/other.bin\n",
    "negation that opens a folder": "/*\n!/data/\n/data/*\n",
    "negation of all of a kind": "!*.bin\ndata/\n",
}


@pytest.mark.parametrize(
    ("ignored", "rules"),
    [*((each, []) for each in KEPT.values()), *((each, ["GIT001"]) for each in NOT_KEPT.values())],
    ids=[*KEPT, *NOT_KEPT],
)
def test_file_that_stays_tracked_on_purpose(ignored: str, rules: list[str], tmp_path: Path) -> None:
    """Where an ignore file says so, there is nothing to do."""
    root = repository(tmp_path / "r", {".gitignore": ignored, "data/seed.bin": b"\0"})
    found = check_repository(root, Selection(("GIT001",))).findings
    assert [each.rule for each in found] == rules
