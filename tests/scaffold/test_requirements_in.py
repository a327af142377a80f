"""requirements.in of a repository that labcoat comes to."""

import time
from pathlib import Path

import pytest

from labcoat.core import git
from labcoat.scaffold import requirements_in


@pytest.mark.parametrize(("days", "is_named"), [(1, False), (29, False), (31, True), (4000, True)])
def test_day_of_a_recent_commit_is_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, *, is_named: bool
) -> None:
    """The releases of that day are nearly those of today."""
    seconds = int(time.time()) - days * 86400
    monkeypatch.setattr(git, "last_commit_time", lambda *_: seconds)
    day = time.strftime("%Y-%m-%d", time.gmtime(seconds))
    assert requirements_in._last_day(tmp_path) == (day if is_named else "")
