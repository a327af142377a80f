"""The tests' own runner: what shares a fixture runs on one worker."""

import subprocess
import sys
from pathlib import Path

MODULE = """
import os, pytest

@pytest.fixture(scope="module")
def expensive():
    open("made", "a").write("x")

@pytest.mark.parametrize("number", range(8))
def test_it(expensive, number):
    pass
"""


def test_a_fixture_of_a_module_is_made_once(tmp_path: Path, repository: Path) -> None:
    """Whatever the number of workers; there are releases of pytest that xdist cannot group with."""
    (tmp_path / "test_module.py").write_text(MODULE)
    plugins = ["-p", "support.plugin", "-p", "no:hypothesispytest", "-p", "no:cacheprovider"]
    words = ["-c", "/dev/null", *plugins, "-n2", "--dist=loadgroup", "test_module.py"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *words],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(repository / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (tmp_path / "made").read_text() == "x"
