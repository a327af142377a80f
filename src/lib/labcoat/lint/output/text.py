"""Render findings as text, grouped by file, coloured where the stream shows colours."""

from collections.abc import Iterable
from itertools import groupby
from typing import TextIO

from labcoat.core.terminal import BOLD, CYAN, RED, YELLOW, coloured, escape_control
from labcoat.lint.findings import Finding, Severity
from labcoat.lint.runner import Report

_COLOURS = {Severity.ERROR: RED, Severity.WARNING: YELLOW, Severity.NOTE: CYAN}


def render_reports(reports: Iterable[Report], stream: TextIO, *, verbose: bool = True) -> str:
    """Return all reports as one text, coloured for `stream`; several name their repository.

    Notes are listed only if `verbose`, and counted always.
    """
    chosen = list(reports)
    return "\n".join(
        _render_report(each, stream, named=len(chosen) > 1, verbose=verbose) for each in chosen
    )


def _render_report(report: Report, stream: TextIO, *, named: bool, verbose: bool) -> str:
    lines = [escape_control(str(report.root))] if named else []
    listed = [each for each in report.findings if verbose or each.severity > Severity.NOTE]
    for path, findings in groupby(listed, key=lambda each: each.path):
        lines.append(coloured(escape_control(path) or ".", BOLD, stream))
        lines += [line for each in findings for line in _render_finding(each, stream)]
        lines.append("")
    warning = coloured("warning:", YELLOW, stream)
    lines += [f"{warning} {escape_control(each)}" for each in report.left_out]
    if report.failure:
        lines.append(f"{coloured('error:', RED, stream)} {escape_control(report.failure)}")
    else:
        lines.append(_summarize(report.findings, listed))
    return "\n".join(lines) + "\n"


def _render_finding(each: Finding, stream: TextIO) -> list[str]:
    severity = coloured(str(each.severity), _COLOURS[each.severity], stream)
    place = f"line {each.line}: " if each.line else ""
    return [
        f"  {severity} {each.rule} {place}{escape_control(each.message)}",
        f"    {escape_control(each.hint)}",
    ]


def _summarize(findings: list[Finding], listed: list[Finding]) -> str:
    """Return one line: how many findings of each severity, and which commands help."""
    if not findings:
        return "No problems found."
    counts = [
        (sum(each.severity is severity for each in findings), severity)
        for severity in reversed(Severity)
    ]
    counted = ", ".join(
        f"{count} {severity}{'s' if count > 1 else ''}" for count, severity in counts if count
    )
    safe = sum(each.fix is not None and each.fix.safe for each in findings)
    fixes = f" `make fix` (or `labcoat fix`) fixes {safe} of them." if safe else ""
    if len(listed) < len(findings):
        fixes += " `labcoat check --verbose` lists the notes."
    if not listed:
        return f"Found {counted}.{fixes}"
    return f"Found {counted}.{fixes} `labcoat explain {listed[0].rule}` explains the first."
