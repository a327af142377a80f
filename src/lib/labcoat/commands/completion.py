"""`labcoat completion`: print what completes commands and options in bash, zsh or fish."""

import argparse
import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator

from labcoat.core.records import Record

_Line = Callable[[str, dict[str, str]], str]
_LEVELS = {"none": "", "venv": "", "conda": "", "docker": ""}


class Words(Record):
    """What can follow a command: names of commands, options, and the values of some options.

    Each is a word with its description. `command` is empty at the start.
    """

    command: str
    commands: dict[str, str]
    options: dict[str, str]
    values: dict[str, dict[str, str]]


def add_arguments(parser: ArgumentParser) -> None:
    """Add the shell."""
    parser.add_argument(
        "shell",
        choices=("bash", "zsh", "fish"),
        help='for bash and zsh: eval "$(labcoat completion bash)"; for fish: … | source',
    )


def run(args: Namespace) -> int:
    """Print the script for the shell; return 0."""
    words = list(read_words(args.whole_parser()))
    print(_FORMATS[args.shell](words), end="")
    return 0


def read_words(parser: ArgumentParser, command: str = "") -> Iterator[Words]:
    """Yield the words after `command`, whose parser is given, and after each one below it."""
    below: dict[str, ArgumentParser] = {}
    options: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    commands: dict[str, str] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            below = dict(action.choices)
            commands = {name: each.description or "" for name, each in below.items()}
            commands = {name: text.splitlines()[0] for name, text in commands.items() if text}
        elif action.option_strings:
            name = action.option_strings[-1]
            options[name] = action.help or ""
            if action.choices:
                values[name] = dict.fromkeys(map(str, action.choices), "")
            elif action.metavar == "LEVEL":
                values[name] = _LEVELS
        elif action.choices:
            commands |= dict.fromkeys(map(str, action.choices), "")
    yield Words(command, commands, options, values)
    for name, each in below.items():
        yield from read_words(each, f"{command} {name}".strip())


# The command is the words before the cursor without options and their values.
_BASH = """\
_labcoat() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  local command= word words=
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case $word in -*) ;; *) command="$command $word" ;; esac
  done
  case "${{command# }}" in
{cases}
  esac
  case "${{command# }} $previous" in
{values}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _labcoat labcoat
"""
_ZSH = """\
#compdef labcoat
_labcoat() {{
  local previous=${{words[CURRENT-1]}} command= word
  local -a found
  for word in ${{words[2,CURRENT-1]}}; do
    case $word in -*) ;; *) command="$command $word" ;; esac
  done
  case "${{command# }}" in
{cases}
  esac
  case "${{command# }} $previous" in
{values}
  esac
  _describe labcoat found || _files
}}
(( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit }}
compdef _labcoat labcoat
"""


def _format_bash(words: list[Words]) -> str:
    def line(pattern: str, found: dict[str, str]) -> str:
        return f"    {pattern}) words={shlex.quote(' '.join(found))} ;;"

    return _BASH.format(cases=_cases(words, line), values=_value_cases(words, line))


def _format_zsh(words: list[Words]) -> str:
    def line(pattern: str, found: dict[str, str]) -> str:
        items = (
            shlex.quote(f"{word.replace(':', chr(92) + ':')}{':' if text else ''}{text}")
            for word, text in found.items()
        )
        return f"    {pattern}) found=({' '.join(items)}) ;;"

    return _ZSH.format(cases=_cases(words, line), values=_value_cases(words, line))


def _cases(words: list[Words], line: _Line) -> str:
    # The longest commands first: `image build` before `image`.
    ordered = sorted(words, key=lambda each: -len(each.command.split()))
    return "\n".join(
        line(f'"{each.command}"*' if each.command else '""', each.commands | each.options)
        for each in ordered
    )


def _value_cases(words: list[Words], line: _Line) -> str:
    return "\n".join(
        line(f'"{each.command}"*" {option}"', values)
        for each in words
        for option, values in each.values.items()
    )


def _format_fish(words: list[Words]) -> str:
    lines = ["complete -c labcoat -e"]
    for each in words:
        names = each.command.split()
        conditions = [f"__fish_seen_subcommand_from {name}" for name in names]
        first = "; and ".join([*conditions, "true"])
        if each.commands:
            nothing = "__fish_use_subcommand" if not names else ""
            below = f"not __fish_seen_subcommand_from {' '.join(each.commands)}"
            condition = nothing or f"{first}; and {below}"
            lines += [
                _fish_line(condition, f"-f -a {shlex.quote(word)}", text)
                for word, text in each.commands.items()
            ]
        lines += [
            _fish_line(first, _fish_option(option, each.values.get(option, {})), text)
            for option, text in each.options.items()
        ]
    return "\n".join(lines) + "\n"


def _fish_line(condition: str, words: str, text: str) -> str:
    about = f" -d {shlex.quote(text)}" if text else ""
    return f"complete -c labcoat -n {shlex.quote(condition)} {words}{about}"


def _fish_option(option: str, values: dict[str, str]) -> str:
    kind = "-l" if option.startswith("--") else "-s"
    given = f" -x -a {shlex.quote(' '.join(values))}" if values else ""
    return f"{kind} {option.lstrip('-')}{given}"


_FORMATS = {"bash": _format_bash, "zsh": _format_zsh, "fish": _format_fish}
