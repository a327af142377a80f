"""Change an environment as a user does, where it does not matter with which program."""

import subprocess
from pathlib import Path

from labcoat.toolchain import tool_env
from support import Repository


def install(
    repo: Repository, *words: str, python: str = ".venv/bin/python", index: str = ""
) -> None:
    """Run uv pip install with an index, by default the repository's.

    It takes a thirtieth of pip's time. The files are no links to uv's cache, so that a test may
    edit them.
    """
    options = ["--default-index", index or repo.env["PIP_INDEX_URL"], "--link-mode", "copy"]
    _run_uv(repo, ["install", "--python", str(repo.path / python), *options, *words])


def uninstall(repo: Repository, *names: str) -> None:
    """Run uv pip uninstall in the virtual environment."""
    _run_uv(repo, ["uninstall", "--python", str(repo.path / ".venv/bin/python"), *names])


def _run_uv(repo: Repository, words: list[str]) -> None:
    command: list[str | Path] = [tool_env.uv_program(), "--quiet", "pip", *words]
    subprocess.run(command, cwd=repo.path, env=repo.env, check=True)
