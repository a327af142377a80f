"""Findings as GitHub shows them beside the lines of a pull request.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from collections.abc import Iterable

from labcoat.hygiene.check import Report
from labcoat.hygiene.model import Finding, Severity
from labcoat.hygiene.report.escape import escaped

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(reports: Iterable[Report]) -> str:
    """One workflow command for each finding."""
    chosen = list(reports)
    lines = [_finding(each) for report in chosen for each in report.findings]
    lines += [f"::error::{_data(report.failure)}" for report in chosen if report.failure]
    lines += [f"::notice::{_data(each)}" for report in chosen for each in report.left_out]
    return "".join(f"{line}\n" for line in lines)


def _finding(each: Finding) -> str:
    place = f"file={_property(each.path)}" + (f",line={each.line}" if each.line else "")
    return f"::{_COMMANDS[each.severity]} {place},title={each.rule}::{_data(f'{each.message}. {each.todo}')}"


def _data(text: str) -> str:
    return escaped(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
