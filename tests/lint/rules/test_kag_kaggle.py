"""KAG: Kaggle's credentials on this machine."""

from pathlib import Path

from labcoat.lint.fixes import apply_fixes
from labcoat.lint.runner import Selection
from support.repositories import repository
from support.rule_cases import found_rules


def test_kaggle_credentials(tmp_path: Path) -> None:
    """KAG001 finds credentials that others can read, and the fix makes them private."""
    credentials = tmp_path / "home" / ".kaggle" / "kaggle.json"
    credentials.parent.mkdir(parents=True)
    credentials.write_text("{}")
    credentials.chmod(0o644)
    root = repository(tmp_path / "r", {"a": ""})
    assert found_rules(root) == {"KAG001"}
    apply_fixes(root, Selection())
    assert found_rules(root) == set()
    assert credentials.stat().st_mode & 0o777 == 0o600
