"""`labcoat init` writes what `make venv` needs and keeps what a repository has."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.scaffold import init, makefile
from support import INCLUDE, Index, Repository
from support.messages import locking
from support.messages import scaffold as messages


@pytest.fixture
def bare(repo: Repository) -> Repository:
    """A repository with nothing but labcoat's src/lib, in a directory with a space in its name."""
    shutil.copytree(
        INCLUDE.parent, repo.path / "my tools/lib", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("Makefile", "requirements.in"):
        (repo.path / name).unlink()
    return repo


def run(bare: Repository, *words: str) -> str:
    """Run the copy of labcoat in the repository and return its output."""
    argv = [bare.env["LABCOAT_PYTHON"], "-I", "my tools/lib/labcoat", *words]
    ended = subprocess.run(
        argv, cwd=bare.path, env=bare.env, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in ended.stderr
    return ended.stdout + ended.stderr


def test_from_nothing_to_an_environment(bare: Repository) -> None:
    """After init and one line in requirements.in `make venv` works, and check finds nothing."""
    subprocess.run(["git", "init", "-q"], cwd=bare.path, check=True)
    output = run(bare, "init")
    assert output.splitlines()[-1] == messages.NEXT_LIST
    with (bare.path / "requirements.in").open("a") as file:
        file.write("alpha\n")
    assert "  venv " in bare.make()  # the default goal of a new Makefile is help
    bare.make("venv")
    assert bare.python("import alpha; print(alpha.version)") == "2.0\n"
    assert "ENV00" not in bare.labcoat("check", "--select", "ENV,SEC,CTX,DKF002,DKF003")
    assert run(bare, "init").splitlines() == [messages.COMPLETE, messages.NEXT_VENV]


def test_existing_files_are_kept(bare: Repository) -> None:
    """A Makefile gets one line at its end and keeps its default goal; .gitignore gets new lines."""
    bare.write(
        Makefile="mine:\n\t@echo my own goal",
        __gitignore="build\r\n.venv/\r\n",
        __dockerignore="mine\n",
    )
    output = run(bare, "init")
    assert bare.make() == "my own goal\n"
    assert "  venv " in bare.make("help")
    assert (bare.path / ".gitignore").read_bytes() == b"build\r\n.venv/\r\n/.conda\r\n/.labcoat\r\n"
    assert (bare.path / ".dockerignore").read_text().splitlines() == [
        "mine",
        *(".venv", ".conda", ".labcoat"),
        "my tools/lib/include.python.mk",
        "my tools/lib/labcoat",
    ]
    assert ".gitignore: added /.conda, /.labcoat" in output


def test_output_of_pip_freeze_becomes_requirements_in(bare: Repository, index: Index) -> None:
    """conda's build paths are removed, and the first lock keeps the versions."""
    (bare.path / "requirements.txt").write_text(
        "# by hand\nalpha==1.0  # the old one\nbeta @ file:///croot/beta_1/work\n\n"
    )
    assert messages.FROM_REQUIREMENTS_TXT in run(bare, "init")
    lines = (bare.path / "requirements.in").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["alpha==1.0", "beta"]
    bare.make("venv")
    assert bare.python("import alpha, beta; print(alpha.version, beta.version)") == "1.0 1.5\n"


@pytest.mark.parametrize("file", ["requirements__txt", "main__py"])
def test_a_source_is_built_rather_than_a_release_candidate_taken(
    bare: Repository, index: Index, file: str
) -> None:
    """A final release needs what only a source has. pip-tools and pip take no candidate."""
    index.add("delta", "1.0", ["only"])
    index.add("delta", "2.0rc1")
    index.add_source("only", "1.0", {"setup.py": "", "PKG-INFO": "Name: only\n", "only.py": ""})
    bare.write(**{file: "import delta\n" if file == "main__py" else "delta>=1\n"})
    run(bare, "init")
    assert "LABCOAT_NO_BINARY := only\n" in (bare.path / "Makefile").read_text()
    assert "rc1" not in (bare.path / "requirements.in").read_text()


def test_from_a_list_of_another_name_and_imports_to_an_environment(bare: Repository) -> None:
    """What sources and notebooks import is in the environment, and a second init changes nothing.

    setup.py is never run.
    """
    notebook = {"cells": [{"cell_type": "code", "source": ["%time x\n", "import gamma"]}]}
    bare.write(
        **{
            "reqs__txt": "# mine\nalpha==1.0  # the old one\n",
            "main__py": "import alpha, own\nimport beta\ntry:\n    import x\nexcept ImportError: 0",
            "own__py": "",
            "lesson__ipynb": json.dumps(notebook),
            "setup__py": "open('was-run', 'w')",
        }
    )
    output = run(bare, "init")
    assert messages.TAKEN.format(file="reqs.txt") in output
    assert messages.IMPORTED.format(file="reqs.txt", imports="beta (main.py:2), gamma") in output
    text = (bare.path / "requirements.in").read_text()
    assert "# mine\n# the old one\nalpha==1.0\n" in text
    assert run(bare, "init").splitlines()[0] == messages.COMPLETE
    assert "lacks" not in bare.make("venv")
    assert bare.python("import alpha, beta, gamma; print(alpha.version)") == "1.0\n"
    assert not (bare.path / "was-run").exists()
    bare.write(main__py="import alpha, cv2\n")
    warning = bare.make("venv", "AGAIN=1")
    assert messages.LACKS.format(imports="`cv2` (main.py:1)") in warning
    assert "`opencv-python`" in warning


def test_missing_lines_of_requirements_txt_are_added(bare: Repository) -> None:
    """Otherwise the lock, which replaces requirements.txt, would lack them."""
    bare.write(
        requirements__in="alpha\n", requirements__txt="# my own\nbeta>=1,<1.5\nalpha>=1\ngamma==3.0"
    )
    assert messages.ADDED_LINES.format(lines="beta>=1,<1.5, gamma==3.0") in run(bare, "init")
    assert (bare.path / "requirements.in").read_text() == "alpha\nbeta>=1,<1.5\ngamma==3.0\n"
    bare.make("venv")
    assert (
        bare.python("import alpha, beta, gamma; print(alpha.version, beta.version, gamma.version)")
        == "2.0 1.0 3.0\n"
    )
    assert run(bare, "init").splitlines()[0] == messages.COMPLETE


@pytest.mark.parametrize("how", ["ignored", "linked inside", "linked outside"])
def test_twice_is_once_wherever_the_list_is(bare: Repository, tmp_path: Path, how: str) -> None:
    """A list that git ignores, or a link leads to, is read; not one outside of the repository."""
    subprocess.run(["git", "init", "-q"], cwd=bare.path, check=True)
    source = {"ignored": bare.path / "requirements.txt", "linked inside": bare.path / "pins"}
    source.get(how, tmp_path / "pins").write_text("beta\n")
    if how == "ignored":
        bare.write(__gitignore="*.txt\n")
    else:
        (bare.path / "requirements.txt").symlink_to(source.get(how, tmp_path / "pins"))
    run(bare, "init")
    text = (bare.path / "requirements.in").read_text()
    assert ("\nbeta\n" in text) == (how != "linked outside")
    assert messages.COMPLETE in run(bare, "init")
    assert (bare.path / "requirements.in").read_text() == text


@pytest.mark.parametrize("link", ["requirements.txt", "requirements.in"])
def test_a_list_that_is_its_lock_is_named(bare: Repository, link: str) -> None:
    """Nothing could be locked, so something is missing; once the link is gone, nothing is."""
    target = {"requirements.txt": "requirements.in", "requirements.in": "requirements.txt"}[link]
    bare.write(**{target.replace(".", "__"): "beta\n"})
    (bare.path / link).symlink_to(target)
    message = locking.ONE_FILE.format(lock="requirements.txt", source="requirements.in")
    for _ in range(2):
        output = run(bare, "init")
        assert f"warning: {message}" in output
        assert messages.COMPLETE not in output
        assert "Next:" not in output
    (bare.path / link).unlink()
    run(bare, "init")
    assert messages.COMPLETE in run(bare, "init")


def test_files_that_git_ignores_are_named(bare: Repository) -> None:
    """The lock too, before it is there; what is tracked, or not ignored after all, is not."""
    subprocess.run(["git", "init", "-q"], cwd=bare.path, check=True)
    bare.write(
        __gitignore="*.txt\nDockerfile\n*.in\n!requirements.in\nlib/\n", __dockerignore="mine\n"
    )
    warning = messages.UNSHARED.format(
        files="Dockerfile, requirements.txt, my tools/lib/include.python.mk, my tools/lib/labcoat",
        patterns="`Dockerfile` in .gitignore:2, `*.txt` in .gitignore:1, `lib/` in .gitignore:5",
    )
    for _ in range(2):
        assert warning in run(bare, "init")
    git = ("git", "-C", bare.path, "add", "-f", "Dockerfile", "my tools/lib")
    subprocess.run(git, check=True)
    warning = messages.UNSHARED.format(files="requirements.txt", patterns="`*.txt` in .gitignore:1")
    assert warning in run(bare, "init")
    (bare.path / ".gitignore").write_text("/build\n")
    assert "warning:" not in run(bare, "init")


def test_lock_does_not_become_requirements_in(tmp_path: Path) -> None:
    """A requirements.txt with hashes is a lock already."""
    (tmp_path / "requirements.txt").write_text("alpha==1.0 --hash=sha256:00\n")
    assert "requirements.in" not in {
        change.name for change in init.plan_changes(tmp_path, makefile.INSTALLED)
    }


def test_a_package_of_the_repository_is_all_it_asks_for(bare: Repository) -> None:
    """Where setup.py asks for nothing, and a program at the root imports the package."""
    files = {"setup.py": "from setuptools import setup\nsetup(name='own')\n", "a.py": "import own"}
    for name, text in {**files, "src/own/__init__.py": ""}.items():
        (bare.path / name).parent.mkdir(parents=True, exist_ok=True)
        (bare.path / name).write_text(text)
    assert "requirements.in: written from imports\n" in run(bare, "init")
    assert "-e .  # a.py:1" in (bare.path / "requirements.in").read_text()


def test_declared_dependencies_need_no_requirements_in(bare: Repository) -> None:
    """They are locked where they are, unless requirements.txt lists more packages."""
    bare.write(pyproject__toml='[project]\nname = "p"\ndependencies = ["alpha"]\n')
    assert f"{messages.DECLARED.format(source='pyproject.toml')}\n" in run(bare, "init")
    assert not (bare.path / "requirements.in").exists()
    (bare.path / "setup.py").write_text("from setuptools import setup\nsetup(name='p')\n")
    installs = messages.DECLARED.format(source="pyproject.toml") + messages.WITH_ITSELF
    assert installs in run(bare, "init")
    bare.write(requirements__txt="alpha==1.0\nbeta==1.0\n")
    run(bare, "init")
    assert (bare.path / "requirements.in").read_text().endswith("alpha==1.0\nbeta==1.0\n")


def test_what_declared_packages_bring_needs_no_list(bare: Repository, index: Index) -> None:
    """pyproject.toml is locked as it is, until sources import what does not come with it."""
    index.add("brings", "1.0", ["gamma"])
    bare.write(
        pyproject__toml='[project]\nname = "p"\ndependencies = ["brings"]\n',
        main__py="import brings, gamma\n",
    )
    assert messages.BROUGHT.format(source="pyproject.toml") in run(bare, "init")
    assert not (bare.path / "requirements.in").exists()
    assert run(bare, "init").splitlines()[-3] == messages.COMPLETE
    bare.write(main__py="import brings, gamma, beta\n")
    assert messages.BROUGHT.format(source="pyproject.toml") not in run(bare, "init")
    assert "\nbeta  # main.py:1\n" in (bare.path / "requirements.in").read_text()


@pytest.mark.parametrize("is_in_group", [False, True])
def test_what_only_another_list_of_the_repository_has_is_not_brought(
    bare: Repository, index: Index, *, is_in_group: bool
) -> None:
    """The environment would lack it; a group counts as long as pyproject.toml does."""
    index.add("brings", "1.0", ["gamma"])
    declared = '[project]\nname = "p"\ndependencies = ["brings"]\n'
    group = '[dependency-groups]\ntest = ["beta==1.0"]\n'
    bare.write(
        pyproject__toml=declared + (group if is_in_group else ""),
        main__py="import brings, gamma, beta\n",
    )
    if not is_in_group:
        (bare.path / "tools").mkdir()
        (bare.path / "tools/requirements.txt").write_text("beta==1.0\n")
    is_brought = messages.BROUGHT.format(source="pyproject.toml") in run(bare, "init")
    assert is_brought == is_in_group
    assert (bare.path / "requirements.in").exists() != is_in_group


def test_makefile_calls_an_installed_labcoat(tmp_path: Path) -> None:
    """It does not contain the path of one user's environment."""
    installed = tmp_path / ".venv/lib/python3.12/site-packages/labcoat/include.python.mk"
    assert makefile.include_line(tmp_path, installed) == makefile.INSTALLED
    assert makefile.include_line(tmp_path / "project", installed) == makefile.INSTALLED
    debian = Path("/usr/local/lib/python3.12/dist-packages/labcoat/include.python.mk")
    assert makefile.include_line(tmp_path, debian) == makefile.INSTALLED


def test_clone_outside_the_repository_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other users do not have it at that path. Nothing is written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LabcoatError, match=messages.UNREACHABLE):
        list(init.init_project(Project(tmp_path)))
    assert os.listdir(tmp_path) == []  # noqa: PTH208


@pytest.mark.parametrize("data", [b"\xff\xfea\0", b"a\0b"], ids=["UTF-16", "binary"])
def test_makefile_that_make_cannot_read_is_refused(tmp_path: Path, data: bytes) -> None:
    """make reads neither UTF-16 nor NUL bytes."""
    (tmp_path / "Makefile").write_bytes(data)
    with pytest.raises(LabcoatError, match=messages.UNREADABLE.format(file="Makefile")):
        list(init.plan_changes(tmp_path, makefile.INSTALLED))


@pytest.mark.parametrize(
    "line",
    [
        "include ../gone/include.python.mk",
        "-include old\\ place/include.python.mk # labcoat",
        "include other.mk ../gone/include.python.mk",
    ],
)
def test_an_include_that_leads_nowhere_is_named(bare: Repository, line: str) -> None:
    """Every make would fail; the error has the line that works, and nothing is written."""
    bare.write(Makefile=f"{line}\nmine:\n\t@echo mine\n", other__mk="")
    before = {path.name for path in bare.path.iterdir()}
    output = run(bare, "init")
    path = "old place/include.python.mk" if "old" in line else "../gone/include.python.mk"
    assert messages.DEAD_INCLUDE.format(file="Makefile", path=path) in output
    offered = output.partition("place: `")[2].partition("`")[0]
    assert {path.name for path in bare.path.iterdir()} == before
    bare.write(Makefile=f"{offered}\nmine:\n\t@echo mine\n").make("-n", "venv")


@pytest.mark.parametrize(
    "line", ["include my\\ tools/lib/include.python.mk", "include $(SOMEWHERE)/include.python.mk"]
)
def test_an_include_that_may_work_is_kept(bare: Repository, line: str) -> None:
    """Also one whose path only make knows."""
    text = f"{line}\n"
    run(bare.write(Makefile=text), "init")
    assert (bare.path / "Makefile").read_text() == text


def test_strict_stops_at_what_cannot_be_taken(bare: Repository) -> None:
    """Nothing is written; without it, the line is left out, and named."""
    bare.write(requirements__txt="alpha\nno-such-package==1.0\n")
    assert messages.STRICT.format(where="requirements.txt:2") in run(bare, "init", "--strict")
    assert not (bare.path / "requirements.in").exists()
    run(bare, "init")
    assert "# left out: no-such-package==1.0" in (bare.path / "requirements.in").read_text()


def test_a_later_init_names_new_imports(bare: Repository) -> None:
    """And does not write them; a project file that cannot be read is named, too."""
    bare.write(
        requirements__in="alpha\n# left out: beta (a reason)\n", a__py="import alpha, beta\n"
    )
    assert "beta" not in run(bare, "init")
    bare.write(b__py="import gamma\n")
    expected = messages.IMPORTED.format(file="requirements.in", imports="gamma (b.py:1)")
    assert expected in run(bare, "init")
    (bare.path / "requirements.in").unlink()
    bare.write(pyproject__toml="[project\n")
    assert messages.BROKEN in run(bare, "init", "--dry-run")


def test_what_only_conda_has_goes_to_its_setting(bare: Repository) -> None:
    """It comes before the include; the lines that are left out are named."""
    lines = "".join(f"  - {each}\n" for each in ("pandoc", "alpha", "libpng"))
    bare.write(environment__yml=f"dependencies:\n{lines}")
    output = run(bare, "init")
    assert messages.LEFT_OUT.format(file="environment.yml", name="libpng") in output
    assert "LABCOAT_CONDA_PACKAGES := pandoc\ninclude " in (bare.path / "Makefile").read_text()


def test_a_date_must_be_one(bare: Repository) -> None:
    assert messages.DATE.format(text="soon") in run(bare, "init", "--as-of", "soon")


def test_the_input_may_be_edited_before_the_first_lock(bare: Repository) -> None:
    """What was in requirements.txt is kept for init's --undo."""
    text = "alpha\ngamma==3.0\n"
    bare.write(requirements__txt=text)
    run(bare, "init")
    bare.write(requirements__in="alpha\n").make("requirements")
    assert "gamma" not in (bare.path / "requirements.txt").read_text()
    run(bare, "init", "--undo")
    assert (bare.path / "requirements.txt").read_text() == text
