"""Findings for people: grouped by file, coloured on a terminal."""

from collections.abc import Iterable
from itertools import groupby

from labcoat.core.terminal import escape_control
from labcoat.lint.findings import Finding, Severity
from labcoat.lint.runner import Report

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "36"}


def render(reports: Iterable[Report], *, colour: bool) -> str:
    """All reports as one text; the repository is named where there are several."""
    chosen = list(reports)
    return "\n".join(_one(report, colour=colour, named=len(chosen) > 1) for report in chosen)


def _one(report: Report, *, colour: bool, named: bool) -> str:
    lines = [f"{escape_control(str(report.root))}"] if named else []
    for path, findings in groupby(report.findings, key=lambda each: each.path):
        lines.append(_bold(escape_control(path) or ".", colour=colour))
        lines += [line for each in findings for line in _finding(each, colour=colour)]
        lines.append("")
    lines += [f"labcoat: {escape_control(each)}" for each in report.left_out]
    lines.append(
        f"labcoat: {escape_control(report.failure)}" if report.failure else summary(report.findings)
    )
    return "\n".join(lines) + "\n"


def _finding(each: Finding, *, colour: bool) -> list[str]:
    severity = (
        f"\x1b[{_COLOURS[each.severity]}m{each.severity}\x1b[0m" if colour else str(each.severity)
    )
    place = f"line {each.line}: " if each.line else ""
    return [
        f"  {severity} {each.rule} {place}{escape_control(each.message)}",
        f"    {escape_control(each.todo)}",
    ]


def _bold(text: str, *, colour: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if colour else text


def summary(findings: list[Finding]) -> str:
    """One line: how many of each severity, and how to go on."""
    if not findings:
        return "Nothing found."
    counts = [
        (sum(each.severity is severity for each in findings), severity)
        for severity in reversed(Severity)
    ]
    said = ", ".join(
        f"{count} {severity}{'s' if count > 1 else ''}" for count, severity in counts if count
    )
    safe = sum(each.fix is not None and each.fix.safe for each in findings)
    fixes = f" `make fix` (or `labcoat fix`) mends {safe} of them." if safe else ""
    return f"Found {said}.{fixes} `labcoat explain {findings[0].rule}` says more."
