"""Which list is taken, what is added, and what is left to decide."""

from pathlib import Path

import pytest

from labcoat.adoption.evidence.source import Source
from labcoat.adoption.pins.python_for_pins import declared_minors
from labcoat.adoption.plan import Decision, Plan, Wanted
from labcoat.adoption.report import format_survey
from labcoat.adoption.requirements_text import INSTALLED, format_requirements
from labcoat.adoption.survey import Survey, find_missing_imports, survey_project
from labcoat.core.project import Project
from support.git_commands import git


def survey(root: Path, **files: str) -> Survey:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return survey_project(Project(root))


def taken(found: Survey) -> list[str]:
    return [each.file for each in found.taken]


PROJECT = '[project]\nname = "p"\nversion = "1"\ndependencies = ["alpha"]\n'
PIPFILE = """[packages]
alpha = "*"
beta = {version = "~=1.0", extras = ["x"]}
[requires]
python_version = "3.9"
"""
SETUP = "[options]\ninstall_requires = alpha\n"
CONDA = "dependencies:\n- python=3.8\n- alpha=1.0\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"requirements.txt": "a", "Pipfile": PIPFILE, "x-env.yml": CONDA}, "requirements.txt"),
        ({"Pipfile": PIPFILE, "environment.yml": CONDA}, "Pipfile"),
        ({"environment.yml": CONDA, "sub/requirements.txt": "alpha"}, "environment.yml"),
        ({"sub/requirements.txt": "alpha"}, "sub/requirements.txt"),
        ({"requirements-gpu.txt": "alpha"}, "requirements-gpu.txt"),
        ({"sub/environment.yml": CONDA}, "sub/environment.yml"),
        ({"Dockerfile": "FROM python:3.9\nRUN pip install alpha"}, "Dockerfile"),
        ({"a/requirements.txt": "alpha", "b/requirements.txt": "beta"}, ""),
        ({"requirements-dev.txt": "alpha"}, ""),
        ({"pyproject.toml": PROJECT}, "pyproject.toml"),
        ({"sub/pyproject.toml": PROJECT, "web/package.json": "{}"}, "sub/pyproject.toml"),
        ({"a/pyproject.toml": PROJECT, "copied/setup.cfg": SETUP}, "a/pyproject.toml"),
        ({"copied/setup.cfg": SETUP}, ""),
        ({"a/pyproject.toml": PROJECT, "b/pyproject.toml": PROJECT}, ""),
        ({"a/requirements.txt": "alpha", "b/Pipfile": PIPFILE}, ""),
        ({"requirements.txt": "beta", "sub/pyproject.toml": PROJECT}, "requirements.txt"),
        ({"tests/pyproject.toml": PROJECT}, ""),
        ({"pyproject.toml": PROJECT, "requirements.txt": "alpha==1.0\n"}, "pyproject.toml"),
        ({"setup.cfg": SETUP, "requirements.txt": "beta\n"}, "setup.cfg requirements.txt"),
        ({"pyproject.toml": PROJECT, "main.py": "import gamma"}, "pyproject.toml"),
    ],
    ids=str,
)  # fmt: skip
def test_the_list_that_is_taken(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    assert taken(survey(tmp_path, **files)) == expected.split()


def test_modules_that_releases_removed_limit_them(tmp_path: Path) -> None:
    """The lowest limit of a package counts; an optional import makes none."""
    code = "import keras.utils.np_utils\nfrom keras.layers.merge import x\n"
    optional = "try:\n    from sklearn.externals import joblib\nexcept ImportError:\n    pass\n"
    found = survey(tmp_path, **{"requirements.txt": "keras\n", "a.py": code + optional})
    assert [(each.text, each.reason) for each in found.limits] == [
        ("keras<2.9", "keras 2.9 has no `keras.layers.merge`, imported in a.py:1")
    ]


def test_a_project_that_declares_all_is_locked_as_it_is(tmp_path: Path) -> None:
    found = survey(tmp_path, **{"pyproject.toml": PROJECT, "main.py": "import alpha"})
    assert found.is_declared
    assert [(each.file, each.line) for each in found.wanted] == [("pyproject.toml", 4)]
    (tmp_path / "main.py").write_text("import numpy")
    assert not survey(tmp_path).is_declared


def test_the_project_itself_is_not_added(tmp_path: Path) -> None:
    """A script may import it by a name that only another system takes for the same."""
    found = survey(tmp_path, **{"pyproject.toml": PROJECT, "dev/a.py": "import P, gamma"})
    assert [each.requirement for each in found.missing] == ["gamma"]


def test_imports_take_their_versions_from_other_lists(tmp_path: Path) -> None:
    found = survey(
        tmp_path,
        **{
            "requirements.txt": "alpha\n",
            "sub/requirements.txt": "scikit-learn==1.0\nunused\n",
            "main.py": "import alpha, sklearn, rarely_used, utils\n",
        },
    )
    assert found.missing == (
        Wanted("rarely-used", "main.py", 1, "import", guess=True),
        Wanted("scikit-learn==1.0", "sub/requirements.txt", 1, "demand"),
    )
    assert [each.modules for each in found.unknown] == [("utils",)]
    text = "\n".join(format_survey(found))
    assert "requirements.txt" in text
    assert "`utils` is imported in main.py:1" in text


def test_a_removed_module_of_the_repository_is_marked(tmp_path: Path) -> None:
    """Only where no package is known for it: what had `seaborn.py` may mean seaborn by now."""
    main = "import ghost, rarely_used, seaborn, kept\nfrom haunted import x\n"
    files = {"ghost.py": "", "lib/haunted/__init__.py": "", "seaborn.py": "", "kept.py": ""}
    survey(tmp_path, **files, **{"main.py": main})
    for args in (["init", "-q"], ["add", "."], ["commit", "-qm", "1"]):
        git(tmp_path, *args)
    git(tmp_path, "rm", "-q", "ghost.py", "lib/haunted/__init__.py", "seaborn.py")
    assert not any(each.is_removed for each in survey(tmp_path).missing)  # no commit yet
    git(tmp_path, "commit", "-qm", "2")
    marked = {each.requirement: each.is_removed for each in survey(tmp_path).missing}
    assert marked == {"ghost": True, "haunted": True, "rarely-used": False, "seaborn": False}


def test_imports_take_their_versions_from_projects_in_folders(tmp_path: Path) -> None:
    """A line for a folder beside it is of use in that project alone."""
    project = PROJECT.replace('"alpha"', '"alpha>=1", "beta @ file:///${PROJECT_ROOT}/../beta"')
    files = {"a/pyproject.toml": project, "b/requirements.txt": "gamma==1\n"}
    found = survey(tmp_path, **files, **{"main.py": "import alpha\nimport beta\n"})
    assert [(each.requirement, each.file, each.line) for each in found.missing] == [
        ("alpha>=1", "a/pyproject.toml", 4),
    ]
    assert [each.modules for each in found.unknown] == [("beta",)]


PLACES = """[tool.uv.sources]
alpha = { path = "libs/alpha" }
beta = { workspace = true }
delta = { path = "delta" }
"""


def test_what_comes_from_a_place_is_not_taken_from_an_index(tmp_path: Path) -> None:
    """A path is kept; what cannot be taken is left out by name, and never for its import."""
    project = PROJECT.replace('"alpha"', '"alpha>=1", "beta"')
    code = "import alpha, beta, gamma, delta\n"
    found = survey(tmp_path, **{"pyproject.toml": project + PLACES, "main.py": code})
    assert [each.requirement for each in found.wanted] == ["alpha @ file:./libs/alpha", "gamma"]
    assert not found.is_declared
    assert "  beta: `beta` is not a member of the workspace" in "\n".join(format_survey(found))
    plan = Plan(None, tuple(Decision(each.requirement, each.requirement, "kept", "")
                            for each in found.wanted))  # fmt: skip
    text = format_requirements(found, plan)
    assert "# left out: beta (" in text
    (tmp_path / "requirements.in").write_text(text)
    missing = find_missing_imports(Project(tmp_path), text)
    assert not missing


def test_address_without_a_name_is_the_package_of_its_last_part(tmp_path: Path) -> None:
    """`pip install` takes such an address; the index may have another package of that name."""
    listed = "alpha\ngit+https://h.example/user/Tables.Kit.git@v1\n"
    found = survey(tmp_path, **{"requirements.txt": listed, "a.py": "import tables_kit\n"})
    assert not found.missing


def test_sources_of_a_script_count_for_it(tmp_path: Path) -> None:
    """Its paths are relative to it; one that is refused is left to the user."""
    block = """# /// script
# dependencies = ["alpha", "beta"]
# [tool.uv.sources]
# alpha = { path = "../libs/alpha" }
# beta = { workspace = true }
# ///
import alpha
import beta
"""
    found = survey(tmp_path, **{"tools/run.py": block})
    assert [each.requirement for each in found.missing] == ["alpha @ file:./libs/alpha"]
    assert [each.modules for each in found.unknown] == [("beta",)]


def test_what_pdm_takes_from_a_path_is_not_taken_from_an_index(tmp_path: Path) -> None:
    pdm = "[tool.pdm.dev-dependencies]\ndev = ['-e file:///${PROJECT_ROOT}/../beta#egg=beta']\n"
    code = {"test_x.py": "import alpha, beta\n"}
    assert not survey(tmp_path, **{"pyproject.toml": PROJECT + pdm}, **code).missing


def test_one_entry_of_poetry_leaves_the_others_of_its_group(tmp_path: Path) -> None:
    """It is named; its import is asked for without a version."""
    groups = GROUPS + 'beta = "^1 || ^2"\n'
    code = "import alpha, beta\n"
    found = survey(tmp_path, **{"pyproject.toml": groups, "main.py": code})
    assert [each.requirement for each in found.missing] == ["alpha>=1.2,<2", "beta"]
    assert "  beta: cannot translate Poetry's `beta" in "\n".join(format_survey(found))


def test_projects_that_are_not_read_are_counted(tmp_path: Path) -> None:
    """The nearest are read; what is left out is no part of what the rest of the lines count."""
    files = {f"p{number:02}/pyproject.toml": PROJECT for number in range(32)}
    text = "\n".join(format_survey(survey(tmp_path, **files)))
    assert "  2 more projects in folders were not read: of 32, labcoat reads the nearest 30" in text
    (tmp_path / "p31/pyproject.toml").unlink()
    assert "  1 more project in a folder was not read" in "\n".join(format_survey(survey(tmp_path)))
    (tmp_path / "p30/pyproject.toml").unlink()
    assert "not read" not in "\n".join(format_survey(survey(tmp_path)))


@pytest.mark.parametrize(("file", "is_said"), [("pyproject.toml", True), ("a/setup.cfg", False)])
def test_only_the_projects_own_file_was_read_before(
    tmp_path: Path, file: str, is_said: bool
) -> None:
    source = Source(file, "declared", (Wanted("alpha", file, 1, "demand"),))
    found = Survey((source,))
    text = format_requirements(found, Plan(None, (Decision("alpha", "alpha", "kept", ""),)))
    assert (f"# From {file}, which labcoat no longer reads:" in text) is is_said
    assert is_said or f"# From {file}:" in text


GROUPS = """[tool.poetry]
name = "p"
[tool.poetry.dependencies]
python = "^3.10"
[tool.poetry.group.dev.dependencies]
alpha = "^1.2"
"""


def test_groups_are_asked_for_no_more_where_requirements_in_is_written(tmp_path: Path) -> None:
    """What sources import of them is added, with the versions there."""
    files = {"pyproject.toml": GROUPS, "requirements.txt": "beta\n", "main.py": "import alpha"}
    found = survey(tmp_path, **files)
    assert taken(found) == ["requirements.txt"]
    assert [(each.requirement, each.file, each.line) for each in found.missing] == [
        ("alpha>=1.2,<2", "pyproject.toml", 6)
    ]
    (tmp_path / "requirements.txt").unlink()
    assert survey_project(Project(tmp_path)).is_declared


def test_a_group_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    """Poetry's folders have no form in a list of requirements."""
    bad = '[tool.poetry.group.bad.dependencies]\ngamma = {path = "../gamma"}\n'
    files = {"requirements.txt": "beta\n", "main.py": "import alpha"}
    found = survey(tmp_path, **{"pyproject.toml": GROUPS + bad}, **files)
    assert [each.requirement for each in found.missing] == ["alpha>=1.2,<2"]
    head, _, dev = GROUPS.partition("[tool.poetry.group")
    found = survey(tmp_path, **{"pyproject.toml": f"{head}{bad}[tool.poetry.group{dev}"})
    assert [each.requirement for each in found.missing] == ["alpha>=1.2,<2"]
    (tmp_path / "requirements.txt").unlink()
    assert not survey_project(Project(tmp_path)).missing


def test_groups_are_asked_for_no_more_where_an_import_is_added(tmp_path: Path) -> None:
    """It would not be if nothing else were missing."""
    extra = f'{PROJECT}[project.optional-dependencies]\nmore = ["beta<3"]\n'
    found = survey(tmp_path, **{"pyproject.toml": extra, "a.py": "import alpha, beta, gamma\n"})
    assert [(each.requirement, each.file, each.line) for each in found.missing] == [
        ("beta<3", "pyproject.toml", 6),
        ("gamma", "a.py", 1),
    ]
    (tmp_path / "a.py").write_text("import alpha, beta\n")
    assert survey_project(Project(tmp_path)).missing == ()


def test_an_environment_that_exists_has_the_versions(tmp_path: Path) -> None:
    packages = tmp_path / "venv/lib/python3.9/site-packages"
    (packages / "numpy-1.21.0.dist-info").mkdir(parents=True)
    found = survey(tmp_path, **{"main.py": "import numpy", "venv/pyvenv.cfg": "version = 3.9.1\n"})
    assert found.missing == (Wanted("numpy==1.21.0", "venv", 1, "freeze"),)
    (tmp_path / "venv/labcoat.json").write_text("{}")
    assert survey(tmp_path).missing[0].kind == "import"


def test_scripts_have_lists_of_their_own(tmp_path: Path) -> None:
    block = '# /// script\n# dependencies = ["numpy<2"]\n# ///\nimport numpy\n'
    found = survey(tmp_path, **{"run.py": block})
    assert found.missing == (Wanted("numpy<2", "run.py", 1, "demand"),)


LOCK = '[[package]]\nname = "numpy"\nversion = "1.0"\n\n[[package]]\nname = "alpha"\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "uv.lock"),
        ({"requirements.txt": "".join(f"p{n}==1\n" for n in range(10, 20))}, "uv.lock"),
        ({"requirements.txt": "numpy>1"}, "uv.lock"),
        ({"requirements.txt": "beta>1"}, "pyproject.toml requirements.txt"),
        ({"more.py": "import scipy"}, "pyproject.toml"),
    ],
)
def test_a_lock_of_another_tool_is_taken_if_it_has_all(
    tmp_path: Path, files: dict[str, str], expected: str
) -> None:
    """Also what only other packages depend on, and rather than what pip wrote down."""
    own = {"pyproject.toml": PROJECT, "uv.lock": LOCK, "main.py": "import numpy"}
    found = survey(tmp_path, **own, **files)
    assert taken(found) == expected.split()
    assert found.is_declared == (expected == "uv.lock")


def test_python_2_is_named_too(tmp_path: Path) -> None:
    """labcoat says that it does not support it, and takes the oldest that it does."""
    found = survey(tmp_path, **{"environment.yml": "dependencies:\n- python=2.7.11\n- alpha\n"})
    assert [each.requirement for each in found.pythons] == ["python==2.7.*"]
    assert declared_minors(found.pythons) == ("2.7",)


def test_pythons_that_files_name(tmp_path: Path) -> None:
    found = survey(
        tmp_path,
        **{"Pipfile": PIPFILE, "environment.yml": CONDA, "Dockerfile": "FROM python:3.10-slim"},
    )
    assert [(each.requirement, each.file) for each in found.pythons] == [
        ("python==3.9.*", "Pipfile"),  # the list that is taken
        ("python==3.8.*", "environment.yml"),
        ("python==3.10.*", "Dockerfile"),
    ]


FOLDER = '[project]\nname = "{0}"\nversion = "1"\nrequires-python = "{1}"\ndependencies = ["{0}"]\n'


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"a/pyproject.toml": FOLDER.format("alpha", ">=3.13")}, ["python>=3.13"]),
        (
            {
                "a/pyproject.toml": FOLDER.format("alpha", "==3.13.*"),
                "b/pyproject.toml": FOLDER.format("beta", "==3.13.*"),
            },
            ["python==3.13.*", "python==3.13.*"],
        ),
        (
            {
                "a/pyproject.toml": FOLDER.format("alpha", "==3.13.*"),
                "b/pyproject.toml": FOLDER.format("beta", ">=3.9"),
                "b/old/Dockerfile": "FROM python:3.8",
            },
            [],
        ),
        (
            {
                "requirements.txt": "alpha",
                "examples/pyproject.toml": FOLDER.format("beta", ">=3.13"),
                "deploy/api/Dockerfile": "FROM python:3.10",
            },
            ["python==3.10.*"],
        ),
    ],
)
def test_python_of_a_folder_counts_where_no_other_says_otherwise(
    tmp_path: Path, files: dict[str, str], named: list[str]
) -> None:
    """What one of several services runs on is not the repository's Python."""
    found = survey(tmp_path, **files)
    assert [each.requirement for each in found.pythons] == named


def test_system_packages_are_named(tmp_path: Path) -> None:
    conda = "dependencies:\n- pandoc\n- numpy\n"
    found = survey(tmp_path, **{"apt.txt": "libgl1\n# x\nffmpeg\n", "environment.yml": conda})
    text = "\n".join(format_survey(found))
    assert "pandoc, which only conda has: LABCOAT_CONDA_PACKAGES gets them" in text
    assert "libgl1, ffmpeg" in text


@pytest.mark.parametrize("files", [{}, {"main.rs": "use x;"}, {"a.ipynb": "no notebook"}])
def test_nothing_to_find(tmp_path: Path, files: dict[str, str]) -> None:
    found = survey(tmp_path, **files)
    assert (found.taken, found.missing, found.declared) == ((), (), "")


NOTEBOOK = """{"cells": [{"cell_type": "code", "source":
"import gamma\\n!pip install -q gamma 'beta>=2' git+https://x.example/x\\n%pip install alpha p"
}]}"""


def test_what_notebooks_install_is_added_by_itself(tmp_path: Path) -> None:
    """Also where nothing imports it; but no address, and not the project itself."""
    found = survey(
        tmp_path, **{"a.ipynb": NOTEBOOK, "requirements.txt": "alpha", "p/__init__.py": ""}
    )
    assert [each.requirement for each in found.missing] == ["gamma"]
    assert found.installed == (Wanted("beta>=2", "a.ipynb", 1, "import"),)
    assert found.wanted[-1] == found.installed[0]
    assert "Installed by notebooks, and not in requirements.txt: beta>=2 (a.ipynb:1)" in "\n".join(
        format_survey(found)
    )
    decisions = tuple(Decision(e.requirement, e.requirement, "added", "") for e in found.wanted)
    text = format_requirements(found, Plan(None, decisions))
    assert text.endswith(f"{INSTALLED}\nbeta>=2  # a.ipynb:1\n")


def test_a_notebook_replaces_no_file_that_declares_all(tmp_path: Path) -> None:
    """What it installs is named."""
    text = NOTEBOOK.replace("import gamma", "import alpha")
    found = survey(tmp_path, **{"a.ipynb": text, "pyproject.toml": PROJECT})
    assert found.is_declared
    assert [each.requirement for each in found.installed] == ["gamma", "beta>=2"]
    assert [each.requirement for each in found.wanted] == ["alpha"]


def test_folders_with_lists_of_their_own_are_named(tmp_path: Path) -> None:
    """In the root of a monorepo, each project may want an environment of its own."""
    lists = {"a/requirements.txt": "alpha\n", "b/pyproject.toml": PROJECT}
    for name, text in {**lists, "c/requirements-dev.txt": "alpha\n"}.items():
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(text)
    text = "\n".join(format_survey(survey_project(Project(tmp_path))))
    assert "a, b have lists of their own: run init in one of them" in text
    (tmp_path / "requirements.txt").write_text("alpha\n")
    assert "own: run init" not in "\n".join(format_survey(survey_project(Project(tmp_path))))


def test_main_list_of_the_only_folder_with_lists_is_taken(tmp_path: Path) -> None:
    """What a module imports inside of `try` is in no other place."""
    lists = {"requirements.txt": "alpha\nbeta\n", "requirements-web.txt": "gamma\n"}
    files = {f"app/{name}": text for name, text in {**lists, "pyproject.toml": PROJECT}.items()}
    found = survey(tmp_path, **files)
    assert taken(found) == ["app/requirements.txt"]
    assert "app/requirements.txt      2 packages → taken: its folder is the only one" in "\n".join(
        format_survey(found)
    )
    assert taken(survey(tmp_path, **{"other/requirements.txt": "alpha\n"})) == []


def test_own_package_of_a_list_is_kept_where_setup_py_cannot_be_read(tmp_path: Path) -> None:
    """It asks for more than is known; only requirements.in installs it then."""
    setup = "from setuptools import setup\nsetup(name='own', install_requires=needs())\n"
    found = survey(tmp_path, **{"setup.py": setup, "requirements.txt": "alpha\n-e .\n"})
    assert taken(found) == ["requirements.txt"]
    decisions = tuple(
        Decision(each.requirement, each.requirement, "kept", "") for each in found.wanted
    )
    text = format_requirements(found, Plan(None, decisions))
    assert text.splitlines()[1:] == ["# From requirements.txt:", "alpha", "-e ."]


def test_own_package_is_asked_for_where_a_list_governs(tmp_path: Path) -> None:
    """pip would install it beside the list, as a README says; a lock of setup.py has it itself."""
    setup = "from setuptools import setup\nsetup(name='own')\n"
    files = {"setup.py": setup, "src/own/__init__.py": "", "train.py": "import own\n"}
    found = survey(tmp_path, **files, **{"requirements.txt": "alpha\n"})
    assert not found.is_declared
    report = "\n".join(format_survey(found))
    assert "train.py:1 imports the repository's own package: `-e .` installs it" in report
    decisions = tuple(
        Decision(each.requirement, each.requirement, "kept", "") for each in found.wanted
    )
    text = format_requirements(found, Plan(None, decisions))
    assert text.splitlines()[1:] == [
        "# From requirements.txt:",
        "alpha",
        "",
        "# The repository's own package, so that Python finds it in every folder:",
        "-e .  # train.py:1",
    ]


@pytest.mark.parametrize(
    ("setup", "listed"),
    [
        ("setup(name='own', install_requires=['alpha'])", "alpha\n"),  # is locked, with itself
        ("setup(name='own')", "alpha\n-e .\n"),  # the list has it
        ("setup(name='own', install_requires=needs())", "alpha\n"),  # may contradict the list
    ],
)
def test_own_package_is_not_asked_for_again(tmp_path: Path, setup: str, listed: str) -> None:
    files = {"setup.py": f"from setuptools import setup\n{setup}\n", "src/own/__init__.py": ""}
    found = survey(tmp_path, **files, **{"train.py": "import own\n", "requirements.txt": listed})
    assert not [each for each in found.wanted if each.file == "train.py"]


def test_own_package_of_a_list_needs_no_other_file_where_it_is_installed_already(
    tmp_path: Path,
) -> None:
    """A pyproject.toml with [build-system] is locked with its own package."""
    built = f'[build-system]\nrequires = ["setuptools"]\n{PROJECT}'
    found = survey(tmp_path, **{"pyproject.toml": built, "requirements.txt": "-e .\nalpha\n"})
    assert taken(found) == ["pyproject.toml"]
