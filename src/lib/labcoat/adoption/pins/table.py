"""The table of a plan: what was kept, moved, renamed, added and dropped, and why."""

import textwrap
from collections import Counter
from collections.abc import Iterator

from labcoat.adoption.plan import Decision, Plan
from labcoat.core import terminal

_MOST_KEPT = 6  # unchanged lines need no table
_WIDTH = 44
_SHARED = 3  # lines left out for one reason are listed together
_HEADINGS = {
    "dropped": "left out",
    "moved": "moved to a version that can be installed",
    "renamed": "renamed",
    "added": "added",
}


def format_plan(plan: Plan) -> Iterator[str]:
    """Yield the lines of the table: changes with their reasons, then how many lines stay."""
    for verdict, heading in _HEADINGS.items():
        rows = [each for each in plan.decisions if each.verdict == verdict]
        if rows:
            yield f"{heading} ({len(rows)})"
            yield from _format_rows(rows)
    kept = [each for each in plan.decisions if each.verdict == "kept"]
    noted = [each for each in kept if each.reason]
    if noted:
        yield f"kept, with a note ({len(noted)})"
        yield from _format_rows(noted)
    if kept:
        names = terminal.join_some([_clean(each.requirement) for each in kept], _MOST_KEPT)
        yield f"kept ({len(kept)}): {names}"
    if plan.python:
        has_most = "the one that suits most of these versions"
        why = "the repository asks for it" if plan.is_python_declared else has_most
        yield f"Python {plan.python}: {why}"
    for name, value in plan.settings:
        yield f"{name} = {value}"


def _format_rows(rows: list[Decision]) -> Iterator[str]:
    """Yield a line a change; several that are left out for one reason share theirs."""
    shared = Counter(each.reason for each in rows if each.after is None)
    for reason in [reason for reason, count in shared.items() if count >= _SHARED]:
        names = ", ".join(_clean(each.requirement) for each in rows if each.reason == reason)
        yield f"  {_clean(reason)}:"
        yield from textwrap.wrap(names, 96, initial_indent="    ", subsequent_indent="    ")
    rest = [each for each in rows if shared[each.reason] < _SHARED]
    texts = [_format_change(each) for each in rest]
    width = min(max(map(len, texts), default=0), _WIDTH)
    for text, each in zip(texts, rest, strict=True):
        yield f"  {text:{width}}  {_clean(each.reason)}".rstrip()


def _format_change(each: Decision) -> str:
    before = _clean(each.requirement)
    is_same = each.verdict == "kept" or each.after == each.requirement
    if each.after is None or is_same:
        return before
    return f"{before} → {_clean(each.after)}"


def _clean(text: str) -> str:
    return terminal.escape_control(" ".join(text.split()))
