"""The installed Pythons that environments are based on; they are trusted, environments are not."""

import json
import os
import subprocess
from collections.abc import Collection
from pathlib import Path

from labcoat.toolchain import index_config, tool_env
from labcoat.toolchain.interpreters import Interpreter, own_interpreter


def find_base(executable: Path, untrusted: Collection[Path]) -> Interpreter | None:
    """Return the installed Python whose real path is `executable`; None if there is none.

    It is labcoat's own, or one that uv finds on PATH or has installed itself. Directories on PATH
    below one that is `untrusted` do not count, and nothing in them is run.
    """
    own = own_interpreter()
    if executable == own.executable:
        return own
    if any(executable.is_relative_to(one) for one in untrusted) or not executable.exists():
        return None
    return next(
        (one for one in _list_installed("", untrusted) if one.executable == executable), None
    )


def find_minor(minor: str, untrusted: Collection[Path]) -> Interpreter | None:
    """Return an installed Python of a `minor` version such as 3.12; None if there is none."""
    own = own_interpreter()
    return own if own.minor == minor else next(iter(_list_installed(minor, untrusted)), None)


def _list_installed(minor: str, untrusted: Collection[Path]) -> list[Interpreter]:
    env = index_config.installer_environment()
    env["PATH"] = trusted_path(env.get("PATH", os.defpath), untrusted)
    env.pop("VIRTUAL_ENV", None)
    env.pop("CONDA_PREFIX", None)
    words: list[str | Path] = [
        tool_env.uv_program(),
        "python",
        "list",
        "--only-installed",
        "--no-config",
    ]
    words += ["--output-format", "json", *([minor] if minor else [])]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False, cwd="/")
    try:
        listed = [
            Interpreter(Path(one["path"]).resolve(), one["version"])
            for one in json.loads(done.stdout)
            if one.get("implementation", "cpython") == "cpython"
        ]
    except (ValueError, KeyError, TypeError):
        return []
    return [
        one
        for one in listed
        if not any(one.executable.is_relative_to(folder) for folder in untrusted)
    ]


def trusted_path(path: str, untrusted: Collection[Path]) -> str:
    """Return a PATH without the directories below one that is `untrusted`."""
    return os.pathsep.join(
        one
        for one in path.split(os.pathsep)
        if one and not any(Path(one).resolve().is_relative_to(folder) for folder in untrusted)
    )
