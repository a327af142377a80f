"""Indexes that other tools search for every package are not passed over in silence."""

from pathlib import Path

import pytest

from labcoat.toolchain.searched_indexes import warn_of_searched
from support.messages import toolchain

URL = 'url = "https://own.example/simple"\n'
UV = f'[[tool.uv.index]]\nname = "own"\n{URL}'
POETRY = f'[[tool.poetry.source]]\nname = "own"\n{URL}'


@pytest.mark.parametrize(
    "text",
    [
        UV,
        f"[[tool.uv.index]]\ndefault = true\n{URL}",
        '[tool.uv]\nextra-index-url = ["https://own.example/simple"]\n',
        '[tool.uv]\nindex-url = "https://own.example/simple"\n',
        f"{UV}[tool.uv.sources]\nsix = {{ path = 'six' }}\n",
        POETRY,
        f'{POETRY}priority = "supplemental"\n',
    ],
)
def test_an_index_for_all_packages_is_named(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    monkeypatch.setenv("PIP_INDEX_URL", "https://other.example/simple")
    warn_of_searched(tmp_path)
    assert toolchain.SEARCHED_INDEX in capsys.readouterr().err
    monkeypatch.setenv("PIP_INDEX_URL", "https://own.example/simple/")
    warn_of_searched(tmp_path)
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[tool\n",
        f"{UV}explicit = true\n",
        f"{UV}[tool.uv.sources]\nsix = {{ index = 'own' }}\n",
        UV.replace("own.example", "pypi.org"),
        f"{UV}[tool.labcoat.indexes.one]\npackages = ['six']\n",
        f'{POETRY}priority = "explicit"\n',
        f"{POETRY}[tool.poetry.dependencies]\nsix = {{ source = 'own' }}\n",
    ],
)
def test_others_are_not(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://other.example/simple")
    (tmp_path / "pyproject.toml").write_text(text)
    warn_of_searched(tmp_path)
    assert not capsys.readouterr().err
