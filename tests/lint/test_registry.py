"""Every rule is tested by the module of its family."""

import runpy
from pathlib import Path

from labcoat.lint.registry import RULES


def test_every_rule_has_a_case() -> None:
    """Each rule has a case; but REQ004 needs a package index, and KAG001 the home folder."""
    modules = sorted((Path(__file__).parent / "rules").glob("test_*.py"))
    cases = [case for module in modules for case in runpy.run_path(str(module)).get("CASES", [])]
    assert {case.rule for case in cases} == set(RULES) - {"REQ004", "KAG001"}
