"""The pages in docs/rules and the rules in the code are the same."""

import re
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.lint import explain
from labcoat.lint.config import _READERS
from labcoat.lint.registry import RULES
from labcoat.toolchain import own_install
from support.messages import lint as messages


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_section(rule: str) -> None:
    """The section says what is wrong and how it hurts, and shows before and after."""
    section = explain.rule_page(rule)
    assert section.startswith(f"## {rule}: {RULES[rule].title}\n")
    assert all(
        part in section for part in ("**What is wrong.**", "**How it hurts.**", "Before:", "After:")
    )
    assert section.count("\n## ") == 0


def test_every_section_has_a_rule(repository: Path) -> None:
    """No page describes a rule that does not exist."""
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


def test_unknown_rule_suggests_the_nearest() -> None:
    """A misspelt rule is an error that suggests the rule with the most similar id."""
    with pytest.raises(LabcoatError, match="ENV02") as caught:
        explain.rule_page("ENV02")
    assert "ENV002" in caught.value.hint
    assert caught.value.status == 2


INSTALLATIONS = {
    "clone": (True, False, "git checkout -- docs/rules", "pip install"),
    "editable": (True, True, "git checkout -- docs/rules", "pip install"),
    "pip": (False, True, "pip install --force-reinstall labcoat", "cp -RL"),
    "copy": (False, False, "cp -RL", "pip install"),
}


@pytest.mark.parametrize(
    ("link", "by_pip", "advice", "wrong"), INSTALLATIONS.values(), ids=INSTALLATIONS.keys()
)
def test_missing_page_hint_fits_the_installation(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    advice: str,
    wrong: str,
    *,
    link: bool,
    by_pip: bool,
) -> None:
    """How to restore a missing page depends on how this labcoat was installed."""
    if link:
        (tmp_path / "pages").symlink_to("nowhere")
    monkeypatch.setattr(explain, "_PAGES", tmp_path / "pages")
    monkeypatch.setattr(own_install, "is_installed_inside", lambda: by_pip)
    with pytest.raises(LabcoatError, match=messages.MISSING_PAGE.format(rule="ENV002")) as caught:
        explain.rule_page("env002")
    assert advice in caught.value.hint
    assert wrong not in caught.value.hint
    assert caught.value.status == 2


def test_listing_names_every_rule() -> None:
    """Without a rule, all are listed."""
    assert [line.split()[0] for line in explain.rule_listing().splitlines()] == list(RULES)
