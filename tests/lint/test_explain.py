"""The pages in docs/rules and the rules in the code are the same."""

import re
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.lint import explain
from labcoat.lint.config import _READERS
from labcoat.lint.registry import RULES


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_section(rule: str) -> None:
    """The section says what is wrong, how it hurts, and shows before and after."""
    section = explain.rule_page(rule)
    assert section.startswith(f"## {rule}: {RULES[rule].title}\n")
    assert all(
        part in section for part in ("**What is wrong.**", "**How it hurts.**", "Before:", "After:")
    )
    assert section.count("\n## ") == 0


def test_every_section_has_a_rule(repository: Path) -> None:
    """No page speaks of a rule that there is not."""
    pages = (repository / "docs" / "rules").glob("*.md")
    sections = [
        rule
        for page in pages
        for rule in re.findall(r"^## ([A-Z]{3}\d{3})\b", page.read_text(), re.MULTILINE)
    ]
    assert sorted(sections) == sorted(RULES)


def test_families_and_settings_are_listed(repository: Path) -> None:
    """The overview names every page and every setting."""
    overview = (repository / "docs" / "rules" / "README.md").read_text()
    assert all(f"({rule.page}.md)" in overview for rule in RULES.values())
    assert all(re.search(rf"^{name} = ", overview, re.MULTILINE) for name in _READERS)


def test_unknown_rule_is_answered_with_the_nearest() -> None:
    """A misspelt rule is an error that names what was meant."""
    with pytest.raises(LabcoatError, match="ENV02") as caught:
        explain.rule_page("ENV02")
    assert "ENV002" in caught.value.hint
    assert caught.value.status == 2


def test_listing_names_every_rule() -> None:
    """Without a rule, all are listed."""
    assert [line.split()[0] for line in explain.rule_listing().splitlines()] == list(RULES)
