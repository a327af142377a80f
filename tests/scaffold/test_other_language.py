"""`labcoat init` writes nothing into a repository of another language."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.scaffold.other_language import refuse_other_language
from support.messages import scaffold as messages


def write(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.mark.parametrize("marker", ["Cargo.toml", "go.mod", "package.json", "DESCRIPTION"])
def test_another_language_is_named(tmp_path: Path, marker: str) -> None:
    """Python files of its packages do not count, nor those of a copy of labcoat."""
    write(tmp_path, marker, "src/main.rs", "node_modules/node-gyp/gyp/gyp.py", ".git/hooks/x.py")
    write(tmp_path, "tools/lib/include.python.mk", "tools/lib/labcoat/cli.py")
    with pytest.raises(LabcoatError, match=messages.NO_PYTHON.format(marker=marker)):
        refuse_other_language(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["train.py", "deep/er/notes.ipynb", "requirements.in", "environment.yml", "Requirements.txt"],
)
def test_python_beside_it_is_enough(tmp_path: Path, name: str) -> None:
    refuse_other_language(write(tmp_path, "package.json", name))


def test_an_empty_directory_is_a_start(tmp_path: Path) -> None:
    refuse_other_language(write(tmp_path, "README.md"))
