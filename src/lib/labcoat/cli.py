"""The command line: the table of commands, the parser, and errors as two lines and a status.

Each command is a module of `labcoat.commands` with `add_arguments(parser)` and `run(args)`. Only
the module of the command that is run is imported, so that labcoat starts fast.
"""

import argparse
import errno
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, Protocol, cast

from labcoat import __version__
from labcoat.core import signals, stdio, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.settings import suggest_name

DESCRIPTION = "One lock, every level of isolation, proved equal."
# Group, command, summary. `image build` is the module image_build, `user-install` user_install.
COMMANDS: dict[str, dict[str, str]] = {
    "Start": {
        "init": "add labcoat to this repository: a Makefile and what else is missing",
        "doctor": "check the tools labcoat needs, and how to install missing ones",
        "completion": "print what completes commands and options in bash, zsh or fish",
    },
    "Environments": {
        "lock": "compile requirements*.in to locks with hashes",
        "venv": "make the virtual environment hold exactly the locks",
        "conda": "write environment.yml from the lock and make the conda environment",
        "user-install": "install the lock into your own Python (pip's --user)",
        "freeze": "add manually installed packages to requirements.in and the lock",
        "status": "show whether the locks and each level are fresh, stale, missing or changed",
        "run": "run a command on a level of isolation",
        "shell": "open a shell on a level of isolation",
        "notebook": "run JupyterLab on a level of isolation",
        "prove": "verify, file by file, that lock, environments and image match",
    },
    "Docker": {
        "image build": "build the image from the lock",
        "image verify": "build it twice without a cache and compare the two",
        "image record": "write image.lock.yaml, which later builds are compared with",
        "image show": "print what an image was built from and what is in it",
        "image size": "print where its bytes are, by layer and by package",
        "image audit": "find secrets in its layers (deleted ones too), configuration and history",
        "image push": "push it to the registry in its name, for LABCOAT_PLATFORMS if set",
        "image sbom": "print what is in it as a CycloneDX document",
        "extern build": "fetch the submodules and build the base images in LABCOAT_EXTERN",
        "extern pin": "write the digest that an image's tag has now to extern.toml",
        "extern status": "show which submodules and pinned images are behind their upstream",
        "context": "show what a Docker build sends, and what of it reaches the image",
        "binder": "write and check what Binder and dev containers build; print the launch link",
    },
    "Repository": {
        "check": "find committed environments, leaked secrets, broken or oversized Docker builds",
        "fix": "fix what check finds, where that is safe",
        "explain": "print the page about a rule of check",
        "clean": "remove what labcoat made, and nothing else",
    },
    "For make": {
        "help": "print every make target and the settings that differ from their defaults",
        "settings": "check the settings",
        "mk": "print the path of include.python.mk, for a Makefile's include line",
    },
}
_GROUPED = {
    "image": "build, inspect, compare and push the project's image",
    "extern": "custom base images, from Dockerfiles in git submodules",
}
_MODULES = {"help": "make_help"}
# What the system answers wherever labcoat writes, and what to do about it.
_SPACE = "Check the free space and the permissions of the project and the cache directory"
_WRONG_KIND = "Rename what is there: a file is where a directory belongs, or the reverse"
_WRITE_HINTS = {
    **dict.fromkeys((errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM), _SPACE),
    **dict.fromkeys((errno.EEXIST, errno.EISDIR, errno.ENOTDIR), _WRONG_KIND),
}
INTERRUPTED = 130  # 128 + SIGINT, as shells report it


class _Command(Protocol):
    """What each module of `labcoat.commands` has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...


def _narrow(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, width=80)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors look like all others."""

    def add_argument(self, *args: Any, **options: Any) -> argparse.Action:
        """Add an argument without looking how wide the terminal is, for which argparse imports
        shutil each time.
        """
        formatter, self.formatter_class = self.formatter_class, _narrow
        try:
            return super().add_argument(*args, **options)
        finally:
            self.formatter_class = formatter

    def error(self, message: str) -> NoReturn:
        terminal.print_error(message, f"`{self.prog} --help` lists the arguments")
        self.exit(2)


def parser(argv: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """Return the parser of all commands, or of the one in `argv`, which takes less time."""
    top = _Parser(
        prog="labcoat",
        usage="labcoat [--version] COMMAND …",
        description=f"{DESCRIPTION}\n{_listing()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.set_defaults(whole_parser=parser)
    top.add_argument("--version", action="version", version=f"labcoat {__version__}")
    first = top.add_subparsers(
        prog="labcoat", metavar="COMMAND", required=True, help=argparse.SUPPRESS
    )
    chosen = [] if argv is None else [name for name in _summaries() if _begins(argv, name)]
    parents = {}
    for name, summary in _GROUPED.items():
        if chosen and not chosen[0].startswith(f"{name} "):
            continue
        added = first.add_parser(name, description=summary)
        parents[name] = added.add_subparsers(metavar="COMMAND", required=True, title="commands")
    for name, summary in _summaries().items():
        if chosen and name not in chosen:
            continue
        parent, _, child = name.rpartition(" ")
        added = (
            parents[parent].add_parser(child, description=summary, help=summary)
            if parent
            else first.add_parser(child, description=summary)
        )
        if argv is None or name in chosen:
            command = _load(name)
            command.add_arguments(added)
            if argv is None or {"-h", "--help"}.intersection(argv):
                from labcoat.commands.reference import format_settings

                added.epilog = format_settings(name)
                added.formatter_class = argparse.RawDescriptionHelpFormatter
            added.set_defaults(run=command.run, parser=added)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run labcoat with `argv`, or the process's own arguments; return the exit status."""
    with signals.graceful_shutdown():
        try:
            try:
                return _answer(sys.argv[1:] if argv is None else argv)
            finally:
                stdio.flush_output()
        except BrokenPipeError:
            stdio.discard_output()
            return stdio.HUNG_UP


def _answer(argv: Sequence[str]) -> int:
    try:
        with signals.catch_interrupts():
            try:
                return _run(argv)
            except (LabcoatError, ImportError, OSError):
                if not _repair_tools():
                    raise
                return _run(argv)
    except LabcoatError as error:
        terminal.print_error(error.message, error.hint)
        return error.status
    except OSError as error:
        if error.errno not in _WRITE_HINTS:
            raise
        # Of two names, the second is the one that was to be replaced.
        name = error.filename2 or error.filename or "a file"
        terminal.print_error(f"cannot write {name}: {error.strerror}", _WRITE_HINTS[error.errno])
        return 1
    except KeyboardInterrupt:
        terminal.print_error("interrupted")
        return INTERRUPTED


def _run(argv: Sequence[str]) -> int:
    if not argv:
        from labcoat.commands.overview import print_overview

        return print_overview(Path.cwd())
    _refuse_unknown(argv)
    args, unknown = parser(argv).parse_known_args(argv)
    if unknown:
        args.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return int(args.run(args))


def _repair_tools() -> bool:
    """Return whether the command failed with damaged tools of labcoat's, which are whole again."""
    tools = sys.modules.get("labcoat.toolchain.tool_env")
    is_repaired = bool(tools and tools.repair_tools())
    importlib.invalidate_caches()
    return is_repaired


def _refuse_unknown(argv: Sequence[str]) -> None:
    known = {name.split()[0] for name in _summaries()}
    if argv[0] not in {*known, "-h", "--help", "--version"}:
        hint = suggest_name(argv[0], known, "`labcoat --help` lists the commands")
        raise LabcoatError(f"no command `{argv[0]}`", hint, status=2)


def _summaries() -> dict[str, str]:
    return {name: summary for group in COMMANDS.values() for name, summary in group.items()}


def _begins(argv: Sequence[str], name: str) -> bool:
    words = name.split()
    return list(argv[: len(words)]) == words


def _load(name: str) -> _Command:
    module = _MODULES.get(name, name.replace(" ", "_").replace("-", "_"))
    return cast("_Command", importlib.import_module(f"labcoat.commands.{module}"))


def _listing() -> str:
    lines = []
    for title, group in COMMANDS.items():
        lines += ["", terminal.coloured(f"{title}:", terminal.BOLD, sys.stdout)]
        lines += [f"  {name:<14} {summary}" for name, summary in group.items()]
    return "\n".join(lines)
