"""REQ005: imports and requirements."""

from support.repositories import venv
from support.rule_cases import (  # noqa: F401 - pytest collects the tests
    LOCK,
    PACKAGES,
    Case,
    test_near_miss,
    test_rule,
)

DENSE = (
    '{{"cells": [{{"cell_type": "code", "source": ["import os\\n", "import {}"]}}], "nbformat": 4}}'
)
NUMPY_FILES = {
    **venv(".venv"),
    f"{PACKAGES}/numpy/__init__.py": "def __getattr__(name): ...\n",
    f"{PACKAGES}/numpy/there.py": "",
}
CASES = [
    Case(
        "REQ005",
        {"requirements.txt": LOCK, "a.ipynb": DENSE.format("pandas")},
        {"requirements.txt": LOCK, "a.ipynb": DENSE.format("numpy as np")},
        name="notebook on one line",
    ),
    Case(
        "REQ005",
        {"requirements.txt": LOCK, "nb/a.ipynb": DENSE.format("pandas")},
        {"requirements.txt": LOCK, "nb/.ipynb_checkpoints/a.ipynb": DENSE.format("pandas")},
        name="earlier state of a notebook",
    ),
    Case(
        "REQ005",
        {"requirements.txt": LOCK, "a.py": "import numpy\nimport pandas\n"},
        {
            "requirements.txt": LOCK,
            "a.py": "import os, json\nfrom numpy import x\nimport b\ndef f():\n    import pandas\n",
            "b.py": "",
        },
    ),
    Case(
        "REQ005",
        {
            "requirements.txt": LOCK,
            "requirements.in": "numpy\n",
            "a.py": "import os\n",
            ".gitignore": ".venv\n",
        },
        {
            "requirements.txt": LOCK,
            "requirements.in": "numpy\n",
            "a.py": "def f():\n    import numpy\n",
            ".gitignore": ".venv\n",
        },
        untracked={
            **venv(".venv"),
            f"{PACKAGES}/numpy-2.0.0.dist-info/RECORD": "numpy/__init__.py,,\n",
        },
        nearly_untracked={
            **venv(".venv"),
            f"{PACKAGES}/numpy-2.0.0.dist-info/RECORD": "numpy/__init__.py,,\n",
        },
        name="reverse",
    ),
    Case(
        "REQ005",
        {
            "requirements.txt": LOCK,
            "requirements.in": "numpy\n",
            "a.py": "",
            ".gitignore": ".venv\n",
        },
        {
            "requirements.txt": LOCK,
            "requirements.in": "numpy  # x needs it\n",
            "a.py": "",
            ".gitignore": ".venv\n",
        },
        untracked={
            **venv(".venv"),
            f"{PACKAGES}/numpy-2.0.0.dist-info/RECORD": "numpy/__init__.py,,\n",
        },
        nearly_untracked={
            **venv(".venv"),
            f"{PACKAGES}/numpy-2.0.0.dist-info/RECORD": "numpy/__init__.py,,\n",
        },
        name="reason",
    ),
    Case(
        "REQ005",
        {"requirements.txt": LOCK, "a.py": "import numpy.gone\n", ".gitignore": ".venv\n"},
        {"requirements.txt": LOCK, "a.py": "import numpy.there\n", ".gitignore": ".venv\n"},
        untracked=NUMPY_FILES,
        nearly_untracked=NUMPY_FILES,
        name="a part that the environment lacks",
    ),
]
