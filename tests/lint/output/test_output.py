"""The formats: each is what its readers take, and nothing in a name can act on a terminal."""

import json
from pathlib import Path

import jsonschema
import pytest

from labcoat.lint.findings import Append, Finding, Severity, safe
from labcoat.lint.output import github, sarif, text
from labcoat.lint.output import json as json_report
from labcoat.lint.registry import RULES
from labcoat.lint.runner import Report

SCHEMA = json.loads(
    (Path(__file__).parent / "data" / "sarif-2.1.0.json").read_text()
)  # OASIS's, as published
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
                fix=safe(Append("x", "y")),
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
    """What is written as SARIF is SARIF 2.1.0, by its schema."""
    log = json.loads(sarif.render(REPORTS))
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    assert [len(run["results"]) for run in log["runs"]] == [0, 4, 0]
    assert {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]} == set(RULES)
    assert [run["invocations"][0]["executionSuccessful"] for run in log["runs"]] == [
        True,
        True,
        False,
    ]


def test_schema_can_say_no() -> None:
    """The schema refuses what is no SARIF, so that the test above means something."""
    log = json.loads(sarif.render(REPORTS))
    log["runs"][1]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(SCHEMA).validate(log)


def test_json_holds_every_finding() -> None:
    """The JSON has each finding with its place, and null where there is none."""
    reports = json.loads(json_report.render(REPORTS))
    assert [(each["rule"], each["line"], each["fix"]) for each in reports[1]["findings"]] == [
        ("ENV002", None, "safe"),
        ("DKF001", 3, None),
        ("KAG001", None, None),
        ("SEC003", None, None),
    ]


def test_github_annotations() -> None:
    """Each finding is one workflow command; separators in names are encoded."""
    lines = github.render(REPORTS).splitlines()
    assert lines[1] == "::warning file=Dockerfile,line=3,title=DKF001::not pinned. pin"
    assert len(lines) == 6
    assert "%3A%2C.py,title=ENV002" in lines[0]


RENDERED = {
    "text": text.render(REPORTS, colour=False),
    "json": json_report.render(REPORTS),
    "sarif": sarif.render(REPORTS),
    "github": github.render(REPORTS),
}


@pytest.mark.parametrize("rendered", RENDERED.values(), ids=RENDERED.keys())
def test_names_cannot_act(rendered: str) -> None:
    """No escape sequence, no lone byte, no turned direction of writing is printed; and it can be encoded."""
    rendered.encode()
    assert not any(letter in rendered for letter in ("\x1b", "\u202e", "a\nb"))


def test_colour_is_asked_for() -> None:
    """Colour is there when it is asked for, and nowhere else."""
    assert "\x1b[31merror\x1b[0m" in text.render(REPORTS, colour=True)


def test_text_says_how_to_go_on() -> None:
    """The last line counts the findings and names what mends them."""
    counted, mended, more = text.render(REPORTS[1:2], colour=False).splitlines()[-1].split(". ")
    assert counted == "Found 1 error, 2 warnings, 1 note"
    assert mended == "`make fix` (or `labcoat fix`) mends 1 of them"
    assert more == "`labcoat explain ENV002` says more."
