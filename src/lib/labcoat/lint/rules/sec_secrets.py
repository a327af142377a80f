"""SEC: secrets in git, in the build context, in the image."""

import os
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from labcoat.container.dockerignore.escape import docker_pattern
from labcoat.core import reading, secret_patterns
from labcoat.inventory.virtualenvs import environments
from labcoat.lint.findings import Append, BuildFamily, Finding, Rule, Severity, safe_fix
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.git_view import LFS_POINTER
from labcoat.lint.repository.path_roles import is_aside, is_generated
from labcoat.lint.repository.repository import Repository

_ROTATE = (
    "Revoke the secret where it was issued, create a new one, and keep that out of the repository: "
    "the history keeps the old one"
)
_CONFIRM_EXAMPLE = (
    "If it is an example that gives access to nothing, suppress this in [tool.labcoat] of "
    'pyproject.toml: ignore = [{ rule = "SEC001", path = "PATH", reason = "…" }]; '
    "otherwise revoke it"
)
_UNTRACK = "Remove it with `git rm --cached`, ignore it, and track an `.env.example` instead"
_POINTER = LFS_POINTER.encode()
_MOST_READ = 1 << 28  # bytes of untracked files; a check has to be quick
_COST = 1 << 14  # bytes that are read in the time it takes to open a file
_NO_TEXT = re.compile(
    r".+\.(?:jpe?g|png|gif|bmp|tiff?|webp|ico|pdf|mp3|wav|flac|ogg|mp4|avi|mov|mkv|webm|[ot]tf"
    r"|woff2?|gz|bz2|xz|zst|zip|tar|7z|whl|pyc|so|o|np[yz]|h5|hdf5|keras|onnx|tflite|pth?"
    r"|safetensors|parquet|feather|tfrecord)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class _Secret:
    """The kind of secret in a file; not `sure` if it may be an example or a file of settings."""

    kind: str
    sure: bool = True
    hint: str = _ROTATE

    @property
    def severity(self) -> Severity:
        return Severity.ERROR if self.sure else Severity.WARNING


def check_secrets(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """Check for secrets, by file name and by content, in git and in the builds."""
    indexed, present = _find_tracked_content(repository)
    by_content = {**indexed, **present}
    for path in sorted({*by_content, *secret_patterns.hinted(repository.tracked)}):
        if secret := by_content.get(path) or _secret_by_name(repository, path):
            yield Finding(
                "SEC001",
                path,
                f"{secret.kind} is tracked: everybody with access to the repository has it",
                secret.hint,
                severity=secret.severity,
            )
    untracked = _find_untracked_content(repository, builds)
    yield from _check_builds(repository, builds, {**present, **untracked})


def _secret_by_name(repository: Repository, path: str) -> _Secret | None:
    """Return the secret that the file's name suggests, unless the content shows otherwise.

    Files that are empty, and files of variables without a secret, are not secrets.
    """
    if not secret_patterns.is_secret_name(path):
        return None
    try:
        if os.lstat(repository.root / path).st_size == 0:
            return None
    except OSError:  # deleted from the working tree, but still in the index
        return _Secret("a file that holds secrets")
    if not secret_patterns.is_environment(path) or secret_patterns.in_environment(
        repository.read_bytes(path)
    ):
        return _secret_at("a file that holds secrets", path)
    if path.rpartition("/")[2].lower() in (".env", ".env.local") and not is_aside(path):
        return _Secret("a file for secrets (without any now)", sure=False, hint=_UNTRACK)
    return None


def _secret_at(kind: str, path: str) -> _Secret:
    """Return a secret in the file `path`; among tests and examples it may be a fake."""
    if is_aside(path):
        return _Secret(kind, sure=False, hint=_CONFIRM_EXAMPLE.replace("PATH", path))
    return _Secret(kind)


def _find_tracked_content(
    repository: Repository,
) -> tuple[dict[str, _Secret], dict[str, _Secret]]:
    """Find keys and tokens in tracked files: in the index, and in the working tree."""
    indexed: dict[str, _Secret] = {}
    present: dict[str, _Secret] = {}
    for path, data in (
        repository.index_contents(set(repository.suspects)) if repository.suspects else ()
    ):
        if data.startswith(_POINTER):
            continue  # the LFS file is large and not text
        if kind := secret_patterns.secrets_in_content(data):
            indexed[path] = _secret_at(kind, path)
        if kind := secret_patterns.secrets_in_content(repository.read_whole(path)):
            present[path] = _secret_at(kind, path)
    return indexed, present


def _find_untracked_content(repository: Repository, builds: DockerBuilds) -> dict[str, _Secret]:
    """Find keys and tokens in untracked files of build contexts, up to a total of `_MOST_READ`."""
    found: dict[str, _Secret] = {}
    left = _MOST_READ
    for path in dict.fromkeys(
        path for facts in builds for path in _untracked_texts(repository, facts)
    ):
        size = _file_size(repository, path)
        if size > (reading.WHOLE if path.endswith(".ipynb") else secret_patterns.LARGEST):
            continue
        left -= max(size, _COST)
        if left < 0:
            repository.left_out.append(
                "the build contexts have many untracked files: searched only some for secrets"
            )
            break
        if kind := secret_patterns.secrets_in_content(repository.read_whole(path)):
            found[path] = _secret_at(kind, path)
    return found


def _untracked_texts(repository: Repository, facts: BuildFacts) -> list[str]:
    """Return the untracked files of a context that may be text written by hand."""
    new = [path for path in facts.sent_root_paths() if path not in repository.tracked_set]
    installed = tuple(f"{root}/" for root in environments(new))
    return [
        path
        for path in new
        if not (path.startswith(installed) or is_generated(path) or _NO_TEXT.fullmatch(path))
    ]


def _file_size(repository: Repository, path: str) -> int:
    try:
        return os.lstat(repository.root / path).st_size
    except OSError:
        return 0


def _check_builds(
    repository: Repository, builds: DockerBuilds, by_content: dict[str, _Secret]
) -> Iterator[Finding]:
    """SEC002, SEC003: secrets in build contexts, one finding per ignore file that admits them."""
    admitted: dict[tuple[str, str], list[BuildFacts]] = {}
    for facts in builds:
        tokens = (
            {path for path in facts.sent if facts.root_path(path) in by_content}
            if by_content
            else set()
        )
        for path in {*tokens, *secret_patterns.hinted(facts.sent)}:
            admitted.setdefault((facts.ignore_file, facts.root_path(path)), []).append(facts)
    places = {
        place: by_content.get(place) or _secret_by_name(repository, place) for _, place in admitted
    }
    found = {place: secret for place, secret in places.items() if secret}
    for (ignore_file, place), sharing in sorted(admitted.items(), key=lambda each: each[0]):
        if secret := found.get(place):
            pattern = _ignore_pattern(sharing[0], place, found)
            yield _admitted_finding(ignore_file, place, sharing, secret, pattern)


def _ignore_pattern(facts: BuildFacts, place: str, found: Container[str]) -> str:
    """Return `**/name` if the name means a secret wherever it is sent, else the whole path."""
    name = place.rpartition("/")[2]
    always_secret = secret_patterns.is_secret_name(name) and all(
        facts.root_path(path) in found
        for path in facts.sent
        if name in path and name in path.split("/")
    )
    return (
        f"**/{docker_pattern(name)}" if always_secret else docker_pattern(facts.context_path(place))
    )


def _admitted_finding(
    ignore_file: str, place: str, sharing: list[BuildFacts], secret: _Secret, pattern: str
) -> Finding:
    """Return the finding for a secret that `ignore_file` admits to the builds `sharing` it."""
    hint = (
        f"Add the line `{pattern}` to {ignore_file}, "
        "and give the secret to the build with `--secret`, or at run time"
    )
    fix = safe_fix(Append(ignore_file, pattern))
    reached = [
        (each, line) for each in sharing if (line := each.reaching.get(each.context_path(place)))
    ]
    if not reached:
        more = f" and {len(sharing) - 1} more" if sharing[1:] else ""
        message = (
            f"{secret.kind} is in the build context of {sharing[0].dockerfile}{more}: "
            "the next broad COPY puts it into the image"
        )
        return Finding("SEC003", place, message, hint, fix=fix)
    first, line = reached[0]
    more = f" (and of {len(reached) - 1} more Dockerfiles)" if reached[1:] else ""
    message = (
        f"{secret.kind}, {place}, is copied into the image{more}: "
        "everybody who can pull the image has it"
    )
    return Finding("SEC002", first.dockerfile, message, hint, line, fix, secret.severity)


FAMILY = BuildFamily(
    rules=(
        Rule("SEC001", "tracked secret", Severity.ERROR, "secrets"),
        Rule("SEC002", "secret in the image", Severity.ERROR, "secrets"),
        Rule("SEC003", "secret in the build context", Severity.WARNING, "secrets"),
    ),
    check=check_secrets,
)
