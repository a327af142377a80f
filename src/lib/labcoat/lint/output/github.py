"""Render findings as annotations, which GitHub shows beside the lines of a pull request.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from collections.abc import Iterable
from pathlib import Path

from labcoat.core.terminal import escape_control
from labcoat.lint.findings import Finding, Severity
from labcoat.lint.runner import Report

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render_reports(reports: Iterable[Report], workspace: Path | None = None) -> str:
    """Return one workflow command per finding, with files relative to `workspace`.

    The default workspace is the current directory.
    """
    base = workspace or Path.cwd()
    chosen = list(reports)
    lines = [
        _render_finding(each, _path_prefix(report.root, base))
        for report in chosen
        for each in report.findings
    ]
    lines += [f"::error::{_escape_data(report.failure)}" for report in chosen if report.failure]
    lines += [f"::notice::{_escape_data(each)}" for report in chosen for each in report.left_out]
    return "".join(f"{line}\n" for line in lines)


def _path_prefix(root: Path, base: Path) -> str:
    if root == base or not root.is_relative_to(base):
        return ""
    return f"{root.relative_to(base).as_posix()}/"


def _render_finding(each: Finding, prefix: str) -> str:
    line = f",line={each.line}" if each.line else ""
    properties = f"file={_escape_property(prefix + each.path)}{line},title={each.rule}"
    text = _escape_data(f"{each.message}. {each.hint}")
    return f"::{_COMMANDS[each.severity]} {properties}::{text}"


def _escape_data(text: str) -> str:
    return escape_control(text).replace("%", "%25")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")
