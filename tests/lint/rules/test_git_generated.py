"""GIT003, GIT004: what programs write, and large texts."""

from support.rule_cases import SMALL, Case, test_fix, test_near_miss, test_rule  # noqa: F401

LARGE = "a,b\n" * 1000
CASES = [
    *(
        Case("GIT003", {f"src/{path}": "x"}, {f"tests/fixtures/{path}": "x"}, "unsafe", name=name)
        for name, path in {
            "checkpoints": ".ipynb_checkpoints/a-checkpoint.ipynb",
            "byte-code": "__pycache__/a.cpython-311.pyc",
            "byte-code-beside": "a.pyc",
            "macos": ".DS_Store",
            "npm": "node_modules/a/index.js",
            "metadata": "a.egg-info/PKG-INFO",
            "cache": ".pytest_cache/README.md",
            "swap-file": ".a.py.swp",
            "archive": "__MACOSX/._a.py",
            "terraform": ".terraform/plugins/x",
            "experiments": "wandb/run-20240101_1-a/logs/debug.log",
        }.items()
    ),
    Case(
        "GIT004",
        {"pyproject.toml": SMALL, "data.csv": LARGE},
        {"pyproject.toml": SMALL, "data.csv": "a,b\n"},
        name="data",
    ),
    Case(
        "GIT004",
        {"pyproject.toml": SMALL, "a.ipynb": LARGE},
        {"pyproject.toml": SMALL, "a.py": LARGE},
        name="notebook",
    ),
]
