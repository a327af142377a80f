"""Each format is valid for its readers, and names cannot control a terminal."""

import io
import json
from pathlib import Path

import jsonschema
import pytest

from labcoat.lint.findings import Append, Finding, Severity, safe_fix
from labcoat.lint.output import github, sarif, text
from labcoat.lint.output import json as json_report
from labcoat.lint.registry import RULES
from labcoat.lint.runner import Report, check_repository
from support.messages import lint as messages
from support.repositories import repository

SCHEMA = json.loads(
    (Path(__file__).parent / "data" / "sarif-2.1.0.json").read_text()
)  # as published by OASIS
HOSTILE = "a\nb\x1b[31m\udcff\u202e%:,.py"
REPORTS = [
    Report(Path("/r"), [], []),
    Report(
        Path("/with space/é"),
        [
            Finding(
                "ENV002",
                HOSTILE,
                f"{HOSTILE} is",
                f"do {HOSTILE}",
                fix=safe_fix(Append("x", "y")),
                severity=Severity.ERROR,
            ),
            Finding("DKF001", "Dockerfile", "not pinned", "pin", 3),
            Finding("KAG001", "/home/p/.kaggle/kaggle.json", "readable", "chmod"),
            Finding("SEC003", "", "the whole", "do", severity=Severity.NOTE),
        ],
        ["/r is not in a git repository"],
    ),
    Report(Path("/gone"), failure=f"{HOSTILE}\n  do"),
]


def test_sarif_is_valid() -> None:
    """The SARIF output conforms to the schema of SARIF 2.1.0."""
    log = json.loads(sarif.render_reports(REPORTS))
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    assert [len(run["results"]) for run in log["runs"]] == [0, 4, 0]
    assert {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]} == set(RULES)
    assert [run["invocations"][0]["executionSuccessful"] for run in log["runs"]] == [
        True,
        True,
        False,
    ]


def test_schema_rejects_invalid_sarif() -> None:
    """The schema rejects an invalid log, so the test above can fail."""
    log = json.loads(sarif.render_reports(REPORTS))
    log["runs"][1]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(SCHEMA).validate(log)


def test_json_has_every_finding() -> None:
    """The JSON has each finding with its line and fix, or null."""
    reports = json.loads(json_report.render_reports(REPORTS))
    assert [(each["rule"], each["line"], each["fix"]) for each in reports[1]["findings"]] == [
        ("ENV002", None, "safe"),
        ("DKF001", 3, None),
        ("KAG001", None, None),
        ("SEC003", None, None),
    ]


def test_github_annotations() -> None:
    """Each finding is one workflow command; separators in names are encoded."""
    lines = github.render_reports(REPORTS).splitlines()
    assert lines[1] == "::warning file=Dockerfile,line=3,title=DKF001::not pinned. pin"
    assert len(lines) == 6
    assert "%3A%2C.py,title=ENV002" in lines[0]


RENDERED = {
    "text": text.render_reports(REPORTS, io.StringIO()),
    "json": json_report.render_reports(REPORTS),
    "sarif": sarif.render_reports(REPORTS),
    "github": github.render_reports(REPORTS),
}


@pytest.mark.parametrize("rendered", RENDERED.values(), ids=RENDERED.keys())
def test_names_cannot_control_a_terminal(rendered: str) -> None:
    """No format prints escape sequences, invalid bytes or bidirectional marks."""
    rendered.encode()
    assert not any(letter in rendered for letter in ("\x1b", "\u202e", "a\nb"))


def test_colour_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """FORCE_COLOR colours the report wherever it goes, unless NO_COLOR is set."""
    coloured = "\x1b[31merror\x1b[0m"
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert coloured in text.render_reports(REPORTS, io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert coloured not in text.render_reports(REPORTS, io.StringIO())


def test_summary_counts_findings_and_names_commands() -> None:
    """The last line counts the findings and names the commands that fix and explain them."""
    rendered = text.render_reports(REPORTS[1:2], io.StringIO())
    counted, fixable, explained = rendered.splitlines()[-1].split(". ")
    assert counted == messages.COUNTED
    assert fixable == messages.FIXABLE
    assert explained == messages.EXPLAINED.format(rule="ENV002")


def test_json_keys_are_stable() -> None:
    """Programs rely on the keys of the JSON; the hint's key is `todo`."""
    (report,) = json.loads(json_report.render_reports(REPORTS[1:2]))
    assert list(report) == ["root", "findings", "left_out", "failure"]
    assert list(report["findings"][1]) == [
        *("rule", "severity", "path", "line", "message", "todo", "fix")
    ]
    assert report["findings"][1]["todo"] == "pin"


def test_sarif_has_what_code_hosts_show(tmp_path: Path) -> None:
    """Help and a link for each rule; fingerprints that stay when lines move; edits of lines."""
    files = {".gitignore": "venv # mine\n", "a.env": "", "requirements.txt": "numpy\n"}
    root = repository(tmp_path / "r", files)
    run = json.loads(sarif.render_reports([check_repository(root)]))["runs"][0]
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["help"]["markdown"].startswith(f"## {rule['id']}: ")
        page, _, anchor = rule["helpUri"].rpartition("/")[2].partition("#")
        titles = (Path(__file__).parents[3] / "docs/rules" / page).read_text(encoding="utf-8")
        assert anchor.startswith(f"{rule['id'].lower()}-")
        assert f"## {rule['id']}: {rule['shortDescription']['text']}" in titles
    fixed = [each for each in run["results"] if "fixes" in each]
    change = fixed[0]["fixes"][0]["artifactChanges"][0]
    assert change["artifactLocation"]["uri"] == ".gitignore"
    prints = [each["partialFingerprints"]["labcoat/v1"] for each in run["results"]]
    assert len(set(prints)) == len(prints)
    (root / "requirements.txt").write_text("# a\n\nnumpy\n")
    again = json.loads(sarif.render_reports([check_repository(root)]))["runs"][0]["results"]
    assert [each["partialFingerprints"]["labcoat/v1"] for each in again] == prints
