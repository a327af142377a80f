"""SEC: secrets in git, in the build context, in the image."""

import os
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from labcoat.container.dockerignore.escape import docker_pattern
from labcoat.core import reading, secret_patterns
from labcoat.inventory.virtualenvs import environments
from labcoat.lint.findings import Append, BuildFamily, Finding, Rule, Severity, safe
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.path_roles import is_aside, is_made
from labcoat.lint.repository.repository import LFS_POINTER, Repository

_ROTATE = "Revoke it where it was issued, make a new one, and keep that out of the repository: history keeps the old one."
_SHOW = (
    "If it was made for show and opens nothing, say so in [tool.labcoat] of pyproject.toml: "
    'ignore = [{ rule = "SEC001", path = "PATH", reason = "…" }]. Else revoke it.'
)
_UNTRACK = (
    "Take it out with `git rm --cached`, ignore it, and track an `.env.example` in its place."
)
_POINTER = LFS_POINTER.encode()
_MOST_READ = 1 << 28  # bytes of what git does not track; a check is to be quick
_COST = 1 << 14  # bytes that are read in the time that it takes to open a file
_NO_TEXT = re.compile(
    r".+\.(?:jpe?g|png|gif|bmp|tiff?|webp|ico|pdf|mp3|wav|flac|ogg|mp4|avi|mov|mkv|webm|[ot]tf|woff2?|gz|bz2|xz|zst|zip|tar|7z|whl"
    r"|pyc|so|o|np[yz]|h5|hdf5|keras|onnx|tflite|pth?|safetensors|parquet|feather|tfrecord)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class _Secret:
    """What kind of secret a file is; `sure` where it can only be one, not one made for show or a file of settings."""

    what: str
    sure: bool = True
    todo: str = _ROTATE


def check(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """Secrets, by name and by what is in them, and where they go."""
    indexed, present = _tracked(repository)
    written = {**indexed, **present}
    for path in sorted({*written, *secret_patterns.hinted(repository.tracked)}):
        if secret := written.get(path) or _named(repository, path):
            message = f"{secret.what} is tracked: whoever can read the repository has it"
            yield Finding("SEC001", path, message, secret.todo, severity=_severity(secret))
    yield from _in_builds(repository, builds, {**present, **_untracked(repository, builds)})


def _severity(secret: _Secret) -> Severity:
    return Severity.ERROR if secret.sure else Severity.WARNING


def _named(repository: Repository, path: str) -> _Secret | None:
    """A secret that shows by its name, unless the file is empty, or holds variables of which none looks like one."""
    if not secret_patterns.is_secret_name(path):
        return None
    try:
        if os.lstat(repository.root / path).st_size == 0:
            return None
    except OSError:
        return _Secret(
            "a file that holds secrets"
        )  # gone from the working tree, still in the index
    if not secret_patterns.is_environment(path) or secret_patterns.in_environment(
        repository.read(path)
    ):
        return _made("a file that holds secrets", path)
    if path.rpartition("/")[2].lower() in (".env", ".env.local") and not is_aside(path):
        return _Secret(
            "a file where secrets are kept (none is seen in it now)", sure=False, todo=_UNTRACK
        )
    return None


def _made(what: str, path: str) -> _Secret:
    """A secret at `path`; among tests and examples it is likely one that opens nothing."""
    return (
        _Secret(what, sure=False, todo=_SHOW.replace("PATH", path))
        if is_aside(path)
        else _Secret(what)
    )


def _tracked(repository: Repository) -> tuple[dict[str, _Secret], dict[str, _Secret]]:
    """The tracked files in which a key or token stands, in the index and in the working tree, each with what it is."""
    indexed: dict[str, _Secret] = {}
    present: dict[str, _Secret] = {}
    for path, data in repository.indexed(set(repository.suspects)) if repository.suspects else ():
        if data.startswith(_POINTER):
            continue  # the file that it stands for is large, and no text
        if what := secret_patterns.secrets_in_content(data):
            indexed[path] = _made(what, path)
        if what := secret_patterns.secrets_in_content(repository.whole(path)):
            present[path] = _made(what, path)
    return indexed, present


def _untracked(repository: Repository, builds: DockerBuilds) -> dict[str, _Secret]:
    """The files that builds are sent and git does not track in which a key or token stands.

    Environments, caches, pictures and the like are not read, nor what is left when much has been read.
    """
    found: dict[str, _Secret] = {}
    left = _MOST_READ
    for path in dict.fromkeys(path for facts in builds for path in _unlisted(repository, facts)):
        size = _size(repository, path)
        if size > (reading.WHOLE if path.endswith(".ipynb") else secret_patterns.LARGEST):
            continue
        left -= max(size, _COST)
        if left < 0:
            repository.left_out.append(
                "builds are sent many files that git does not track: not all were searched for secrets"
            )
            break
        if what := secret_patterns.secrets_in_content(repository.whole(path)):
            found[path] = _made(what, path)
    return found


def _unlisted(repository: Repository, facts: BuildFacts) -> list[str]:
    """What the build is sent, git does not track, and may hold text that a person wrote."""
    new = [path for path in facts.places() if path not in repository.tracked_set]
    apart = tuple(f"{root}/" for root in environments(new))
    return [
        path
        for path in new
        if not (path.startswith(apart) or is_made(path) or _NO_TEXT.fullmatch(path))
    ]


def _size(repository: Repository, path: str) -> int:
    try:
        return os.lstat(repository.root / path).st_size
    except OSError:
        return 0


def _in_builds(
    repository: Repository, builds: DockerBuilds, written: dict[str, _Secret]
) -> Iterator[Finding]:
    """Secrets that builds are sent, each once for an ignore file that lets it pass."""
    passed: dict[tuple[str, str], list[BuildFacts]] = {}
    for facts in builds:
        tokens = {path for path in facts.sent if facts.place(path) in written} if written else set()
        for path in {*tokens, *secret_patterns.hinted(facts.sent)}:
            passed.setdefault((facts.ignore_file, facts.place(path)), []).append(facts)
    places = {place: written.get(place) or _named(repository, place) for _, place in passed}
    found = {place: secret for place, secret in places.items() if secret}
    for (ignore_file, place), letting in sorted(passed.items(), key=lambda each: each[0]):
        if secret := found.get(place):
            yield _let_pass(ignore_file, place, letting, secret, _pattern(letting[0], place, found))


def _pattern(facts: BuildFacts, place: str, found: Container[str]) -> str:
    """`**/name` where its name makes it a secret, and all that is sent under that name are secrets; else the whole path."""
    name = place.rpartition("/")[2]
    alike = secret_patterns.is_secret_name(name) and all(
        facts.place(path) in found
        for path in facts.sent
        if name in path and name in path.split("/")
    )
    return f"**/{docker_pattern(name)}" if alike else docker_pattern(facts.inside(place))


def _let_pass(
    ignore_file: str, place: str, builds: list[BuildFacts], secret: _Secret, pattern: str
) -> Finding:
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


FAMILY = BuildFamily(
    rules=(
        Rule("SEC001", "a secret is tracked", Severity.ERROR, "secrets"),
        Rule("SEC002", "a secret reaches the image", Severity.ERROR, "secrets"),
        Rule("SEC003", "a secret is in the build context", Severity.WARNING, "secrets"),
    ),
    check=check,
)
