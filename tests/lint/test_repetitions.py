"""One fault in several places is one warning; the other places are notes that it names."""

from pathlib import Path

from labcoat.lint.findings import Finding, Severity
from labcoat.lint.runner import Selection, check_repository
from support.repositories import repository

DIGEST = "@sha256:" + "0" * 64
HASH = f" --hash=sha256:{'0' * 64}"
ROOT = f"FROM python:3.11{DIGEST}\n"


def check(root: Path, rule: str, *, least: Severity = Severity.NOTE) -> list[Finding]:
    """Return the findings of a rule."""
    return check_repository(root, Selection((rule,), least=least)).findings


def test_few_unpinned_lines_are_one_warning(tmp_path: Path) -> None:
    """The first line stands for the others, which the report of all findings has."""
    root = repository(tmp_path / "r", {"requirements.txt": "flask\nnumpy\npandas\n"})
    first, *others = check(root, "REQ001")
    assert first.severity is Severity.WARNING
    assert first.message.endswith("different versions; the same on lines 2, 3")
    assert [each.severity for each in others] == [Severity.NOTE, Severity.NOTE]
    assert len(check(root, "REQ001", least=Severity.WARNING)) == 1


def test_accepted_line_names_no_others(tmp_path: Path) -> None:
    """Whoever accepts the first one still sees the second one, as a warning."""
    comment = "flask  # labcoat: ignore[REQ001] the newest one\n"
    root = repository(tmp_path / "r", {"requirements.txt": f"{comment}numpy\npandas\n"})
    found = check(root, "REQ001")
    assert [(each.line, each.severity) for each in found] == [
        (2, Severity.WARNING),
        (3, Severity.NOTE),
    ]


def test_files_without_hashes_for_some_lines(tmp_path: Path) -> None:
    """One error tells that pip refuses the file."""
    lock = f"a==1{HASH}\nb==1\nc==1\nd==1\ne==1\n"
    first, *others = check(repository(tmp_path / "r", {"requirements.txt": lock}), "REQ002")
    assert first.severity is Severity.ERROR
    assert first.message.endswith("; the same on lines 3, 4 and 1 more")
    assert {each.severity for each in others} == {Severity.NOTE}


def test_images_that_run_as_root_are_one_warning(tmp_path: Path) -> None:
    """Each service of a repository has the same fault."""
    files = {f"{name}/Dockerfile": ROOT for name in ("api", "web", "worker", "scheduler")}
    first, *others = check(repository(tmp_path / "r", files), "DKF003")
    assert (first.path, first.severity) == ("api/Dockerfile", Severity.WARNING)
    assert first.message.endswith("the same in scheduler/Dockerfile, web/Dockerfile and 1 more")
    assert [each.severity for each in others] == [Severity.NOTE] * 3


def test_a_note_stands_for_no_warning(tmp_path: Path) -> None:
    """The image of a test is a note, and the one of the service stays a warning."""
    files = {"a/tests/Dockerfile": ROOT, "web/Dockerfile": ROOT}
    found = check(repository(tmp_path / "r", files), "DKF003")
    assert [each.severity for each in found] == [Severity.NOTE, Severity.WARNING]
    assert "the same" not in found[1].message


def test_one_image_in_several_dockerfiles_is_one_warning(tmp_path: Path) -> None:
    """Another image has another tag that moves."""
    files = {f"{name}/Dockerfile": "FROM nginx:latest\n" for name in ("a-b", "c-d")}
    files["e-f/Dockerfile"] = "FROM redis:latest\n"
    found = check(repository(tmp_path / "r", files), "DKF001")
    assert [(each.path, each.severity) for each in found] == [
        ("a-b/Dockerfile", Severity.WARNING),
        ("c-d/Dockerfile", Severity.NOTE),
        ("e-f/Dockerfile", Severity.WARNING),
    ]


def test_unpinned_lists_are_one_warning(tmp_path: Path) -> None:
    """The first one names its own lines and the other files, whatever packages those have."""
    files = {f"{name}/requirements.txt": "flask\nnumpy\n" for name in ("api", "old")}
    files["web/requirements.txt"] = "flask\nnumpy\npandas\nscipy\n"
    first, *others = check(repository(tmp_path / "r", files), "REQ001")
    where = "on line 2 and in old/requirements.txt, web/requirements.txt"
    assert first.message.endswith(f"; the same {where}")
    assert [each.severity for each in others] == [Severity.NOTE] * 4


def test_missing_hashes_are_one_warning(tmp_path: Path) -> None:
    """A project that locks without hashes does so everywhere."""
    files = {f"{name}/requirements.txt": f"{name}==1\n" for name in ("api", "web")}
    first, other = check(repository(tmp_path / "r", files), "REQ002")
    assert first.message.endswith("without notice; the same in web/requirements.txt")
    assert [first.severity, other.severity] == [Severity.WARNING, Severity.NOTE]


def test_lists_in_images_are_one_warning(tmp_path: Path) -> None:
    """And the packages that a Dockerfile names itself are another one."""
    install = "COPY list.txt .\nRUN pip install -r list.txt\n"
    files = {f"{name}/Dockerfile": f"{ROOT}{install}USER 1000\n" for name in ("api", "web")}
    files |= {f"{name}/list.txt": "flask\n" for name in ("api", "web")}
    files["worker/Dockerfile"] = f"{ROOT}RUN pip install flask\nUSER 1000\n"
    files["zoo/Dockerfile"] = f"{ROOT}RUN pip install django\nUSER 1000\n"
    found = check(repository(tmp_path / "r", files), "DKF002")
    assert [(each.path[:3], each.severity) for each in found] == [
        ("api", Severity.WARNING),
        ("web", Severity.NOTE),
        ("wor", Severity.WARNING),
        ("zoo", Severity.NOTE),
    ]


def test_lines_of_ignore_files_are_one_warning(tmp_path: Path) -> None:
    """Each kind of mistake has one, wherever it is."""
    mistakes = "*.a  # x\n*.b  # y\n./c\n./d\n"
    named = {f"{folder}{name}/x": "" for folder in ("", "app/") for name in "cd"}
    ignored = {".gitignore": mistakes, "app/.gitignore": mistakes}
    root = repository(tmp_path / "r", ignored | named)
    for rule in ("IGN003", "IGN005"):
        first, *others = check(root, rule)
        assert first.severity is Severity.WARNING
        assert [each.severity for each in others] == [Severity.NOTE] * 3


def test_files_that_programs_write_are_one_warning(tmp_path: Path) -> None:
    """Those of a tracked environment belong to it, which ENV001 reports."""
    files = {".DS_Store": "x", "a/Thumbs.db": "x"}
    files |= {"venv/pyvenv.cfg": "home = /usr/bin\n", "venv/lib/__pycache__/a.pyc": "x"}
    first, *others = check(repository(tmp_path / "r", files), "GIT003")
    assert first.message.endswith("; the same in a/Thumbs.db")
    assert [each.severity for each in others] == [Severity.NOTE]


def test_ignored_files_are_one_warning(tmp_path: Path) -> None:
    """Each pattern is named in the report of all findings."""
    files = {".gitignore": "*.a\n*.b\n", "x.a": "x", "x.b": "x"}
    first, *others = check(repository(tmp_path / "r", files), "GIT001")
    assert first.message.endswith("; the same in x.b")
    assert [each.severity for each in others] == [Severity.NOTE]


def test_last_stage_for_tests_is_not_the_image(tmp_path: Path) -> None:
    """The stage before it is built with --target; one that the last needs is only a part."""
    user = f"{ROOT[:-1]} AS prod\nUSER 1000\n"
    tests = f"{ROOT[:-1]} AS test\nRUN pip install flask\n"
    files = {"Dockerfile": f"{user}{tests}"}
    root = repository(tmp_path / "r", files)
    assert check(root, "DKF003") == []
    assert {each.severity for each in check(root, "DKF002")} == {Severity.NOTE}
    (root / "Dockerfile").write_text(f"{user}{tests}COPY --from=prod /a /a\n")
    for rule in ("DKF002", "DKF003"):
        assert {each.severity for each in check(root, rule)} == {Severity.WARNING}
