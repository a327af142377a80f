"""SEC: secrets in git, in the build context, in the image."""

import os
from collections.abc import Iterator

from labcoat.container.quoting import docker_pattern
from labcoat.core import secrets
from labcoat.hygiene.builds import BuildFacts
from labcoat.hygiene.model import Append, Family, Finding, Rule, Severity, safe
from labcoat.hygiene.repository import Repository

_ROTATE = "Revoke it where it was issued, make a new one, and keep that out of the repository: history keeps the old one."


def check(repository: Repository) -> Iterator[Finding]:
    """Secrets, by name and by what is in them, and where they go."""
    written = _written(repository)
    for path in sorted({*written, *secrets.hinted(repository.tracked)}):
        if what := written.get(path) or _named(repository, path):
            yield Finding(
                "SEC001", path, f"{what} is tracked: whoever can read the repository has it", _ROTATE, severity=Severity.ERROR
            )
    for facts in repository.builds:
        yield from _in_build(repository, facts, written)


def _named(repository: Repository, path: str) -> str:
    """A secret that shows by its name, unless the file is empty."""
    if not secrets.by_name(path):
        return ""
    try:
        empty = os.lstat(repository.root / path).st_size == 0
    except OSError:
        empty = False  # gone from the working tree, still in the index
    return "" if empty else "a file that holds secrets"


def _written(repository: Repository) -> dict[str, str]:
    """The tracked files in which a key or token stands, each with what it is."""
    found = {path: secrets.in_content(repository.read(path)) for path in repository.suspects}
    return {path: what for path, what in found.items() if what}


def _in_build(repository: Repository, facts: BuildFacts, written: dict[str, str]) -> Iterator[Finding]:
    """Secrets that a build is sent; those that reach the image weigh more."""
    tokens = {path for path in facts.sent if facts.place(path) in written} if written else set()
    for path in sorted({*tokens, *secrets.hinted(facts.sent)}):
        place = facts.place(path)
        what = written.get(place) or _named(repository, place)
        if not what:
            continue
        name = path.rpartition("/")[2]
        pattern = f"**/{docker_pattern(name)}"
        fix = safe(Append(facts.ignore_file, pattern))
        todo = f"Add a line {pattern} to {facts.ignore_file}; give it to the build with `--secret`, or at run time."
        if line := facts.reaching.get(path):
            message = f"{what}, {place}, reaches the image: whoever can pull the image has it"
            yield Finding("SEC002", facts.dockerfile, message, todo, line, fix, Severity.ERROR)
        else:
            message = f"{what} is in the build context of {facts.dockerfile}: one COPY more and it is in the image"
            yield Finding("SEC003", place, message, todo, fix=fix)


FAMILY = Family(
    rules=(
        Rule("SEC001", "a secret is tracked", Severity.ERROR, "secrets"),
        Rule("SEC002", "a secret reaches the image", Severity.ERROR, "secrets"),
        Rule("SEC003", "a secret is in the build context", Severity.WARNING, "secrets"),
    ),
    check=check,
)
