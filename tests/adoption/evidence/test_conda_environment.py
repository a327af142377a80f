"""Conda's environment files, without a YAML library."""

import time
from pathlib import Path

import pytest

from labcoat.adoption.evidence.conda_environment import find_environments
from labcoat.adoption.evidence.source import Source
from labcoat.imports.tree import list_tree


def read(root: Path, text: str, name: str = "environment.yml") -> Source:
    (root / name).write_text(text)
    (source,) = find_environments(list_tree(root))
    return source


def test_a_list_by_hand(tmp_path: Path) -> None:
    source = read(
        tmp_path,
        "name: x\nchannels: [conda-forge]\ndependencies:\n- python=3.9  # why\n"
        "- conda-forge::pytorch>=1.9,<2\n  - 'numpy=1.21'\n- pandas==1.3.5\n- scipy 1.7.*\n"
        "- pandoc\n- libpng\n- pip\n- pip:\n  - alpha~=1.0\n  - -r other.txt\n"
        "- seaborn\nvariables:\n  A: b\n",
    )
    assert source.python == "3.9"
    assert [each.requirement for each in source.wanted] == [
        *("torch>=1.9,<2", "numpy==1.21.*", "pandas==1.3.5", "scipy==1.7.*", "seaborn"),
        "alpha~=1.0",
    ]
    assert {each.kind for each in source.wanted} == {"conda", "demand"}
    assert source.system == ("pandoc",)
    assert source.wanted[0].line == 5
    skipped = {each.text: each.reason for each in source.skipped}
    assert list(skipped) == ["libpng", "-r other.txt"]


def test_lines_for_pip_are_followed_or_named(tmp_path: Path) -> None:
    """A list beside it is part of the environment; what pip alone understands is left out."""
    (tmp_path / "more.txt").write_text("beta==2.0\n-f https://pages.example\n")
    lines = "".join(f"    - {each}\n" for each in ("-r more.txt", "-e .", "alpha", "--pre"))
    source = read(tmp_path, f"dependencies:\n  - numpy\n  - pip:\n{lines}")
    assert [each.requirement for each in source.wanted] == ["numpy", "beta==2.0", "alpha"]
    assert source.wanted[1].file == "more.txt"
    texts = [each.text for each in source.skipped]
    assert texts == ["-f https://pages.example", "-e .", "--pre"]


def test_what_is_no_requirement_is_not_lost(tmp_path: Path) -> None:
    """It is corrected, or named as left out, with all other lines."""
    source = read(tmp_path, "dependencies:\n- pip:\n  - six>=1.16+cpu\n  - what is this\n")
    assert [each.requirement for each in source.wanted] == ["six>=1.16+cpu", "what is this"]


def test_a_dump_has_limits(tmp_path: Path) -> None:
    """What was built without Python is no package of Python."""
    source = read(
        tmp_path,
        "dependencies:\n  - _libgcc_mutex=0.1=main\n  - numpy=1.21.2=py39h20f2e39_0\n"
        "  - some-library=2.0=h1ccaba5_0\n  - python=3.9.7=h12debd9_1\n  - pip:\n"
        "    - alpha==1.0\nprefix: /home/x\n",
        "conda.yaml",
    )
    assert [(each.requirement, each.kind) for each in source.wanted] == [
        ("numpy==1.21.2", "conda"),
        ("alpha==1.0", "freeze"),
    ]
    assert source.python == "3.9.7"
    assert source.system == ()
    assert [each.text for each in source.skipped] == ["_libgcc_mutex", "some-library"]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\ndependencies: [*b, *b]\n",
        "dependencies:\n" + "- " * 100_000,
        "\tdependencies:\n\t- x",
        "dependencies:\n- {a: b}\n- !!python/object/apply:os.system ['x']\n",
        "dependencies: " + "[" * 100_000,
    ],
)
def test_hostile_yaml_is_read_as_lines(tmp_path: Path, text: str) -> None:
    (tmp_path / "environment.yml").write_text(text)
    find_environments(list_tree(tmp_path))


def test_a_file_of_another_name_at_the_top(tmp_path: Path) -> None:
    """It is known by its contents; other YAML files are not taken for one."""
    text = "name: x\nchannels:\n  - conda-forge\ndependencies:\n  - numpy=1.21\n"
    (tmp_path / "chart.yaml").write_text("name: x\ndependencies:\n  - name: redis\n")
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "some.yml").write_text(text)
    source = read(tmp_path, text, "requirements.yml")
    assert [each.requirement for each in source.wanted] == ["numpy==1.21.*"]


@pytest.mark.parametrize(
    "text",
    [
        "channels:\n  - general\n  - random\ndependencies:\n  - slack\n  - requests\n",
        "channels: [general]\ndependencies: [requests]\n",
        "channels:\n  - '#general'\ndependencies:\n  - python=3.9\n",
        "channels:\n  - name: stable\ndependencies:\n  - python=3.9\n",
        "channels:\n  stable: x\ndependencies:\n  - requests\n",
        "token: x\nchannels:\n  - conda-forge\ndependencies:\n  - requests\n",
        "channels:\n  - defaults\ndependencies:\n  - name: redis\n    version: 1\n",
        "channels:\n  - defaults\ndependencies:\n  redis: 1\n",
    ],
)
def test_channels_of_another_program_are_no_condas(tmp_path: Path, text: str) -> None:
    """Under another name, all of a file must be what conda knows."""
    (tmp_path / "config.yml").write_text(text)
    assert not find_environments(list_tree(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "channels: [pytorch, 'conda-forge']  # two\ndependencies: [numpy]\n",
        "name: x\nchannels:\n# ours\n- https://conda.example/own\n\ndependencies:\n- numpy\n",
        "channels:\n- own\ndependencies:\n- python=3.9\n- numpy\nvariables:\n  A: b\n",
        "channels:\n- own\ndependencies:\n- pip:\n  - numpy\n",
        "dependencies:\n- numpy\nchannels:\n- bioconda/label/main\nplatforms:\n- linux-64\n",
    ],
)
def test_what_only_conda_has_tells_its_files(tmp_path: Path, text: str) -> None:
    source = read(tmp_path, text, "config.yml")
    assert [each.requirement for each in source.wanted] == ["numpy"]


def test_a_large_file_of_one_of_its_keys_is_searched_once(tmp_path: Path) -> None:
    """A search for both keys in one pattern starts again at each line."""
    (tmp_path / "some.yml").write_text("channels: x\n" * 20_000)
    started = time.process_time()
    assert find_environments(list_tree(tmp_path)) == []
    assert time.process_time() - started < 2
