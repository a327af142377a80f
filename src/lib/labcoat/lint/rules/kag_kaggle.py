"""KAG: Kaggle's credentials on this machine."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from labcoat.lint.findings import Family, Finding, RestrictMode, Rule, Severity, safe_fix
from labcoat.lint.repository.repository import Repository


def check_kaggle_credentials(
    repository: Repository,  # noqa: ARG001 - the file is the user's, not the repository's
) -> Iterator[Finding]:
    """KAG001: credentials that other users of this machine can read."""
    folder = os.environ.get("KAGGLE_CONFIG_DIR") or os.path.expanduser("~/.kaggle")  # noqa: PTH111 - never raises
    path = Path(folder) / "kaggle.json"
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return
    if mode & 0o077:
        yield Finding(
            "KAG001",
            str(path),
            f"other users of this machine can read your Kaggle credentials (mode {mode:o}) "
            "and use your account",
            f"Run `chmod 600 {path}`",
            fix=safe_fix(RestrictMode(str(path))),
            severity=Severity.ERROR,
        )


FAMILY = Family(
    rules=(Rule("KAG001", "Kaggle credentials readable by others", Severity.ERROR, "kaggle"),),
    check=check_kaggle_credentials,
)
