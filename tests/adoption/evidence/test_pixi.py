"""pixi's manifests: packages of conda's channels and of an index, features and environments."""

from pathlib import Path

from labcoat.adoption.evidence.pixi import find_manifests
from labcoat.imports.tree import list_tree

MANIFEST = """
[workspace]
name = "study"
channels = ["conda-forge"]
platforms = ["linux-64", "osx-arm64"]
[dependencies]
python = ">=3.12,<3.13"
numpy = ">=2.1, <3"
pytorch = { version = "2.4.*", channel = "conda-forge" }
pandas = "*"
r-base = "4.4.*"
requests = "2.31.*"
[target.linux-64.dependencies]
scipy = "1.14.1"
[target.win-64.dependencies]
pywin32 = "*"
[pypi-dependencies]
requests = ">=2.32"
rich = { version = "*", extras = ["jupyter"] }
fork = { git = "https://h.example/fork", tag = "v1" }
far = { version = "*", index = "https://i.example/simple" }
[feature.test.dependencies]
pytest = "*"
[feature.plots.pypi-dependencies]
seaborn = "*"
[feature.gpu.dependencies]
cupy = "*"
[environments]
default = ["plots"]
test = ["test"]
gpu = { features = ["gpu"] }
"""


def test_default_environment_is_taken(tmp_path: Path) -> None:
    """Names are those of the package index; pip's entry takes the place of conda's."""
    (tmp_path / "pixi.toml").write_text(MANIFEST)
    main, dev = find_manifests(list_tree(tmp_path))
    assert [each.requirement for each in main.wanted] == [
        "numpy>=2.1,<3",
        "torch==2.4.*",
        "pandas",
        "scipy==1.14.1",
        "requests>=2.32",
        "rich[jupyter]",
        "fork @ git+https://h.example/fork@v1",
        "seaborn",
    ]
    assert main.python == ">=3.12,<3.13"
    assert main.wanted[0].line == 8
    assert {each.text for each in main.skipped} >= {"far"}
    assert [each.requirement for each in dev.wanted] == ["pytest"]
    assert dev.dev
    assert not dev.python


def test_first_environment_stands_for_an_empty_default(tmp_path: Path) -> None:
    """What only tests need is not the project's; the rest of `[tool]` is not pixi's."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pixi.dependencies]\npython = "3.11.*"\n'
        '[tool.pixi.feature.test.dependencies]\npytest = "*"\n'
        '[tool.pixi.feature.cpu.dependencies]\nnumpy = "*"\n'
        '[tool.pixi.environments]\ntest = ["test"]\ncpu = ["cpu"]\n'
    )
    main, dev = find_manifests(list_tree(tmp_path))
    assert [each.requirement for each in main.wanted] == ["numpy"]
    assert [each.requirement for each in dev.wanted] == ["pytest"]
    (tmp_path / "pyproject.toml").write_text('[tool.other]\nname = "x"\n')
    (tmp_path / "pixi.toml").write_text("[dependencies\n")
    assert not find_manifests(list_tree(tmp_path))


def test_own_package_is_kept(tmp_path: Path) -> None:
    """`{ path = "." }` is the repository itself, if Python alone can build it."""
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "own"\nversion = "1"\n'
        '[tool.pixi.pypi-dependencies]\nown = { path = ".", editable = true }\n'
    )
    (source,) = find_manifests(list_tree(tmp_path))
    assert [each.requirement for each in source.wanted] == ["-e ."]
    assert source.wanted[0].kind == "own"
