"""SEC: secrets in git, in the build context, in the image."""

import os
from collections.abc import Container, Iterator
from dataclasses import dataclass

from labcoat.container.quoting import docker_pattern
from labcoat.core import secrets
from labcoat.hygiene.builds import BuildFacts
from labcoat.hygiene.model import Append, Family, Finding, Rule, Severity, safe
from labcoat.hygiene.places import is_aside
from labcoat.hygiene.repository import Repository

_ROTATE = "Revoke it where it was issued, make a new one, and keep that out of the repository: history keeps the old one."
_SHOW = (
    "If it was made for show and opens nothing, say so in [tool.labcoat] of pyproject.toml: "
    'ignore = [{ rule = "SEC001", path = "PATH", reason = "…" }]. Else revoke it.'
)
_UNTRACK = "Take it out with `git rm --cached`, ignore it, and track an `.env.example` in its place."


@dataclass(frozen=True)
class _Secret:
    """What kind of secret a file is; `sure` where it can only be one, not one made for show or a file of settings."""

    what: str
    sure: bool = True
    todo: str = _ROTATE


def check(repository: Repository) -> Iterator[Finding]:
    """Secrets, by name and by what is in them, and where they go."""
    written = _written(repository)
    for path in sorted({*written, *secrets.hinted(repository.tracked)}):
        if secret := written.get(path) or _named(repository, path):
            message = f"{secret.what} is tracked: whoever can read the repository has it"
            yield Finding("SEC001", path, message, secret.todo, severity=_severity(secret))
    yield from _in_builds(repository, written)


def _severity(secret: _Secret) -> Severity:
    return Severity.ERROR if secret.sure else Severity.WARNING


def _named(repository: Repository, path: str) -> _Secret | None:
    """A secret that shows by its name, unless the file is empty, or holds variables of which none looks like one."""
    if not secrets.by_name(path):
        return None
    try:
        if os.lstat(repository.root / path).st_size == 0:
            return None
    except OSError:
        return _Secret("a file that holds secrets")  # gone from the working tree, still in the index
    if not secrets.is_environment(path) or secrets.in_environment(repository.read(path)):
        return _made("a file that holds secrets", path)
    if path.rpartition("/")[2].lower() in (".env", ".env.local") and not is_aside(path):
        return _Secret("a file where secrets are kept (none is seen in it now)", sure=False, todo=_UNTRACK)
    return None


def _made(what: str, path: str) -> _Secret:
    """A secret at `path`; among tests and examples it is likely one that opens nothing."""
    return _Secret(what, sure=False, todo=_SHOW.replace("PATH", path)) if is_aside(path) else _Secret(what)


def _written(repository: Repository) -> dict[str, _Secret]:
    """The tracked files in which a key or token stands, each with what it is."""
    found = {path: secrets.in_content(repository.whole(path)) for path in repository.suspects}
    return {path: _made(what, path) for path, what in found.items() if what}


def _in_builds(repository: Repository, written: dict[str, _Secret]) -> Iterator[Finding]:
    """Secrets that builds are sent, each once for an ignore file that lets it pass."""
    passed: dict[tuple[str, str], list[BuildFacts]] = {}
    for facts in repository.builds:
        tokens = {path for path in facts.sent if facts.place(path) in written} if written else set()
        for path in {*tokens, *secrets.hinted(facts.sent)}:
            passed.setdefault((facts.ignore_file, facts.place(path)), []).append(facts)
    places = {place: written.get(place) or _named(repository, place) for _, place in passed}
    found = {place: secret for place, secret in places.items() if secret}
    for (ignore_file, place), builds in sorted(passed.items(), key=lambda each: each[0]):
        if secret := found.get(place):
            yield _let_pass(ignore_file, place, builds, secret, _pattern(builds[0], place, found))


def _pattern(facts: BuildFacts, place: str, found: Container[str]) -> str:
    """`**/name` where its name makes it a secret, and all that is sent under that name are secrets; else the whole path."""
    name = place.rpartition("/")[2]
    alike = secrets.by_name(name) and all(
        facts.place(path) in found for path in facts.sent if name in path and name in path.split("/")
    )
    return f"**/{docker_pattern(name)}" if alike else docker_pattern(facts.inside(place))


def _let_pass(ignore_file: str, place: str, builds: list[BuildFacts], secret: _Secret, pattern: str) -> Finding:
    """The finding for a secret that `ignore_file` lets pass to these builds; where it reaches an image it weighs more."""
    todo = f"Add a line {pattern} to {ignore_file}; give it to the build with `--secret`, or at run time."
    fix = safe(Append(ignore_file, pattern))
    reached = [(each, line) for each in builds if (line := each.reaching.get(each.inside(place)))]
    if not reached:
        more = f" and {len(builds) - 1} more" if builds[1:] else ""
        message = f"{secret.what} is in the build context of {builds[0].dockerfile}{more}: one COPY more and it is in the image"
        return Finding("SEC003", place, message, todo, fix=fix)
    first, line = reached[0]
    more = f", and those of {len(reached) - 1} more Dockerfiles too" if reached[1:] else ""
    message = f"{secret.what}, {place}, reaches the image{more}: whoever can pull it has the secret"
    return Finding("SEC002", first.dockerfile, message, todo, line, fix, _severity(secret))


FAMILY = Family(
    rules=(
        Rule("SEC001", "a secret is tracked", Severity.ERROR, "secrets"),
        Rule("SEC002", "a secret reaches the image", Severity.ERROR, "secrets"),
        Rule("SEC003", "a secret is in the build context", Severity.WARNING, "secrets"),
    ),
    check=check,
)
