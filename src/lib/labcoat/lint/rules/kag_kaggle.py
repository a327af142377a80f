"""KAG: Kaggle's credentials on this machine."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from labcoat.lint.findings import Family, Finding, Private, Rule, Severity, safe
from labcoat.lint.repository.repository import Repository


def check(repository: Repository) -> Iterator[Finding]:  # noqa: ARG001 - it is the person's, not the repository's
    """Credentials that others on this machine can read."""
    folder = os.environ.get("KAGGLE_CONFIG_DIR") or os.path.expanduser("~/.kaggle")  # noqa: PTH111 - raises nothing
    path = Path(folder) / "kaggle.json"
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return
    if mode & 0o077:
        yield Finding(
            "KAG001",
            str(path),
            f"others on this machine can read your Kaggle credentials (mode {mode:o}): they can act in your name",
            "Run `chmod 600` on it.",
            fix=safe(Private(str(path))),
            severity=Severity.ERROR,
        )


FAMILY = Family(
    rules=(
        Rule("KAG001", "Kaggle's credentials are readable by others", Severity.ERROR, "kaggle"),
    ),
    check=check,
)
