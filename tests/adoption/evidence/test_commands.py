"""What the commands of notebooks and Dockerfiles install."""

from pathlib import Path

import pytest

from labcoat.adoption.evidence.commands import find_commands, read_command
from labcoat.imports.packages import read_code
from labcoat.imports.tree import list_tree


@pytest.mark.parametrize(
    ("line", "requirements", "system"),
    [
        ("pip install a b==1", ("a", "b==1"), ()),
        ("pip3 install -q --upgrade 'a>=1,<2'", ("a>=1,<2",), ()),
        ("{sys.executable} -m pip install a", ("a",), ()),
        ("python -m pip install -r r.txt -i https://x a", ("a",), ()),
        ("uv pip install --system a", ("a",), ()),
        ("pip install -e . ./b git+https://x/y.git c.whl", (), ()),
        ("pip install \"a; python_version < '3.9'\" && pip install b", None, ()),
        ("conda install -y -c conda-forge pytorch=1.9 mkl", ("torch",), ()),
        ("apt-get update && apt-get install -y libgl1 x=1", (), ("libgl1", "x")),
        ("pip download a", (), ()),
        ("echo pip", (), ()),
        ("pip install 'a", (), ()),
        ("pip install --upgrade pip setuptools wheel", (), ()),
    ],
)
def test_command(line: str, requirements: tuple[str, ...] | None, system: tuple[str, ...]) -> None:
    found = read_command(line)
    assert found.requirements == (
        ("a; python_version < '3.9'", "b") if requirements is None else requirements
    )
    assert found.system == system


@pytest.mark.parametrize(
    "name", ["Dockerfile", "dockerfile", "Containerfile", "docker/Dockerfile.gpu", "api.Dockerfile"]
)
def test_dockerfile(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        "FROM --platform=linux/amd64 docker.io/library/python:3.9-slim AS base\n"
        "RUN --mount=type=cache,target=/x pip install \\\n    # why\n    a \\\n    b\n"
    )
    tree = list_tree(tmp_path)
    (source,) = find_commands(tree, read_code(tree))
    assert [each.requirement for each in source.wanted] == ["a", "b"]
    assert source.python == "3.9"
