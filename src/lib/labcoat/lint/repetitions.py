"""One fault in several places: the first finding names the others, which become notes."""

from collections.abc import Sequence

from labcoat.core.records import replace
from labcoat.core.terminal import join_some
from labcoat.lint.findings import Finding, Severity

_SHOWN = 2  # places that are named; `--verbose` lists all


def weigh_repetitions(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings, as notes those that repeat an earlier one that is more than a note.

    Suppressed ones must be gone before: who accepts a fault in one place may not know the others.
    """
    places: dict[tuple[str, str, Severity], list[Finding]] = {}
    for each in findings:
        if each.repeats and each.severity > Severity.NOTE:
            places.setdefault((each.rule, each.repeats, each.severity), []).append(each)
    first = {id(group[0]): group for group in places.values()}
    weighed = []
    for each in findings:
        if group := first.get(id(each), []):
            weighed.append(_name_others(each, group[1:]))
        elif each.repeats and each.severity > Severity.NOTE:
            weighed.append(replace(each, severity=Severity.NOTE))
        else:
            weighed.append(each)
    return weighed


def _name_others(finding: Finding, others: Sequence[Finding]) -> Finding:
    if not others:
        return finding
    own = [each.line for each in others if each.path == finding.path]
    lines = [str(line) for line in dict.fromkeys(own) if line != finding.line]
    paths = dict.fromkeys(each.path for each in others if each.path != finding.path)
    places = []
    if lines:
        places.append(f"on line{'s' * (len(lines) > 1)} {join_some(lines, _SHOWN)}")
    if paths:
        places.append(f"in {join_some(list(paths), _SHOWN)}")
    return replace(finding, message=f"{finding.message}; the same {' and '.join(places)}")
