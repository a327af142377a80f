"""Render findings as JSON."""

import json
from collections.abc import Iterable

from labcoat.core.terminal import escape_control
from labcoat.lint.findings import Finding
from labcoat.lint.runner import Report


def render_reports(reports: Iterable[Report]) -> str:
    """Return a JSON list with one object per repository."""
    return (
        json.dumps([_report_object(each) for each in reports], indent=2, ensure_ascii=False) + "\n"
    )


def _report_object(report: Report) -> dict[str, object]:
    return {
        "root": escape_control(str(report.root)),
        "findings": [_finding_object(each) for each in report.findings],
        "left_out": [escape_control(each) for each in report.left_out],
        "failure": escape_control(report.failure) or None,
    }


def _finding_object(each: Finding) -> dict[str, object]:
    return {
        "rule": each.rule,
        "severity": str(each.severity),
        "path": escape_control(each.path),
        "line": each.line or None,
        "message": escape_control(each.message),
        "todo": escape_control(each.hint),
        "fix": ("safe" if each.fix.safe else "unsafe") if each.fix else None,
    }
