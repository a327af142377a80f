"""The page of a rule, as docs/rules has it."""

import re
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.project import suggest_name
from labcoat.lint.registry import RULES

_PAGES = (
    Path(__file__).parent / "pages"
)  # a link to docs/rules in a checkout, a folder where pip installed it


def rule_page(rule: str) -> str:
    """The section about `rule`. Raises Failure (status 2) where there is no such rule."""
    known = RULES.get(rule.upper())
    if known is None:
        raise LabcoatError(
            f"There is no rule {rule}.",
            suggest_name(rule.upper(), RULES, f"Known are: {', '.join(RULES)}."),
            status=2,
        )
    path = _PAGES / f"{known.page}.md"
    if not path.is_file():
        raise LabcoatError(
            f"The page about {rule} is not installed.",
            "Copy src/lib with its links followed: cp -RL.",
            status=2,
        )
    return _section(path.read_text(encoding="utf-8"), known.id)


def rule_listing() -> str:
    """Every rule with its title, one a line."""
    return "".join(f"{rule.id}  {rule.severity!s:8}{rule.title}\n" for rule in RULES.values())


def _section(text: str, rule: str) -> str:
    found = re.search(rf"^## {rule}\b.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[0].rstrip() + "\n" if found else text
