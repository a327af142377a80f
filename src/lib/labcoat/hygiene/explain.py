"""The page of a rule, as docs/rules has it."""

import re
from pathlib import Path

from labcoat.core.errors import Failure
from labcoat.core.project import nearest
from labcoat.hygiene.catalogue import RULES

# Beside the package where it is installed, in docs/ where it is a checkout.
_FOLDERS = (Path(__file__).parent / "pages", Path(__file__).parents[4] / "docs" / "rules")


def page(rule: str) -> str:
    """The section about `rule`. Raises Failure (status 2) where there is no such rule."""
    known = RULES.get(rule.upper())
    if known is None:
        raise Failure(f"There is no rule {rule}.", nearest(rule.upper(), RULES, f"Known are: {', '.join(RULES)}."), status=2)
    for folder in _FOLDERS:
        path = folder / f"{known.page}.md"
        if path.is_file():
            return _section(path.read_text(encoding="utf-8"), known.id)
    raise Failure(f"The page about {rule} is not installed.", "Install labcoat anew.", status=2)


def listing() -> str:
    """Every rule with its title, one a line."""
    return "".join(f"{rule.id}  {rule.severity!s:8}{rule.title}\n" for rule in RULES.values())


def _section(text: str, rule: str) -> str:
    found = re.search(rf"^## {rule}\b.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[0].rstrip() + "\n" if found else text
