"""The installed Pythons that environments are based on; they are trusted, environments are not."""

from collections.abc import Collection, Iterator
from pathlib import Path

from labcoat.toolchain import installed_pythons
from labcoat.toolchain.installed_pythons import Interpreter, own_interpreter


def find_base(executable: Path, untrusted: Collection[Path]) -> Interpreter | None:
    """Return the installed Python whose real path is `executable`; None if there is none.

    It is labcoat's own, or one on PATH or where installers put theirs. Nothing in a directory that
    is `untrusted` counts, and nothing there is run.
    """
    own = own_interpreter()
    if executable == own.executable:
        return own
    return next(
        (
            found
            for _, path in _list_trusted(untrusted)
            if path.resolve() == executable and (found := installed_pythons.ask_interpreter(path))
        ),
        None,
    )


def find_release(version: str, untrusted: Collection[Path]) -> Interpreter | None:
    """Return the installed Python of a `version` such as 3.12.1, else one of its minor version.

    Releases of a minor version do not compile all sources alike. None if there is no 3.12 at all.
    """
    minor = ".".join(version.split(".")[:2])
    nearest = None
    for found in _list_minor(minor, untrusted):
        if version in {minor, found.version}:
            return found
        nearest = nearest or found
    return nearest


def _list_minor(minor: str, untrusted: Collection[Path]) -> Iterator[Interpreter]:
    """Yield the installed Pythons of a `minor` version such as 3.12, labcoat's own first."""
    own = own_interpreter()
    if own.minor == minor:
        yield own
    for name, path in _list_trusted(untrusted):
        if name == minor and (found := installed_pythons.ask_interpreter(path)):
            yield found


def _list_trusted(untrusted: Collection[Path]) -> Iterator[tuple[str, Path]]:
    """Yield minor and path of each Python, without those in or linked to untrusted directories."""
    for minor, path in installed_pythons.list_candidates():
        places = (path.absolute(), path.resolve(), path.parent.resolve())
        if not any(place.is_relative_to(one) for place in places for one in untrusted):
            yield minor, path
