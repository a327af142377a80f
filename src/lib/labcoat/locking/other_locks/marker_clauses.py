"""Markers (PEP 508) as alternatives of conditions, so that they can be joined and simplified.

A package is needed where one of the ways to it is open: the marker of a package is the disjunction,
over all ways, of the conjunction of the markers on the way.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from labcoat.core.errors import LabcoatError

Condition = tuple[str, str, str]  # a variable, an operator, a value in quotes
# A set of alternatives, each a set of conditions that hold together.
Clauses = frozenset[frozenset[Condition]]

ALWAYS: Clauses = frozenset({frozenset()})
NEVER: Clauses = frozenset()
_MOST = 400  # alternatives; what tools write has fewer than ten
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_NEGATED = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "in": "not in",
    "not in": "in",
}


@lru_cache(maxsize=4096)  # most packages of a lock have the same few markers
def parse_clauses(marker: str) -> Clauses:
    """Return the clauses of `marker`; empty always holds. Raise ValueError if it is not valid."""
    if not marker.strip():
        return ALWAYS
    from labcoat._vendor.packaging.markers import Marker

    try:
        parsed: Any = Marker(marker)._markers  # packaging has no public tree
    except RecursionError:
        raise ValueError(marker) from None
    return _parse_list(parsed)


def _parse_list(parts: Any) -> Clauses:
    if isinstance(parts, tuple):
        return frozenset({frozenset({_condition(*parts)})})
    alternatives: list[Clauses] = []
    current = ALWAYS
    for part in parts:
        if part == "or":
            alternatives.append(current)
            current = ALWAYS
        elif part != "and":
            current = both(current, _parse_list(part))
    return either([*alternatives, current])


def _condition(left: Any, operator: Any, right: Any) -> Condition:
    op = str(operator)
    first, second = left.serialize(), right.serialize()
    if first.startswith('"') and op not in {"in", "not in"}:
        return second, _FLIPPED.get(op, op), first
    return first, op, second


def both(first: Clauses, second: Clauses) -> Clauses:
    """Return the clauses that hold where both do."""
    if first == ALWAYS or second == NEVER:
        return second
    if second == ALWAYS or first == NEVER:
        return first
    return _absorb(one | other for one in first for other in second)


def either(alternatives: Iterable[Clauses]) -> Clauses:
    """Return the clauses that hold where one of `alternatives` does."""
    return _absorb(clause for each in alternatives for clause in each)


def _absorb(clauses: Iterable[frozenset[Condition]]) -> Clauses:
    """Remove alternatives that others contain, and conditions that others make superfluous."""
    found = {one for one in clauses if not _contradicts(one)}
    if frozenset() in found:
        return ALWAYS
    if len(found) > _MOST:
        raise LabcoatError(
            "the markers of a lock have too many combinations", "Simplify the markers of the inputs"
        )
    changed = len(found) > 1
    while changed:
        changed = False
        found = {one for one in found if not any(other < one for other in found)}
        for one in found:
            for condition in one:
                rest = one - {condition}
                # "a and b, or a and not b" is a; "b, or a and not b" is "b or a".
                if any(
                    _negate(condition) in other and other - {_negate(condition)} <= rest
                    for other in found
                ):
                    found = (found - {one}) | {rest}
                    changed = True
                    break
            if changed:
                break
        if frozenset() in found:
            return ALWAYS
    return frozenset(found)


def _contradicts(clause: frozenset[Condition]) -> bool:
    """Whether no environment fulfils all of `clause`: a condition and its opposite, two values."""
    values: dict[str, str] = {}
    for variable, operator, value in clause:
        if (variable, _NEGATED.get(operator, ""), value) in clause:
            return True
        if operator == "==" and not value.endswith('*"'):
            known = values.setdefault(variable, value)
            if known != value and not variable.startswith("python"):
                return True
    return any(
        operator == "!=" and values.get(variable) == value for variable, operator, value in clause
    )


def _negate(condition: Condition) -> Condition:
    variable, operator, value = condition
    return variable, _NEGATED.get(operator, ""), value


def decide(clauses: Clauses, answer: Callable[[Condition], "bool | None"]) -> Clauses:
    """Replace each condition that `answer` knows, such as a selected extra, by its truth."""
    kept = []
    for clause in clauses:
        answers = {condition: answer(condition) for condition in clause}
        if False not in answers.values():
            kept.append(frozenset(each for each, known in answers.items() if known is None))
    return either([frozenset(kept)])


def format_clauses(clauses: Clauses) -> str:
    """Return the marker in the form of PEP 508, in a stable order; empty if it always holds."""
    if clauses == ALWAYS:
        return ""
    alternatives = sorted(
        " and ".join(_format_condition(each) for each in sorted(clause)) for clause in clauses
    )
    if len(alternatives) == 1:
        return alternatives[0]
    return " or ".join(f"({each})" if " and " in each else each for each in alternatives)


def _format_condition(condition: Condition) -> str:
    text = " ".join(condition)
    # As uv and pip-tools write it, but where the value has that quote itself.
    return text if "'" in text else re.sub('"', "'", text)
