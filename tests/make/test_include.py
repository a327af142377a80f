"""The include in other repositories, with each make that is installed."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from labcoat.core.settings import DEFAULTS
from support import BASE_PYTHON, INCLUDE, Repository
from support.messages import levels, project

MODERN = (
    Path(sys.prefix) / "bin" / "make"
)  # GNU Make 4.4.1 from PyPI, in the development environment
TARGETS = re.findall(
    r"^_labcoat_targets := (.*)$", INCLUDE.read_text().replace("\\\n", ""), re.MULTILINE
)[0].split()
MAKES = [pytest.param(shutil.which("make", path=os.defpath) or "make", id="the machine's make")]
MAKES += [pytest.param(str(MODERN), id="make 4.4.1")] if MODERN.exists() else []
every_make = pytest.mark.parametrize("program", MAKES, indirect=True)


@pytest.fixture
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A make. Where its path has a space, a link: recipes do not quote `$(MAKE)`."""
    path = str(request.param)
    if " " not in path:
        return path
    link = tmp_path_factory.mktemp("make") / "make"
    link.symlink_to(path)
    return str(link)


@every_make
def test_default_goal_stays(repo: Repository, program: str) -> None:
    """Plain `make` runs the same goal as before, with the include before or after the targets."""
    repo.program = program
    assert repo.make() == "its own default\n"
    text = (repo.path / "Makefile").read_text().splitlines(keepends=True)
    repo.write(Makefile="".join([text[-1], *text[:-1]]))
    assert repo.make() == "its own default\n"


@every_make
def test_every_target_exists(repo: Repository, program: str) -> None:
    """Each target exists under its name and as labcoat-NAME."""
    repo.program = program
    for target in TARGETS:
        repo.make("-n", target)
        repo.make("-n", f"labcoat-{target}")


def test_short_names_count_on_the_command_line_alone(repo: Repository) -> None:
    """STRICT in the environment may belong to another program."""
    assert "prove --strict" in repo.make("-n", "prove", "STRICT=1")
    assert "--strict" not in repo.make("-n", "prove", STRICT="1")


@every_make
@pytest.mark.parametrize("parallel", [[], ["-j8"]], ids=["one at a time", "-j8"])
def test_venv_and_run_in_a_directory_with_special_characters(
    repo: Repository, program: str, parallel: list[str]
) -> None:
    """Lock, environment and run work if the path has spaces, quotes and non-ASCII letters."""
    odd = repo.path.with_name("it's Müller 数据; a|b #1 $x")
    repo.path.rename(odd)
    repo.path, repo.program = odd, program
    repo.make(*parallel, "venv")
    assert "Nothing to be done" in repo.make(*parallel, "venv")
    output = repo.make(
        *parallel, "run", "CMD=python -c \"import alpha; print('it', alpha.version)\""
    )
    assert output.splitlines()[-1] == "it 2.0"


@every_make
def test_an_environment_in_the_home_folder(repo: Repository, program: str, tmp_path: Path) -> None:
    """`~` in LABCOAT_VENV is the home directory for make and for labcoat."""
    repo.program, repo.env["HOME"] = program, str(tmp_path)
    repo.make("venv", "LABCOAT_VENV=~/env")
    assert "Nothing to be done" in repo.make("venv", "LABCOAT_VENV=~/env")
    output = repo.make("run", "LABCOAT_VENV=~/env", "CMD=python -c 'import sys; print(sys.prefix)'")
    assert output.splitlines()[-1] == str(tmp_path / "env")
    assert "labcoat.json" in os.listdir(tmp_path / "env")  # noqa: PTH208
    repo.make("status", "LABCOAT_CACHE=~/cache", "LABCOAT_PYTHON=~/python", fails=True)
    (tmp_path / "python").symlink_to(BASE_PYTHON)
    repo.make("status", "LABCOAT_CACHE=~/cache", "LABCOAT_PYTHON=~/python")
    assert not list(repo.path.glob("~*"))


@every_make
@pytest.mark.parametrize(
    "setting", ["LABCOAT_VENV", "LABCOAT_REQUIREMENTS", "LABCOAT_DEV_REQUIREMENTS"]
)
@pytest.mark.parametrize("letter", ";|:%*?")
def test_name_with_a_special_character_of_make_is_refused(
    repo: Repository, program: str, setting: str, letter: str
) -> None:
    """A setting with a character that has a meaning in rules is refused; no file changes."""
    repo.program = program
    before = repo.files()
    output = repo.make("venv", f"{setting}=a{letter}b.txt", fails=True)
    assert f"{setting}" in output
    assert f"cannot contain {letter} in make" in output
    assert repo.files() == before


@every_make
def test_include_path_may_have_spaces(repo: Repository, program: str, tmp_path: Path) -> None:
    """The include works by its absolute path below a directory with spaces."""
    library = tmp_path / "my tools" / "lab coat"
    library.parent.mkdir()
    library.symlink_to(INCLUDE.parent)
    path = str(library / INCLUDE.name).replace(" ", "\\ ")
    repo.program = program
    repo.write(Makefile=f"include {path}\n").make("venv")
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"


@every_make
@pytest.mark.parametrize("target", TARGETS)
def test_dry_run_changes_nothing(repo: Repository, program: str, target: str) -> None:
    """`make -n` of any target changes no file."""
    repo.program = program
    before = repo.files()
    repo.make("-n", target, "CMD=true")
    assert repo.files() == before


@every_make
def test_nothing_to_do_starts_no_python(repo: Repository, program: str, tmp_path: Path) -> None:
    """The second `make venv` runs with a Python that would fail if it were started."""
    repo.program = program
    repo.make("venv", LABCOAT_PYTHON="python3")
    trap = tmp_path / "trap"
    trap.mkdir()
    (trap / "python3").write_text("#!/bin/sh\nexit 99\n")
    (trap / "python3").chmod(0o755)
    path = f"{trap}{os.pathsep}{repo.env['PATH']}"
    assert "Nothing to be done" in repo.make("venv", LABCOAT_PYTHON="python3", PATH=path)


@every_make
def test_drift_is_detected(repo: Repository, program: str) -> None:
    """A package removed from site-packages is restored, also if LABCOAT_VENV has a space."""
    repo.program = program
    for name in (".venv", "my env"):
        settings = [f"LABCOAT_VENV={name}"]
        repo.make("venv", *settings)
        assert "Nothing to be done" in repo.make("venv", *settings)
        for path in repo.path.glob(f"{name}/lib/*/site-packages/beta*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        assert "restoring beta 1.5" in repo.make("venv", *settings)
        assert "Nothing to be done" in repo.make("venv", *settings)
        shutil.rmtree(repo.path / name / "lib")
        assert "holds requirements.txt" in repo.make("venv", *settings)
        assert "Nothing to be done" in repo.make("venv", *settings)


@every_make
def test_changed_setting_of_locks_updates_the_environment(repo: Repository, program: str) -> None:
    """The environment follows settings that name other locks, whatever the files' times."""
    repo.program = program
    repo.write(requirements_dash_a__in="gamma\n", requirements_dash_b__in="alpha<2\n").make(
        "requirements"
    )
    repo.make("venv")
    for settings, holds in (
        (["LABCOAT_DEV_REQUIREMENTS=requirements-a.txt"], ["alpha-2.0", "beta-1.5", "gamma-3.0"]),
        ([], ["alpha-2.0", "beta-1.5"]),
        (["LABCOAT_REQUIREMENTS=requirements-b.txt"], ["alpha-1.0", "beta-1.5"]),
        (["LABCOAT_REQUIREMENTS=./requirements-a.txt", "LABCOAT_DEV_REQUIREMENTS="], ["gamma-3.0"]),
        (
            ["LABCOAT_DEV_REQUIREMENTS= requirements-a.txt  requirements.txt "],
            ["alpha-2.0", "beta-1.5", "gamma-3.0"],
        ),
    ):
        repo.make("venv", *settings)
        names = (
            path.name.removesuffix(".dist-info")
            for path in repo.path.glob(".venv/lib/*/site-packages/*.dist-info")
        )
        assert sorted(names) == holds
        assert "Nothing to be done" in repo.make("venv", *settings)


def test_missing_additional_lock_is_an_error(repo: Repository) -> None:
    """A misspelt LABCOAT_DEV_REQUIREMENTS is an error."""
    repo.make("venv")
    output = repo.make("venv", "LABCOAT_DEV_REQUIREMENTS=requirements-nope.txt", fails=True)
    assert "LABCOAT_DEV_REQUIREMENTS names requirements-nope.txt, which does not exist" in output


@pytest.mark.parametrize("name", ["LABCOAT_LOCKER", "LABCOAT_INSTALLER"])
def test_mistyped_choice_is_refused_where_nothing_is_to_be_done(
    repo: Repository, name: str
) -> None:
    """make would start no helper that could tell."""
    repo.make("venv")
    assert "Nothing to be done" in repo.make("venv")
    assert f"invalid {name} `uvv`" in repo.make("venv", f"{name}=uvv", fails=True)


@pytest.mark.parametrize("name", ["LABCOAT_LOCKER", "LABCOAT_INSTALLER"])
def test_help_and_clean_work_with_a_mistyped_choice(repo: Repository, name: str) -> None:
    """The help warns of it, and of others; what is removed does not depend on it."""
    mistyped = {name: "uvv"}
    assert "Environments" in (output := repo.make("help", **mistyped))
    assert f"warning: invalid {name} `uvv`" in output
    assert "Environments" in repo.make("help", "LABCOAT_VENVS=x", "SETTINGS=1")
    (repo.path / ".labcoat").mkdir()
    repo.make("clean", **mistyped)
    assert not (repo.path / ".labcoat").exists()
    repo.make("distclean", **mistyped)
    assert "Nothing to undo" in repo.labcoat("init", "--undo", **mistyped)
    assert "LABCOAT_VENVS" in repo.make("clean", "LABCOAT_VENVS=x", fails=True)


@every_make
def test_variant_installs_its_own_lock(repo: Repository, program: str) -> None:
    """LABCOAT_VARIANT=old installs requirements-old.txt; without it requirements.txt again."""
    repo.program = program
    repo.write(requirements_dash_old__in="alpha<2\n")
    shown = "import alpha; print(alpha.version)"
    repo.make("venv")
    assert repo.python(shown) == "2.0\n"
    repo.make("venv", "LABCOAT_VARIANT=old")
    assert repo.python(shown) == "1.0\n"
    repo.make("venv")
    assert repo.python(shown) == "2.0\n"
    output = repo.make("venv", "LABCOAT_VARIANT=new", fails=True)
    assert "`requirements-new.txt` does not exist" in output
    assert "requirements-new.in" in output
    assert repo.python(shown) == "2.0\n"


@every_make
def test_own_targets_replace_those_of_labcoat(repo: Repository, program: str) -> None:
    """A target in LABCOAT_OWN is the project's, without a warning; labcoat-NAME is labcoat's."""
    repo.program = program
    text = "LABCOAT_OWN := run\n" + (repo.path / "Makefile").read_text() + "run:\n\t@echo mine\n"
    assert repo.write(Makefile=text).make("run") == "mine\n"
    assert "no command to run" in repo.make("labcoat-run", fails=True)


@every_make
def test_a_project_extends_a_target_by_a_prerequisite(repo: Repository, program: str) -> None:
    """`clean: mine` adds to labcoat's clean."""
    repo.program = program
    text = (repo.path / "Makefile").read_text() + "clean: mine\nmine:\n\t@echo mine too\n"
    assert "mine too" in repo.write(Makefile=text).make("clean")


@every_make
def test_programs_of_the_environment_and_runs_in_it(repo: Repository, program: str) -> None:
    """A recipe reads $(LABCOAT_BIN), $(LABCOAT_RUN) and $(LABCOAT_READY)."""
    repo.program = program
    recipe = "version: $(LABCOAT_READY)\n\t@$(LABCOAT_BIN)/alpha\n"
    recipe += "\t@$(LABCOAT_RUN) python -c 'import sys; print(sys.prefix)'\n"
    output = repo.write(Makefile=(repo.path / "Makefile").read_text() + recipe).make("version")
    assert output.splitlines()[-2:] == ["2.0", str(repo.path / ".venv")]


@every_make
def test_including_it_twice_is_once(repo: Repository, program: str) -> None:
    """A second include, as through a submodule's makefile, changes nothing and warns of nothing."""
    repo.program = program
    line = (repo.path / "Makefile").read_text().splitlines()[-1]
    repo.write(Makefile=(repo.path / "Makefile").read_text() + line + "\n")
    assert repo.make() == "its own default\n"


def write_makefile(repo: Repository, before: str, after: str = "") -> Repository:
    """Write a Makefile that includes labcoat between other lines."""
    line = next(
        line for line in (repo.path / "Makefile").read_text().splitlines() if "include" in line
    )
    return repo.write(Makefile=f"{before}\n{line}\n{after}\n")


@every_make
@pytest.mark.parametrize("line", ["export", ".EXPORT_ALL_VARIABLES:"])
def test_sub_makes_work_where_all_variables_are_exported(
    repo: Repository, program: str, line: str
) -> None:
    """A sub-make reads the include again, for the same project or for another one."""
    repo.program = program
    again = "+@$(MAKE) --no-print-directory"
    after = (
        f"ci: ; {again} ready\nready: $(LABCOAT_READY)\n\t@$(LABCOAT_BIN)/alpha\n"
        f"other: ; {again} -C sub venv\nshow: ; @env\n"
    )
    write_makefile(repo, line, after)
    repo.write(requirements_dash_dev__in="-c requirements.txt\ngamma\n")
    assert repo.make("ci").splitlines()[-1] == "2.0"
    repo.write(requirements__in="alpha<2\n")
    assert repo.make("ci").splitlines()[-1] == "1.0"
    sub = repo.path / "sub"
    sub.mkdir()
    include = os.path.relpath(INCLUDE, sub).replace(" ", "\\ ")
    (sub / "Makefile").write_text(f"include {include}\n")
    (sub / "requirements.in").write_text("gamma\n")
    assert ".venv holds requirements.txt (" in repo.make("other")
    assert (sub / ".venv/bin/gamma").exists()
    assert "_labcoat_" not in repo.make("show")


@every_make
@pytest.mark.parametrize(
    "before",
    [
        pytest.param(
            ".RECIPEPREFIX = >\nSHELL := /bin/bash\n.SHELLFLAGS := -euo pipefail -c\n"
            "all:\n>@echo mine",
            id="RECIPEPREFIX and SHELL",
        ),
        pytest.param(
            ".POSIX:\n.ONESHELL:\n.SECONDEXPANSION:\nall:\n\t@echo mine", id="special targets"
        ),
        pytest.param(
            "MAKEFLAGS += -rR --warn-undefined-variables\nall:\n\t@echo mine", id="MAKEFLAGS"
        ),
    ],
)
def test_special_variables_and_targets_of_make(repo: Repository, program: str, before: str) -> None:
    """The project's own rules and labcoat's both work, and make warns of nothing."""
    repo.program = program
    odd = repo.path.with_name("a$b=c*d&e[f]~")
    repo.path.rename(odd)
    repo.path = odd
    prefix = ">" if "RECIPEPREFIX" in before else "\t"
    write_makefile(repo, before, f"last:\n{prefix}@echo last")
    assert repo.make() == "mine\n"
    assert repo.make("last") == "last\n"
    assert "warning" not in repo.make("venv")
    assert "Nothing to be done" in repo.make("venv")
    for words in (["run", "CMD=true"], ["help"], ["-n", "upgrade"], ["status"]):
        assert "warning" not in repo.make(*words)


@every_make
def test_a_command_runs_as_it_was_typed(repo: Repository, program: str) -> None:
    """make expands nothing on the command line: `$2` and `$HOME` are for awk and the shell."""
    repo.program = program
    repo.write(input="one two\n")
    write_makefile(repo, "", "again: ; +@$(MAKE) --no-print-directory run")
    repo.make("venv")
    for target in ("run", "again"):
        for line, expected in (
            ("awk '{print $2}' input", "two\n"),
            ('echo $HOME "$(echo sub)"', f"{repo.env['HOME']} sub\n"),
            ("""printf "%s|" "it's" 'a "b"' \\\\ 100% '#' 数据""", 'it\'s|a "b"|\\|100%|#|数据|'),
            ("for x in 1 2; do\n  echo $x\ndone", "1\n2\n"),
            ("printf '%s' '%0A %25 a+b'", "%0A %25 a+b"),
        ):
            assert repo.make(target, f"CMD={line}") == expected


@every_make
def test_a_command_in_the_makefile_has_makes_variables(repo: Repository, program: str) -> None:
    """There `$(X)` is make's and `$$` a dollar; a setting may have several lines."""
    repo.program = program
    before = "X = of make\nCMD = echo $(X) $$((1 + 1))\ndefine LABCOAT_NO_BINARY\none\ntwo\nendef"
    assert write_makefile(repo, before).make("run").splitlines()[-1] == "of make 2"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("a:b", project.COLON, id="colon"),
        pytest.param("a\nb", project.LINE_BREAK, id="line feed"),
        pytest.param("a\udcffb", project.NOT_UTF8, id="not UTF-8"),
    ],
)
def test_a_directory_where_no_environment_works_is_named(
    repo: Repository, name: str, reason: str
) -> None:
    """Such a path can be neither in PATH nor in the first line of a program."""
    odd = repo.path.with_name(name)
    repo.path.rename(odd)
    repo.path = odd
    for words in (["venv"], ["run", "CMD=true"]):
        assert reason in repo.make(*words, fails=True)
    repo.make("run", "CMD=true", "IN=none")
    repo.make("status", LABCOAT_DOCKER="no-such-docker")


@pytest.mark.parametrize("name", ["labcoat.mk", "include.python.mk"])
@every_make
def test_a_link_to_the_include_is_followed(
    repo: Repository, tmp_path: Path, program: str, name: str
) -> None:
    """A link to the file alone, as to what `labcoat mk` prints, finds the package beside it."""
    repo.program = program
    (repo.path / name).symlink_to(INCLUDE)
    assert "labcoat-" not in repo.write(Makefile=f"include {name}\n").make("help")
    repo.make("-n", "venv")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param(
            ["venv", "LABCOAT_VNEV=x"],
            ["unknown setting LABCOAT_VNEV", "Did you mean `LABCOAT_VENV`?"],
            id="setting",
        ),
        pytest.param(
            ["upgrade", "LABCOAT_LOCKER=piptools"],
            ["invalid LABCOAT_LOCKER `piptools`", "`pip-tools`?"],
            id="locker",
        ),
        pytest.param(
            ["run", "CMD=true", "IN=dokcer"],
            [levels.UNKNOWN_LEVEL.format(name="dokcer"), "`docker`?"],
            id="level",
        ),
        pytest.param(
            ["venv", "LABCOAT_PYTHON=python3.99"],
            ["no Python 3.99 exists that labcoat knows (`LABCOAT_PYTHON`)", "This machine has"],
            id="python",
        ),
        pytest.param(["run"], ["no command to run", "make run CMD="], id="no command"),
        pytest.param(
            ["clean", "LABCOAT_CLEAN=../other"],
            ["is outside the project", "inside"],
            id="clean elsewhere",
        ),
    ],
)
def test_invalid_settings_are_errors_with_a_suggestion(
    repo: Repository, args: list[str], expected: list[str]
) -> None:
    """One line of what happened, one of what to do, also where there was nothing else to do."""
    repo.make("venv")
    output = repo.make(*args, fails=True)
    lines = output[output.index("error: ") :].splitlines()
    assert expected[0] in lines[0]
    assert expected[1] in lines[1]


def test_short_names_in_the_environment_are_ignored(repo: Repository) -> None:
    """IN, CMD and PKG in the environment may belong to other programs."""
    repo.make("venv")
    assert "no command to run" in repo.make("run", fails=True, IN="docker", CMD="rm -rf .", PKG="x")


def test_it_leaves_nothing_in_other_programs_environment(repo: Repository) -> None:
    """No LABCOAT_ variable is exported to the recipes of the including makefile."""
    text = "LABCOAT_IMAGE := secret\n" + (repo.path / "Makefile").read_text() + "show:\n\t@env\n"
    assert "secret" not in repo.write(Makefile=text).make("show")


def test_clean_removes_what_labcoat_made_and_nothing_else(repo: Repository) -> None:
    """`make clean` keeps the environment, `make distclean` removes it; other files stay."""
    before = set(repo.files())
    repo.make("venv")
    (repo.path / "out").mkdir()
    repo.make("clean", "LABCOAT_CLEAN=out")
    assert not (repo.path / "out").exists()
    assert not (repo.path / ".labcoat").exists()
    assert (repo.path / ".venv").exists()
    output = repo.make("distclean")
    assert levels.REMOVING_ENVIRONMENT.format(folder=".venv") in output
    assert set(repo.files()) - before == {str(repo.path / "requirements.txt")}


def test_clean_takes_any_name_of_what_is_inside(repo: Repository, tmp_path: Path) -> None:
    """LABCOAT_CLEAN may lead through a link or a parent directory; a too long name is ignored."""
    (tmp_path / "link").symlink_to(repo.path)
    for name in (f"{tmp_path}/link/out", "in/../out", "x" * 300):
        (repo.path / "out").mkdir(exist_ok=True)
        (repo.path / "in").mkdir(exist_ok=True)
        assert ("removing out" in repo.make("clean", f"LABCOAT_CLEAN={name}")) == (len(name) < 300)
    assert (repo.path / "out").exists()


def test_distclean_leaves_an_environment_that_it_did_not_make(repo: Repository) -> None:
    """`make distclean` keeps a .venv that labcoat did not create."""
    (repo.path / ".venv").mkdir()
    (repo.path / ".venv/pyvenv.cfg").write_text("")
    assert levels.NOT_OURS.format(folder=".venv") in repo.make("distclean")
    assert (repo.path / ".venv/pyvenv.cfg").exists()


DOCUMENTED = "##@ Mine\n## how many\nCOUNT ?= 3\ndance: ## twice around\n"


def read_makefile(repo: Repository, more: str = DOCUMENTED) -> str:
    return (repo.path / "Makefile").read_text() + more


def test_help_settings_describes_every_target_and_setting(repo: Repository) -> None:
    """`make help SETTINGS=1` has what the include and the repository document, with values."""
    output = repo.write(Makefile=read_makefile(repo)).make(
        "help", "SETTINGS=1", "LABCOAT_COOLDOWN=7"
    )
    for target in TARGETS:
        assert re.search(rf"^  {target} +\S", output, re.MULTILINE), target
    for name in DEFAULTS:
        assert re.search(rf"^  {name} =.*\n       +\S", output, re.MULTILINE), name
    assert "LABCOAT_COOLDOWN = 7" in output
    assert re.search(r"Mine\n  dance +twice around", output)
    assert "COUNT = 3\n       how many" in output


def test_help_starts_with_own_targets_and_ends_with_changed_settings(repo: Repository) -> None:
    """The repository's targets, all of labcoat's, its variables, then settings that differ."""
    output = repo.write(Makefile=read_makefile(repo)).make("help", "LABCOAT_COOLDOWN=7")
    assert output.startswith("Mine\n  dance         twice around\n\nEnvironments\n")
    for target in TARGETS:
        assert re.search(rf"^  {target} +\S", output, re.MULTILINE), target
    end = output.partition("Variables of this project\n")[2].splitlines()
    assert end[0] == "  COUNT"
    changed = [line.split(" = ") for line in end[3:]]
    set_by_fixture = {"LABCOAT_PYTHON", "LABCOAT_LOCKER", "LABCOAT_CACHE"}
    assert {name.strip() for name, _ in changed} == {"LABCOAT_COOLDOWN", *set_by_fixture}


@pytest.mark.parametrize("own", [0, 1, 10, 25])
@pytest.mark.parametrize("columns", ["60", "100"])
def test_help_fits_a_screen(repo: Repository, own: int, columns: str) -> None:
    """At most 40 lines of at most COLUMNS characters, in a pipe, without colour, in a C locale."""
    targets = "".join(f"own{number}: ## {'a long text ' * 10}\n" for number in range(own))
    output = repo.write(Makefile=read_makefile(repo, f"##@ Mine\n{targets}")).make(
        "help", COLUMNS=columns, LC_ALL="C", NO_COLOR="1", LABCOAT_PYTHON="python3"
    )
    lines = output.splitlines()
    assert 24 <= len(lines) <= 40
    assert max(map(len, lines)) <= int(columns)
    assert "\033" not in output
    for name in [*TARGETS, *(f"own{number}" for number in range(own))]:
        assert re.search(rf"(?<![\w-]){name}(?![\w-])", output), name


def test_a_variable_named_settings_of_another_program_is_ignored(repo: Repository) -> None:
    """SETTINGS counts on the command line alone: a Makefile or the environment may have its own."""
    output = repo.write(Makefile=read_makefile(repo, "SETTINGS = app.toml\n")).make("help")
    assert "LABCOAT_INSTALLER" not in output
    assert "LABCOAT_INSTALLER" not in repo.make("help", SETTINGS="app.toml")


def test_a_python_without_ensurepip_works_all_the_same(
    repo: Repository, tmp_path: Path, network: dict[str, str]
) -> None:
    """Without ensurepip, as on Debian and Ubuntu, labcoat downloads the pip in its tools' lock."""
    python = without_ensurepip(tmp_path / "debian")
    del repo.env["PIP_INDEX_URL"]
    env = {"LABCOAT_CACHE": str(tmp_path / "cache"), "LABCOAT_PYTHON": str(python), **network}
    repo.write(requirements__in="six\n").make("venv", **env)
    assert repo.python("import six, sys; print(sys.base_prefix)") == f"{tmp_path / 'debian'}\n"


def without_ensurepip(folder: Path) -> Path:
    """A Python whose standard library is this one's by links, but for ensurepip; its executable."""
    library = Path(sysconfig.get_path("stdlib"))
    copy = folder / "lib" / library.name
    (copy / "site-packages").mkdir(parents=True)
    for entry in library.iterdir():
        if entry.name not in {"ensurepip", "site-packages"}:
            (copy / entry.name).symlink_to(entry)
    for shared in BASE_PYTHON.parent.parent.glob("lib/libpython*"):
        (folder / "lib" / shared.name).symlink_to(shared)
    (folder / "bin").mkdir()
    executable = folder / "bin" / "python3"
    shutil.copy(BASE_PYTHON, executable)
    ask = [executable, "-Ic", "import importlib.util as u; print(u.find_spec('ensurepip'))"]
    assert subprocess.run(ask, capture_output=True, text=True, check=True).stdout == "None\n"
    return executable


def test_a_vendored_copy_stays_as_it_was_copied(repo: Repository) -> None:
    """labcoat copied into a repository writes no bytecode there."""
    copied = shutil.copytree(
        INCLUDE.parent, repo.path / "lib", ignore=shutil.ignore_patterns("__pycache__")
    )
    repo.write(Makefile="include lib/include.python.mk\n").make("venv")
    repo.make("help")
    assert not list(copied.rglob("__pycache__"))


def test_rules_for_any_file_are_not_used_for_labcoats_own(repo: Repository) -> None:
    """A .DEFAULT rule of the project would make files that do not exist yet."""
    write_makefile(repo, ".DEFAULT: ; @echo default $@\nall: ; @echo mine")
    assert "default" not in repo.make("venv")
