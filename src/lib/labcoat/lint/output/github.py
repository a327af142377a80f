"""Findings as GitHub shows them beside the lines of a pull request.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from collections.abc import Iterable
from pathlib import Path

from labcoat.core.terminal import escape_control
from labcoat.lint.findings import Finding, Severity
from labcoat.lint.runner import Report

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(reports: Iterable[Report], here: Path | None = None) -> str:
    """One workflow command for each finding; files are named from `here`, the workflow's folder, or from this one."""
    chosen = list(reports)
    lines = [
        _finding(each, _prefix(report.root, here or Path.cwd()))
        for report in chosen
        for each in report.findings
    ]
    lines += [f"::error::{_data(report.failure)}" for report in chosen if report.failure]
    lines += [f"::notice::{_data(each)}" for report in chosen for each in report.left_out]
    return "".join(f"{line}\n" for line in lines)


def _prefix(root: Path, here: Path) -> str:
    return (
        ""
        if root == here or not root.is_relative_to(here)
        else f"{root.relative_to(here).as_posix()}/"
    )


def _finding(each: Finding, prefix: str) -> str:
    place = f"file={_property(prefix + each.path)}" + (f",line={each.line}" if each.line else "")
    return f"::{_COMMANDS[each.severity]} {place},title={each.rule}::{_data(f'{each.message}. {each.todo}')}"


def _data(text: str) -> str:
    return escape_control(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
