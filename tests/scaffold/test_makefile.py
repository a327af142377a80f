"""`labcoat init` and Makefiles of several kinds: their targets win, and each make works."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from labcoat.core.changes import ChangeSet
from labcoat.core.errors import LabcoatError
from labcoat.core.makefiles import read_makefile
from labcoat.scaffold import init, makefile
from support import INCLUDE, Repository
from support.messages import scaffold as messages

PROJECT_TEMPLATE = """\
.PHONY: clean data lint requirements sync

PROJECT_DIR := $(shell dirname $(realpath $(lastword $(MAKEFILE_LIST))))
PYTHON_INTERPRETER = python3

ifeq (,$(shell which no-such-conda))
HAS_CONDA=False
else
HAS_CONDA=True
endif

## Install Python dependencies
requirements: test_environment
\t@echo my requirements

## Make the dataset
data: requirements
\t@echo my data

## Delete compiled files
clean:
\t@echo my clean

lint:
\t@echo my lint

test_environment:
ifeq (False,$(HAS_CONDA))
\t@echo no conda
endif

.DEFAULT_GOAL := help

help:
\t@echo my help; sed -n '/^## /p' ${MAKEFILE_LIST}; grep -h ' [#]# ' $(MAKEFILE_LIST); true
"""
PACKAGE = """\
SHELL := /bin/bash
MAKEFLAGS += --warn-undefined-variables
sources = src \\
  tests
QUIET ?= @
define HELP
  venv: not a rule
endef
export HELP

all: help

help test lint:
\t$(QUIET)echo my $@

clean: clean-pyc clean-build  # both
clean-pyc clean-build: ; @echo my $@
docker: TAG := latest
run:: ; @echo my run
"""
PREFIX = """\
.RECIPEPREFIX = >
.EXPORT_ALL_VARIABLES:
.PHONY: check
all: check
check:
> @echo my check
sub:
> @$(MAKE) -s check
"""


def write(repo: Repository, text: str, include: str = "") -> str:
    """Write what init plans beside a Makefile with `text`, and return the Makefile."""
    (repo.path / "Makefile").write_text(text)
    line = include or makefile.format_include(INCLUDE, repo.path)
    init.plan_changes(repo.path, line).write(repo.path / ".labcoat")
    return (repo.path / "Makefile").read_text()


@pytest.fixture
def installed(repo: Repository, tmp_path: Path) -> Repository:
    """A repository, and a program `labcoat` on the path as pip installs it."""
    program = tmp_path / "bin/labcoat"
    program.parent.mkdir()
    python = repo.env["LABCOAT_PYTHON"]
    program.write_text(f'#!/bin/sh\nexec "{python}" -I "{INCLUDE.parent}/labcoat" "$@"\n')
    program.chmod(0o755)
    repo.env["PATH"] = f"{program.parent}:{repo.env['PATH']}"
    return repo


@pytest.mark.parametrize("way", ["in the repository", "installed", "not installed"])
@pytest.mark.parametrize(
    ("text", "own", "shown"),
    [
        (PROJECT_TEMPLATE, "help requirements clean", {"clean": "my clean", "lint": "my lint"}),
        (PACKAGE, "help run clean", {"clean": "my clean-pyc", "run": "my run", "all": "my help"}),
        (PREFIX, "check", {"": "my check", "sub": "my check"}),
    ],
    ids=["project template", "package", "RECIPEPREFIX"],
)
def test_targets_of_the_same_name_are_the_projects(
    installed: Repository, way: str, text: str, own: str, shown: dict[str, str]
) -> None:
    """labcoat's are labcoat-NAME; without labcoat only labcoat's fail, in two lines."""
    repo = installed
    if way == "not installed":
        repo.env["PATH"] = repo.env["PATH"].partition(":")[2]
    result = write(repo, text, "" if way == "in the repository" else makefile.INSTALLED)
    assert result.startswith(text)
    assert f"LABCOAT_OWN := {own}\n" in result
    for target, expected in shown.items():
        output = repo.make(*([target] if target else []))
        assert output.splitlines()[0] == expected
        assert "labcoat" not in output
        assert "warning" not in output
    fails = way == "not installed"
    name = own.split(maxsplit=1)[0]
    output = repo.make("-n" if name == "requirements" else "-s", f"labcoat-{name}", fails=fails)
    output += repo.make("doctor", fails=fails)
    if fails:
        lines = [line for line in output.splitlines() if not line.startswith("make")]
        assert lines == [
            messages.NOT_INSTALLED.format(target=f"labcoat-{name}"),
            messages.INSTALL,
            messages.NOT_INSTALLED.format(target="doctor"),
            messages.INSTALL,
        ]
    else:
        assert messages.NOT_INSTALLED.partition(" and")[0] not in output
    before = (repo.path / "Makefile").read_bytes()
    again = "" if way == "in the repository" else makefile.INSTALLED
    assert write(repo, result, again).encode() == before


@pytest.mark.parametrize("line", ["", makefile.INSTALLED], ids=["path", "labcoat.mk"])
def test_a_help_of_the_projects_own_lists_its_own_comments(
    installed: Repository, line: str
) -> None:
    """It searches the makefiles that make has read; labcoat-help has both."""
    repo = installed
    write(repo, PROJECT_TEMPLATE, line)
    lines = [line for line in PROJECT_TEMPLATE.splitlines() if line.startswith("## ")]
    assert repo.make("help").splitlines() == ["my help", *lines]
    assert repo.make(
        "-s", "-f", "Makefile", "--eval", "list: ; @echo $(MAKEFILE_LIST)", "list"
    ) == ("Makefile\n")
    output = repo.make("labcoat-help")
    assert "  labcoat-clean" in output
    assert "  venv " in output


def test_own_targets_are_found_later(repo: Repository) -> None:
    """A target that was added after init; a rule without a recipe extends labcoat's."""
    first = write(repo, "all:\n\t@echo all\n")
    assert "LABCOAT_OWN" not in first
    second = write(repo, f"{first}run:\n\t@echo my run\nclean: mine\nmine: ; @echo mine\n")
    assert "LABCOAT_OWN := run\ninclude " in second
    third = write(repo, f"{second}shell: ; @echo my shell\n")
    assert third.count("LABCOAT_OWN := run shell\n") == 1
    assert repo.make("run") == "my run\n"
    assert repo.make("clean").splitlines()[0] == "mine"


def test_files_of_the_makefile_count_too(repo: Repository) -> None:
    """Rules may be in files that it includes, by a name that a variable has."""
    repo.write(other__mk="freeze:\n\t@echo mine\n")
    assert "LABCOAT_OWN := freeze\n" in write(repo, "X = other\ninclude $(X).mk missing.mk\n")


def test_labcoat_mk_lists_all_targets() -> None:
    """Its names are those of the include, for a machine that has no include."""
    text = (init.TEMPLATES / makefile.OWN_FILE).read_text().replace("\\\n", " ")
    line = next(each for each in text.splitlines() if each.startswith("_labcoat_names := "))
    assert line.split()[2:] == makefile.list_targets()


@pytest.mark.parametrize("line", ["export", ".EXPORT_ALL_VARIABLES:"])
def test_a_sub_project_has_its_own_targets(installed: Repository, line: str) -> None:
    """The parent's LABCOAT_OWN is not for it, with and without labcoat."""
    repo = installed
    sub = repo.path / "sub"
    sub.mkdir()
    write(repo, f"{line}\nrun: ; @$(MAKE) -s -C sub -n run CMD=true\n", makefile.INSTALLED)
    shutil.copy(repo.path / "labcoat.mk", sub)
    (sub / "Makefile").write_text("include labcoat.mk\n")
    (sub / "requirements.in").touch()
    assert "--encoded-shell" in repo.make("run")
    repo.env["PATH"] = repo.env["PATH"].partition(":")[2]
    assert messages.NOT_INSTALLED.format(target="run") in repo.make("run", fails=False)


def test_a_link_to_the_include_is_followed(repo: Repository) -> None:
    """Also one of another name: what it leads to is labcoat's."""
    (repo.path / "tools.mk").symlink_to(INCLUDE)
    text = "include tools.mk\n"
    assert write(repo, text) == text
    assert "venv" in repo.make("help")


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("include other/include.python.mk\n", {"other/include.python.mk": "mine:\n"}),
        ("# include lib/include.python.mk\n", {}),
        ("define X\ninclude lib/include.python.mk\nendef\n", {}),
    ],
    ids=["of another tool", "comment", "in a variable"],
)
def test_what_is_not_labcoat_is_not_taken_for_it(
    repo: Repository, text: str, files: dict[str, str]
) -> None:
    for name, content in files.items():
        (repo.path / name).parent.mkdir()
        (repo.path / name).write_text(content)
    assert write(repo, text).count("include ") == 2
    assert "venv" in repo.make("help")


def test_a_labcoat_mk_that_is_missing_is_written(installed: Repository) -> None:
    """The Makefile stays."""
    assert write(installed, "include labcoat.mk\n", makefile.INSTALLED) == "include labcoat.mk\n"
    assert "  venv " in installed.make("help")


def test_a_labcoat_mk_of_somebody_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "labcoat.mk").write_text("mine:\n")
    with pytest.raises(LabcoatError, match=messages.FOREIGN_FILE):
        init.plan_changes(tmp_path, makefile.INSTALLED)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("all:\n\techo a\n    echo b\n", 3),
        ("<<<<<<< HEAD\nall:\n", 1),
        ("ifdef X\nall:\n", 1),
        ("all:\n\nendif\n", 3),
        ("define X\n", 1),
    ],
)
def test_a_line_that_make_cannot_read_is_named(
    repo: Repository, capsys: pytest.CaptureFixture[str], text: str, line: int
) -> None:
    """The Makefile gets its include all the same."""
    assert "include" in write(repo, text)
    assert messages.REFUSED.format(line=line) in capsys.readouterr().err
    assert "***" in repo.make("-n", "venv", fails=True)


@pytest.mark.parametrize(
    "text",
    [
        PROJECT_TEMPLATE,
        PACKAGE,
        PREFIX,
        "a b = c\nall: ; @echo $(a b)\n",
        "\tX := 1\n$(info hello: $(X))\n$(eval y: ; @echo y)\n",
        "%.o: %.c\n\tcc $<\n.c.o:\n\tcc\nunexport X\nvpath %.c src\n",
    ],
)
def test_a_makefile_that_works_has_no_such_line(
    repo: Repository, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    write(repo, text)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("above", ["Makefile", "labcoat.mk", "submodule"])
def test_a_subfolder_uses_the_labcoat_of_its_repository(tmp_path: Path, above: str) -> None:
    """An installed labcoat runs init in a project of a monorepo, which has its own."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    project = tmp_path / "services/one"
    project.mkdir(parents=True)
    tools = tmp_path / "my tools/src/lib"
    tools.mkdir(parents=True)
    shutil.copy(INCLUDE, tools)
    expected = "include ../../my\\ tools/src/lib/include.python.mk"
    if above == "Makefile":
        (tmp_path / "Makefile").write_text("include my\\ tools/src/lib/include.python.mk\n")
    elif above == "submodule":
        (tmp_path / ".gitmodules").write_text('[submodule "x"]\n\tpath = my tools\n')
    else:
        shutil.copy(init.TEMPLATES / "labcoat.mk", tmp_path)
        expected = "include ../../labcoat.mk"
    installed = tmp_path / "venv/lib/python3.12/site-packages/labcoat/include.python.mk"
    assert makefile.include_line(project, installed) == expected
    assert makefile.include_line(project, tools / "include.python.mk") == (
        "include ../../my\\ tools/src/lib/include.python.mk"
    )


def test_settings_stand_before_the_include(tmp_path: Path) -> None:
    """make reads them there; one that the project sets stays, and nothing is added twice."""
    changes = ChangeSet(tmp_path)
    (tmp_path / "Makefile").write_text("x:\n\nLABCOAT_CPUS = 2\n")
    makefile.plan_makefile(changes, makefile.INSTALLED)
    for _ in range(2):
        makefile.plan_settings(changes, [("LABCOAT_NO_BINARY", "a b"), ("LABCOAT_CPUS", "3")])
    assert (changes.read("Makefile") or "").endswith(
        f"LABCOAT_CPUS = 2\n\nLABCOAT_NO_BINARY := a b\n{makefile.INSTALLED}\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "X = " + "x" * 400_000 + "\nall: " + "$(X)" * 100_000,
        "X += aaaa\n" * 100_000,
        " ".join(f"t{number}" for number in range(100_000)) + ":\n" + "\ttrue\n" * 60_000,
        "A = $(B)$(B)\nB = $(C)$(C)\nC = $(A)$(A)\n$(A): ; true\n",
        "$(" * 500_000,
        "\\\n" * 500_000,
        "include Makefile\ninclude ../*/Makefile\n" * 1000,
    ],
    ids=["long values", "appended", "many targets", "circle", "open", "continued", "includes"],
)
def test_a_hostile_makefile_is_read_fast(tmp_path: Path, text: str) -> None:
    (tmp_path / "Makefile").write_text(text)
    start = time.process_time()  # other tests may keep the machine busy
    read_makefile(tmp_path)
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("rules", "files"),
    [
        ("requirements.txt: requirements.in\n\tpip-compile\n", "`requirements.txt`"),
        ("LOCK = requirements-dev.txt\n$(LOCK): x\n\tpip-compile\n", "`requirements-dev.txt`"),
        (".python-version:\n\tpyenv local\n", "`.python-version`"),
        ("requirements.txt: requirements.in\n", ""),
        ("requirements-cpu.txt: x\n\tpip-compile\n", ""),
        ("runtime.txt: x\n\techo\n", ""),
    ],
)
def test_rule_for_a_file_that_labcoat_depends_on_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rules: str, files: str
) -> None:
    """Otherwise `make venv` would run a program of the user's, and say nothing of labcoat."""
    for name in ("requirements.in", "requirements-dev.in", ".python-version"):
        (tmp_path / name).write_text("")
    (tmp_path / "Makefile").write_text(rules)
    makefile.plan_makefile(ChangeSet(tmp_path), "include labcoat.mk")
    said = capsys.readouterr().err
    assert (messages.FILE_RULE.format(files=files) in said) == bool(files)
