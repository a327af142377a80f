"""SET: labcoat's own settings and suppressions."""

from collections.abc import Iterator

from labcoat.lint.findings import Family, Finding, Rule, Severity
from labcoat.lint.repository.repository import Repository


def check(repository: Repository) -> Iterator[Finding]:
    """Settings that cannot be read; suppressions are judged when all findings are known, by `lint.runner`."""
    for fault in repository.settings.faults:
        yield Finding(
            "SET001",
            "pyproject.toml",
            f"{fault}: the default is used",
            "Correct the setting.",
            severity=Severity.ERROR,
        )


FAMILY = Family(
    rules=(
        Rule("SET001", "a setting that cannot be read", Severity.ERROR, "configuration"),
        Rule(
            "SET002",
            "a suppression of no known rule, or without a reason",
            Severity.WARNING,
            "configuration",
        ),
        Rule("SET003", "a suppression that suppresses nothing", Severity.WARNING, "configuration"),
    ),
    check=check,
)
