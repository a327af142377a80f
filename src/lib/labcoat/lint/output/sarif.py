"""Render findings as SARIF 2.1.0, which code hosts and editors read.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from labcoat import __version__
from labcoat.core.errors import LabcoatError
from labcoat.core.terminal import escape_control
from labcoat.lint.explain import rule_page
from labcoat.lint.findings import Finding, Replace, Rule
from labcoat.lint.registry import RULES
from labcoat.lint.runner import Report

# Where the pages are published; OWNER as in docs/rules/README.md.
_PAGES = "https://github.com/OWNER/labcoat/blob/main/docs/rules"
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
    seen: Counter[str] = Counter()
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
        "results": [_result_object(each, seen) for each in report.findings],
    }


def _rule_object(rule: Rule) -> dict[str, object]:
    try:
        page = rule_page(rule.id)
    except LabcoatError:  # the pages are not beside this labcoat
        page = rule.title
    return {
        "id": rule.id,
        "name": rule.title.title().replace(" ", ""),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": _first_paragraph(page) or rule.title},
        "help": {"text": page, "markdown": page},
        "helpUri": f"{_PAGES}/{rule.page}.md#{_anchor(rule)}",
        "defaultConfiguration": {"level": str(rule.severity)},
        "properties": {"tags": ["security"] if rule.id.startswith("SEC") else ["maintainability"]},
    }


def _first_paragraph(page: str) -> str:
    paragraphs = (each for each in page.split("\n\n") if each and not each.startswith("#"))
    return " ".join(next(paragraphs, "").replace("**What is wrong.** ", "").split())


def _anchor(rule: Rule) -> str:
    """Return the anchor that code hosts give to the heading `ID: title`."""
    words = re.sub(r"[^\w\- ]", "", f"{rule.id}: {rule.title}".lower())
    return words.replace(" ", "-")


def _fingerprint(each: Finding, seen: Counter[str]) -> str:
    """Return a digest that stays when lines move; equal findings of a file are numbered."""
    digits = re.sub(r"\d+", "#", each.message)
    key = sha256("\0".join((each.rule, each.path, digits)).encode("utf-8", "replace")).hexdigest()
    seen[key] += 1
    return f"{key[:32]}:{seen[key]}"


def _fix_objects(each: Finding) -> list[dict[str, object]]:
    """Return the edits of lines as SARIF's replacements; other edits have no such form."""
    edits = each.fix.edits if each.fix else ()
    changes = [
        {
            "artifactLocation": {"uri": _quote_path(edit.path), "uriBaseId": "ROOT"},
            "replacements": [
                {
                    "deletedRegion": {
                        "startLine": edit.line,
                        "startColumn": 1,
                        "endLine": edit.line + 1,
                        "endColumn": 1,
                    },
                    "insertedContent": {
                        "text": "".join(f"{escape_control(line)}\n" for line in edit.new)
                    },
                }
            ],
        }
        for edit in edits
        if isinstance(edit, Replace)
    ]
    if not changes or len(changes) < len(edits):
        return []
    return [{"description": {"text": escape_control(each.hint)}, "artifactChanges": changes}]


def _result_object(each: Finding, seen: Counter[str]) -> dict[str, object]:
    if Path(each.path).is_absolute():
        artifact = {"uri": _file_uri(each.path)}
    else:
        artifact = {"uri": _quote_path(each.path or "."), "uriBaseId": "ROOT"}
    physical: dict[str, object] = {"artifactLocation": artifact}
    if each.line:
        physical["region"] = {"startLine": each.line}
    result: dict[str, object] = {
        "ruleId": each.rule,
        "ruleIndex": list(RULES).index(each.rule),
        "level": str(each.severity),
        "message": {"text": f"{escape_control(each.message)}. {escape_control(each.hint)}"},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {"labcoat/v1": _fingerprint(each, seen)},
    }
    if fixes := _fix_objects(each):
        result["fixes"] = fixes
    return result


def _file_uri(path: str) -> str:
    return f"file://{_quote_path(path)}"


def _quote_path(path: str) -> str:
    return quote(os.fsencode(path))
