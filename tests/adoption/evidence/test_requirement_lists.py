"""Files in pip's format are found and read, whatever they are called."""

from pathlib import Path

import pytest

from labcoat.adoption.evidence.requirement_lists import find_lists, is_other
from labcoat.adoption.plan import Wanted
from labcoat.imports.tree import list_tree


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def wanted(root: Path) -> dict[str, list[str]]:
    return {
        each.file: [one.requirement for one in each.wanted] for each in find_lists(list_tree(root))
    }


@pytest.mark.parametrize(
    "name",
    [
        "requirements.txt",
        "Requirements.txt",
        "requirement.txt",
        "requierments.txt",
        "reqs.txt",
        "my_requirements.txt",
        "requirements_timeseries.txt",
        "requirements/base.txt",
        "requirements/prod.pip",
        "pip-requirements.txt",
        "sub/project/requirements.txt",
    ],
)
def test_names(tmp_path: Path, name: str) -> None:
    write(tmp_path, **{name: "alpha\n"})
    assert wanted(tmp_path) == {name: ["alpha"]}


@pytest.mark.parametrize("name", ["notes.txt", "packages.txt", "data/readme.txt", "requests.py"])
def test_other_files_are_no_lists(tmp_path: Path, name: str) -> None:
    write(tmp_path, **{name: "alpha\n"})
    assert wanted(tmp_path) == {}


def test_the_table_of_pip_list_is_read(tmp_path: Path) -> None:
    """Its heading is no package, so that the rest counts as recorded versions."""
    names = ["alpha", "beta-long", "delta", "gamma", "kappa", "lambda", "omega", "sigma"]
    rows = [f"{name:12} 1.0" for name in names]
    text = "\r\n".join(["Package      Version", "------------ -------", *rows, ""])
    write(tmp_path, **{"requirements.txt": text})
    (found,) = find_lists(list_tree(tmp_path))
    assert [each.requirement for each in found.wanted] == [f"{name}==1.0" for name in names]
    assert {each.kind for each in found.wanted} == {"freeze"}
    assert found.skipped == ()


def test_the_projects_own_list_is_first(tmp_path: Path) -> None:
    names = [
        *("requirements.txt", "requirements/base.txt", "requirements-gpu.txt"),
        *("sub/requirements.txt", "requirements-dev.txt"),
    ]
    write(tmp_path, **dict.fromkeys(reversed(names), "alpha\n"))
    assert [each.file for each in find_lists(list_tree(tmp_path))] == [
        "requirements.txt",
        "requirements/base.txt",
        "sub/requirements.txt",
        "requirements-gpu.txt",
        "requirements-dev.txt",
    ]
    assert is_other("requirements-gpu.txt")
    assert not is_other("requirements.txt")


def test_variant_of_the_main_list_is_before_other_lists(tmp_path: Path) -> None:
    write(tmp_path, **{"docker_requirements.txt": "alpha\n", "requirements_cpu.txt": "beta\n"})
    assert next(iter(wanted(tmp_path))) == "requirements_cpu.txt"


def test_a_list_of_tools_is_for_development(tmp_path: Path) -> None:
    """Whatever it is called, unless it is the folder's list by its name."""
    tools = "black==23.3.0\nPytest\npytest-cov>=4\nsetuptools\n"
    lists = {
        "requirements-pip.txt": "pip==23.1.2\n",
        "requirements-tools.txt": tools,
        "requirements-flask.txt": f"{tools}flask\n",
        "sub/requirements.txt": tools,
        "requirements.txt": tools,
    }
    write(tmp_path, **lists)
    found = {each.file for each in find_lists(list_tree(tmp_path)) if each.dev}
    assert found == {"requirements-pip.txt", "requirements-tools.txt"}


def test_included_lists_are_part_of_the_one_that_includes_them(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "requirements.txt": "-r requirements/base.txt\nbeta\n-r requirements.txt\n-r gone.txt",
            "requirements/base.txt": "# why\nalpha==1  # old\n",
        },
    )
    (source,) = find_lists(list_tree(tmp_path))
    assert source.layout == (
        "# From requirements/base.txt:",
        "# why",
        "# old",
        Wanted("alpha==1", "requirements/base.txt", 2, "demand"),
        Wanted("beta", "requirements.txt", 2, "demand"),
        "# -r requirements.txt",
        "# -r gone.txt",
    )


def test_utf_16_and_slips_of_the_pen_are_read(tmp_path: Path) -> None:
    text = "alpha==1.0\r\nbeta=1.5\r\ngamma = >2\r\n--find-links x\r\npython==3.9\r\n"
    (tmp_path / "requirements.txt").write_bytes(text.encode("utf-16"))
    assert wanted(tmp_path)["requirements.txt"][:2] == ["alpha==1.0", "beta==1.5"]


@pytest.mark.parametrize(
    ("line", "python"), [("python == 3.9  # x", "== 3.9  "), ("Python>=3.8", ">=3.8"), ("#", "")]
)
def test_line_that_says_which_python_is_one(tmp_path: Path, line: str, python: str) -> None:
    """It is no package, and what it says counts."""
    write(tmp_path, **{"requirements.txt": f"{line}\nalpha\npython-dateutil>=2\n"})
    (source,) = find_lists(list_tree(tmp_path))
    assert source.python == python
    assert [each.requirement for each in source.wanted] == ["alpha", "python-dateutil>=2"]


def test_output_of_pip_freeze_is_recognized(tmp_path: Path) -> None:
    pins = [f"package-{letter}==1.0" for letter in "abcdefghij"]
    write(tmp_path, **{"requirements.txt": "\n".join(pins)})
    (source,) = find_lists(list_tree(tmp_path))
    assert {each.kind for each in source.wanted} == {"freeze"}
    write(tmp_path, **{"requirements.txt": "\n".join(reversed(pins))})
    (source,) = find_lists(list_tree(tmp_path))
    assert {each.kind for each in source.wanted} == {"demand"}


def test_files_of_lines_without_end_are_no_error(tmp_path: Path) -> None:
    write(tmp_path, **{"requirements.txt": "\\\n" * 10_000 + "a" * 500_000})
    find_lists(list_tree(tmp_path))


def test_the_output_of_conda_list_is_read_by_condas_names(tmp_path: Path) -> None:
    """`conda list --export > requirements.txt` says which Python, and what pip installed."""
    (tmp_path / "requirements.txt").write_text(
        "# $ conda create --name <env> --file <this file>\n_libgcc_mutex=0.1=main\n"
        "numpy=1.21.2=py39h20f2e39_0\npython=3.9.7=h12debd9_1\npytorch=1.9.0=py3.9_0\n"
        "six=1.16.0=pypi_0\n"
    )
    (source,) = find_lists(list_tree(tmp_path))
    assert source.python == "3.9.7"
    assert [(each.requirement, each.kind) for each in source.wanted] == [
        ("numpy==1.21.2", "conda"),
        ("torch==1.9.0", "conda"),
        ("six==1.16.0", "freeze"),
    ]
    assert [each.text for each in source.skipped] == ["_libgcc_mutex"]


def test_only_what_conda_built_is_meant_by_its_name(tmp_path: Path) -> None:
    """Another folder has a package of its own, and an index may have another of the name."""
    lines = ["alpha @ file:///croot/alpha_16/work", "near @ file:./near", "far @ file:///home/far"]
    write(tmp_path, **{"requirements.txt": "\n".join(lines)})
    assert wanted(tmp_path) == {"requirements.txt": ["alpha", *lines[1:]]}


def test_requirements_on_one_line(tmp_path: Path) -> None:
    """The line before had no end when another one was appended; no package is invented."""
    write(tmp_path, **{"requirements.txt": "numpy==1.26.0pandas\nsix==1.0idna==3\nflask==1.0abq\n"})
    assert wanted(tmp_path)["requirements.txt"] == [
        *("numpy==1.26.0", "pandas", "six==1.0", "idna==3", "flask==1.0abq"),
    ]
