"""Print what docs/rules says about a rule."""

import re
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.lint.registry import RULES, unknown_rule_error

# In a clone a link to docs/rules; where pip installed labcoat, a folder.
_PAGES = Path(__file__).parent / "pages"


def rule_page(rule: str) -> str:
    """Return the section about `rule`; raise LabcoatError (status 2) if there is none."""
    known = RULES.get(rule.upper())
    if known is None:
        raise unknown_rule_error(rule)
    path = _PAGES / f"{known.page}.md"
    if not path.is_file():
        raise LabcoatError(
            f"the page about `{known.id}` is missing: `{path}`", _missing_page_hint(), status=2
        )
    return _find_section(path.read_text(encoding="utf-8"), known.id)


def _missing_page_hint() -> str:
    """Return how to get the pages, depending on how this labcoat was installed."""
    from labcoat.toolchain import own_install

    if _PAGES.is_symlink():
        return (
            "Restore `docs/rules` in this clone (`git checkout -- docs/rules`). "
            "To use `src/lib` elsewhere, copy it with `cp -RL`, which follows links"
        )
    if own_install.is_installed_inside():
        return "Reinstall labcoat: `pip install --force-reinstall labcoat`"
    return "Copy `src/lib` from a clone again, with `cp -RL`, which follows links"


def rule_listing() -> str:
    """Return every rule with its severity and title, one per line."""
    return "".join(f"{rule.id}  {rule.severity!s:8}{rule.title}\n" for rule in RULES.values())


def _find_section(text: str, rule: str) -> str:
    found = re.search(rf"^## {rule}\b.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[0].rstrip() + "\n" if found else text
