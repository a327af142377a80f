"""The user's interactive shell, in which an environment stays first on PATH.

A shell reads the user's file, such as ~/.bashrc, when it starts, and pyenv or conda often put
another Python first there. So bash and zsh get a file that reads that one and then puts the
environment first.
"""

import os
import shlex
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from labcoat.core import files
from labcoat.core.cache import cache_folder
from labcoat.core.project import Project

_BASH = """# Written by labcoat at each make shell: your own file, then the environment.
if [ -f ~/.bashrc ]; then . ~/.bashrc; fi
{exports}
"""
# zsh looks for its files in ZDOTDIR, which the user's .zshenv may set. macOS's /etc/zshrc keeps the
# history there.
_ZSHENV = """# Written by labcoat at each make shell: your own file, from its own directory.
labcoat_zdotdir=$ZDOTDIR
ZDOTDIR={own}
if [ -f "$ZDOTDIR/.zshenv" ]; then . "$ZDOTDIR/.zshenv"; fi
labcoat_own=$ZDOTDIR
ZDOTDIR=$labcoat_zdotdir
"""
_ZSHRC = """# Written by labcoat at each make shell: your own file, then the environment.
if [ "$HISTFILE" = "$ZDOTDIR/.zsh_history" ]; then HISTFILE=$labcoat_own/.zsh_history; fi
ZDOTDIR=$labcoat_own
unset labcoat_own labcoat_zdotdir
if [ -f "$ZDOTDIR/.zshrc" ]; then . "$ZDOTDIR/.zshrc"; fi
{exports}
"""


def shell_folder(project: Project, level: str) -> Path:
    """Return where to write the shell's files: `.labcoat`, or the cache if that is read-only."""
    folder = project.state / "shell" / level
    try:
        files.state_folder(project.state)
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError as error:
        if not files.is_read_only(error):
            raise
    key = sha256(os.fsencode(project.state)).hexdigest()[:16]
    return cache_folder() / "shell" / f"{key}-{level}"


def shell_command(folder: Path, programs: Path, variables: Mapping[str, str]) -> list[str]:
    """Return the command for the user's shell with `variables` set and `programs` first on PATH.

    The files that the shell reads are written to `folder`; only bash and zsh have such files.
    """
    program = os.environ.get("SHELL") or "/bin/sh"
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())
    exports += f'\nexport PATH={shlex.quote(str(programs))}:"$PATH"'
    match Path(program).name:
        case "bash":
            files.write_file(folder / "bashrc", _BASH.format(exports=exports))
            return [program, "--rcfile", str(folder / "bashrc")]
        case "zsh":
            own = os.environ.get("ZDOTDIR") or str(Path.home())
            files.write_file(folder / ".zshenv", _ZSHENV.format(own=shlex.quote(own)))
            files.write_file(folder / ".zshrc", _ZSHRC.format(exports=exports))
            return ["env", f"ZDOTDIR={folder}", program]
        case _:
            return [program]
