"""The command that others start: behind `sudo`, `env`, `xargs` and the like, or in `sh -c`."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from labcoat.core.patterns import lazy_pattern

# Words before a command that leave it as it is, and those of the shell's own grammar.
_BEFORE = frozenset(
    (
        *("exec", "nohup", "command", "builtin", "unbuffer", "dumb-init", "tini"),
        *("if", "then", "else", "elif", "do", "while", "until", "!", "{", "shell"),
    )
)


class _Wrapper(NamedTuple):
    """Options that have a value in the next word, and the number of words before the command."""

    values: tuple[str, ...] = ()
    operands: int = 0


# Source: the manual pages of sudo, coreutils, findutils, util-linux.
_WRAPPERS = {
    "sudo": _Wrapper(("-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D", "-R")),
    "doas": _Wrapper(("-u", "-C")),
    "env": _Wrapper(("-u", "-C")),
    "time": _Wrapper(("-f", "-o")),
    "nice": _Wrapper(("-n",)),
    "ionice": _Wrapper(("-c", "-n", "-p")),
    "stdbuf": _Wrapper(("-i", "-o", "-e")),
    "timeout": _Wrapper(("-s", "-k"), operands=1),
    "xargs": _Wrapper(("-n", "-P", "-I", "-L", "-a", "-d", "-E", "-s")),
    "chroot": _Wrapper(operands=1),
    "flock": _Wrapper(("-w", "-E"), operands=1),
}
XARGS = "{}"  # what stands for the words that xargs reads, as in its manual page
_ASSIGNMENT = lazy_pattern(r"[A-Za-z_]\w*\+?=.*", re.DOTALL)
_GIVEN = lazy_pattern(r"-[a-z]*c[a-z]*")
_SHELL = lazy_pattern(r"(?:.*/)?(?:ba|da|z|k|a)?sh")
_OTHER_USER = lazy_pattern(r"(?:.*/)?(?:su|runuser)")
_WITH_USER = lazy_pattern(r"(?:.*/)?(?:gosu|su-exec)")  # the user is their first argument


def is_shell(program: str) -> bool:
    """Whether a program is a shell, whose standard input is a script."""
    return _SHELL.fullmatch(program) is not None


def strip_prefixes(words: Sequence[str]) -> list[str]:
    """Return the words of the command itself; what xargs adds to them is `XARGS`."""
    rest = list(words)
    if rest:
        rest[0] = rest[0].lstrip("@-+") or rest[0]  # of make's recipes
    while rest and (rest[0] in _BEFORE or rest[0] in _WRAPPERS or _ASSIGNMENT.fullmatch(rest[0])):
        first = rest.pop(0)
        wrapper = _WRAPPERS.get(first)
        if wrapper:
            options = _pop_options(rest, wrapper)
            if first == "xargs" and rest and "-I" not in options:
                rest.append(XARGS)
    return rest


def _pop_options(rest: list[str], wrapper: _Wrapper) -> list[str]:
    """Take the options and operands of a wrapper from `rest`; return the options."""
    options: list[str] = []
    while rest and rest[0].startswith("-"):
        options.append(rest.pop(0))
        if options[-1] in wrapper.values and rest:
            rest.pop(0)
    del rest[: wrapper.operands]
    return options


def inner_command(command: Sequence[str]) -> list[str]:
    """Return the command that `gosu` starts as another user; nothing of any other command."""
    return strip_prefixes(command[2:]) if _WITH_USER.fullmatch(command[0]) else []


def changes_user(command: Sequence[str]) -> bool:
    """Whether a command is `su`, which chooses the user of a script."""
    return _OTHER_USER.fullmatch(command[0]) is not None


def inner_script(command: Sequence[str]) -> str | None:
    """Return the script that `sh -c`, `su -c` or `eval` runs."""
    if command[0] == "eval":
        return " ".join(command[1:])
    if not (is_shell(command[0]) or _OTHER_USER.fullmatch(command[0])):
        return None
    for before, word in pairwise(command):
        if _GIVEN.fullmatch(before) or before in ("--command", "--session-command"):
            return word
    return None
