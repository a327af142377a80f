"""A test that leaves everything behind that a test can, and waits to be killed.

tests/integration/test_killed_run.py runs it.
"""

import os
import subprocess
import time
from pathlib import Path

import pytest

from support.machine import missing_engine
from support.session import unique_name

LABEL = "org.labcoat.project"  # of labcoat's containers


def test_that_is_killed(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Say what there is to be removed, a line each, in the file that LEAVES_BEHIND names."""
    told = Path(os.environ["LEAVES_BEHIND"])
    lines = []
    for words in (["sleep", "1000"], ["sh", "-c", "trap '' INT TERM HUP; sleep 1000; true"]):
        process = subprocess.Popen(words, cwd=tmp_path, start_new_session=True)
        lines += [f"process {process.pid}"]
    elsewhere = {"PATH": os.defpath, "TMPDIR": os.environ["TMPDIR"]}
    process = subprocess.Popen(["sleep", "1000"], cwd="/", env=elsewhere, start_new_session=True)
    lines += [f"process {process.pid}"]
    disk = tmp_path / "a disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk]
    if os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0:
        lines += [f"mount {disk}"]
    if not missing_engine():
        image = unique_name("labcoat-test/left-behind")
        base = request.getfixturevalue("base_image")
        subprocess.run(["docker", "tag", base, image], check=True)
        for words in (
            [f"--label={LABEL}={tmp_path}", base],
            [image],
        ):
            run = ["docker", "run", "--detach", "--rm", *words, "sleep", "1000"]
            started = subprocess.run(run, check=True, capture_output=True, text=True)
            lines += [f"container {started.stdout.strip()}"]
        lines += [f"image {image}"]
    told.with_suffix(".new").write_text("\n".join(lines))
    told.with_suffix(".new").rename(told)
    time.sleep(1000)
