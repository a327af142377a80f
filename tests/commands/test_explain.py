"""`labcoat explain`: the section about a rule, or the list of rules."""

from pathlib import Path

from support.repositories import run_labcoat


def test_explain(tmp_path: Path) -> None:
    """`labcoat explain` prints the section about a rule in any case, or lists all rules."""
    assert run_labcoat(tmp_path, "explain", "env002").stdout.startswith("## ENV002: ")
    assert "KAG001" in run_labcoat(tmp_path, "explain").stdout
    assert run_labcoat(tmp_path, "explain", "ENV9").returncode == 2
