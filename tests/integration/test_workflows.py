"""The GitHub action's script runs as in a workflow, and the pre-commit hooks name commands."""

import json
import os
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from support.repositories import repository as create_repository
from support.repositories import venv


@pytest.fixture
def script(repository: Path, tmp_path: Path) -> Path:
    """The script in action.yml."""
    text = (repository / "action.yml").read_text().partition("run: |\n")[2]
    path = tmp_path / "script.sh"
    path.write_text(textwrap.dedent(text))
    return path


def run(
    script: Path, repository: Path, workspace: Path, **inputs: str
) -> "subprocess.CompletedProcess[str]":
    """Run the script in the workspace as a workflow does, with its inputs as variables."""
    programs = workspace / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "python3").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (programs / "python3").chmod(0o755)
    given = {
        "LABCOAT_ACTION": str(repository),
        "REPOSITORY": ".",
        "ARGUMENTS": "",
        "SARIF": "",
        **inputs,
    }
    environ = {
        **os.environ,
        "HOME": str(workspace),
        "PATH": f"{programs}:{os.environ['PATH']}",
        **given,
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", script]
    return subprocess.run(
        command, cwd=workspace, env=environ, capture_output=True, text=True, check=False
    )


def test_action_annotates_and_writes_sarif(script: Path, repository: Path, tmp_path: Path) -> None:
    """Paths are relative to the workspace, SARIF has the same findings, and the step fails."""
    create_repository(tmp_path / "w" / "sub", {"a": ""}, venv())
    done = run(
        script,
        repository,
        tmp_path / "w",
        REPOSITORY="sub",
        SARIF="out.sarif",
        ARGUMENTS="--min-severity error",
    )
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=sub/venv,title=ENV002::")
    log = json.loads((tmp_path / "w" / "out.sarif").read_text())
    assert [each["ruleId"] for each in log["runs"][0]["results"]] == ["ENV002"]


def test_action_passes_without_findings(script: Path, repository: Path, tmp_path: Path) -> None:
    """The step passes for a clean repository and prints nothing."""
    create_repository(tmp_path / "w", {"a": "", ".gitignore": "bin\n"})
    done = run(script, repository, tmp_path / "w")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_hooks_run_existing_commands(repository: Path, tmp_path: Path) -> None:
    """Each hook's entry runs in a repository, without file names from pre-commit."""
    text = (repository / ".pre-commit-hooks.yaml").read_text()
    entries = [line.partition("entry: ")[2] for line in text.splitlines() if "entry: " in line]
    assert entries == ["labcoat check", "labcoat check --fix"]
    assert text.count("pass_filenames: false") == len(entries)
    root = create_repository(tmp_path / "r", {"a": ""})
    for entry in entries:
        command = [sys.executable, repository / "src" / "lib" / "labcoat", *entry.split()[1:]]
        subprocess.run(
            command,
            cwd=root,
            env={**os.environ, "HOME": str(tmp_path)},
            capture_output=True,
            check=True,
        )
