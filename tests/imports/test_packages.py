"""What sources and notebooks import that is neither Python's nor the repository's own."""

import json
import time
from pathlib import Path

from labcoat.imports.packages import find_packages, read_code
from labcoat.imports.tree import list_tree


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def packages(root: Path) -> dict[str, str]:
    tree = list_tree(root)
    return {each.package: each.file for each in find_packages(tree, read_code(tree))}


def test_foreign_modules_with_their_packages(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "main.py": "import os, numpy.linalg\nfrom own import x\nimport package.part\n"
            "try:\n    import optional\nexcept ImportError:\n    pass\nimport sklearn\n",
            "own.py": "",
            "src/package/__init__.py": "import yaml",
            "setup.py": "import unwanted",
            "tests/test_x.py": "import pytest, numpy",
            "n.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": "import cv2"}]}),
        },
    )
    assert packages(tmp_path) == {
        "numpy": "main.py",
        "opencv-python": "n.ipynb",
        "pytest": "tests/test_x.py",
        "pyyaml": "src/package/__init__.py",
        "scikit-learn": "main.py",
    }


def test_a_folder_of_notes_does_not_hide_a_package(tmp_path: Path) -> None:
    """A course has a folder for each library; without __init__.py it is no package itself."""
    write(tmp_path, **{"pandas/lesson.py": "import pandas, helpers", "helpers/x.py": ""})
    assert packages(tmp_path) == {"pandas": "pandas/lesson.py"}


def test_a_folder_of_modules_is_imported_whatever_package_has_its_name(tmp_path: Path) -> None:
    """`datasets` is a package too: an import of that itself means it."""
    write(tmp_path, **{"datasets/birds.py": "", "main.py": "from datasets.birds import x"})
    assert packages(tmp_path) == {}
    write(tmp_path, **{"main.py": "import datasets.birds\nfrom datasets import load_dataset"})
    assert packages(tmp_path) == {"datasets": "main.py"}
    write(tmp_path, **{"main.py": "import torch.utils", "examples/torch/utils/x.py": ""})
    assert packages(tmp_path) == {"torch": "main.py"}


def test_what_is_imported_from_a_folder_of_modules_is_no_package(tmp_path: Path) -> None:
    """Also of a folder beside the source, on several lines, and in a notebook."""
    cell = {"cell_type": "code", "source": "from datasets import birds"}
    write(
        tmp_path,
        **{
            "datasets/birds.py": "",
            "datasets/more/__init__.py": "",
            "main.py": "from datasets import (\n    birds,\n)\nfrom datasets import more\n",
            "n.ipynb": json.dumps({"cells": [cell]}),
            "sub/datasets/bees.py": "",
            "sub/a.py": "from datasets import bees\nimport datasets.bees\n",
            "examples/torch/utils/x.py": "",
        },
    )
    assert packages(tmp_path) == {}
    write(tmp_path, **{"b.py": "from datasets import bees"})
    assert packages(tmp_path) == {"datasets": "b.py"}
    write(tmp_path, **{"examples/run.py": "import torch.utils\nfrom torch import utils"})
    assert packages(tmp_path) == {"datasets": "b.py", "torch": "examples/run.py"}


def test_a_copy_of_labcoat_and_environments_are_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "lib/include.python.mk": "",
            "lib/labcoat/x.py": "import yaml",
            "env/pyvenv.cfg": "",
            "env/lib/python3.11/site-packages/a.py": "import numpy",
            "node_modules/a.py": "import scipy",
        },
    )
    assert packages(tmp_path) == {}


def test_hostile_files_take_no_time(tmp_path: Path) -> None:
    """Nothing is executed or followed, and what is too long is named."""
    write(tmp_path, **{"setup.py": "raise SystemExit", "a\nb.py": "import numpy"})
    (tmp_path / "long.ipynb").write_bytes(b" " * (100 << 20))
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "outside.py").symlink_to("/etc/passwd")
    start = time.monotonic()
    tree = list_tree(tmp_path)
    code = read_code(tree)
    assert [each.package for each in find_packages(tree, code)] == ["numpy"]
    assert code.unread == ["long.ipynb"]
    assert time.monotonic() - start < 5


def test_a_notebook_may_be_imported_by_another(tmp_path: Path) -> None:
    """Its name is no package's, unless the package is well known: that is what it is about."""
    cell = {"cell_type": "code", "source": "import first_transform, pandas"}
    notebook = json.dumps({"cells": [cell]})
    write(
        tmp_path,
        **{"n/model.ipynb": notebook, "n/first_transform.ipynb": "{}", "n/pandas.ipynb": "{}"},
    )
    assert packages(tmp_path) == {"pandas": "n/model.ipynb"}


def test_a_mark_and_other_line_endings_hide_no_import(tmp_path: Path) -> None:
    """Editors of Windows write them, and Python reads them."""
    (tmp_path / "marked.py").write_bytes(b"\xef\xbb\xbfimport numpy\r\nimport pandas\r\n")
    (tmp_path / "old.py").write_bytes(b"import yaml\rimport cv2\r")
    assert packages(tmp_path).keys() == {"numpy", "opencv-python", "pandas", "pyyaml"}
