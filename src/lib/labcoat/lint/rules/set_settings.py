"""SET: labcoat's own settings and suppressions."""

from collections.abc import Iterator

from labcoat.lint.findings import Family, Finding, Rule, Severity
from labcoat.lint.repository.repository import Repository


def check_settings(repository: Repository) -> Iterator[Finding]:
    """SET001: invalid settings. The runner checks suppressions once all findings are known."""
    for fault in repository.settings.faults:
        yield Finding(
            "SET001",
            "pyproject.toml",
            fault,
            "Correct the setting",
            severity=Severity.ERROR,
        )


FAMILY = Family(
    rules=(
        Rule("SET001", "invalid setting", Severity.ERROR, "configuration"),
        Rule(
            "SET002",
            "suppression of an unknown rule or without a reason",
            Severity.WARNING,
            "configuration",
        ),
        Rule("SET003", "unused suppression", Severity.WARNING, "configuration"),
    ),
    check=check_settings,
)
