"""What only running a setup.py would tell is named with its line."""

from pathlib import Path

import pytest

from labcoat.adoption.evidence.computed import find_computed
from labcoat.core.project import Project
from labcoat.imports.tree import Tree


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("import a\nfrom setuptools import setup\nsetup(name='p',\n"
         "    install_requires=read('x'))\n", 4),
        ("from setuptools import setup\n# install_requires\nsetup(**a.read())\n", 3),
        ("import a\na.call()\n", 1),
        ("from setuptools import setup\nsetup(install_requires=['alpha'])\n", 0),
    ],
)  # fmt: skip
def test_line_of_what_setup_py_computes(tmp_path: Path, text: str, line: int) -> None:
    """A list in the code is read."""
    (tmp_path / "setup.py").write_text(text)
    found = find_computed(Project(tmp_path), Tree(tmp_path, ("setup.py",)))
    assert len(found) == bool(line)
    assert all(each.startswith(f"`setup.py:{line}` computes install_requires") for each in found)
