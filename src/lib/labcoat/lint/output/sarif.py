"""Render findings as SARIF 2.1.0, which code hosts and editors read.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from labcoat import __version__
from labcoat.core.terminal import escape_control
from labcoat.lint.findings import Finding, Rule
from labcoat.lint.registry import RULES
from labcoat.lint.runner import Report

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_reports(reports: Iterable[Report]) -> str:
    """Return a SARIF log with one run per repository."""
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [_run_object(report) for report in reports],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _run_object(report: Report) -> dict[str, object]:
    notes = [*report.left_out, *([report.failure] if report.failure else [])]
    return {
        "tool": {
            "driver": {
                "name": "labcoat",
                "version": __version__,
                "rules": [_rule_object(rule) for rule in RULES.values()],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not report.failure,
                "toolExecutionNotifications": [
                    {"message": {"text": escape_control(each)}, "level": "note"} for each in notes
                ],
            }
        ],
        "originalUriBaseIds": {"ROOT": {"uri": f"{_file_uri(str(report.root))}/"}},
        "results": [_result_object(each) for each in report.findings],
    }


def _rule_object(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "defaultConfiguration": {"level": str(rule.severity)},
    }


def _result_object(each: Finding) -> dict[str, object]:
    if Path(each.path).is_absolute():
        artifact = {"uri": _file_uri(each.path)}
    else:
        artifact = {"uri": _quote_path(each.path or "."), "uriBaseId": "ROOT"}
    physical: dict[str, object] = {"artifactLocation": artifact}
    if each.line:
        physical["region"] = {"startLine": each.line}
    return {
        "ruleId": each.rule,
        "ruleIndex": list(RULES).index(each.rule),
        "level": str(each.severity),
        "message": {"text": f"{escape_control(each.message)}. {escape_control(each.hint)}"},
        "locations": [{"physicalLocation": physical}],
    }


def _file_uri(path: str) -> str:
    return f"file://{_quote_path(path)}"


def _quote_path(path: str) -> str:
    return quote(os.fsencode(path))
