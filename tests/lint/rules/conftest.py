"""Run the tests of `support.rule_cases` on the CASES of each module; no settings of the user."""

from pathlib import Path

import pytest

pytest.register_assert_rewrite("support.rule_cases")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize `case` with the module's CASES, and `fixable_case` with those that have a fix."""
    cases = getattr(metafunc.module, "CASES", [])
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", cases, ids=str)
    if "fixable_case" in metafunc.fixturenames:
        metafunc.parametrize("fixable_case", [c for c in cases if c.fix != "none"], ids=str)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty home folder: no Kaggle credentials, no git settings."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KAGGLE_CONFIG_DIR", raising=False)
