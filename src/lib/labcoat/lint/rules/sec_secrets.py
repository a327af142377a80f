"""SEC: secrets in git, in the build context, in the image."""

import os
import posixpath
import re
from collections import Counter
from collections.abc import Collection, Container, Iterator, Sequence

from labcoat.container.dockerfile.copy_sources import names_source
from labcoat.container.dockerfile.parser import DockerfileError
from labcoat.container.dockerignore.escape import docker_pattern
from labcoat.core.path_roles import is_aside, is_generated
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import replace
from labcoat.inventory.virtualenvs import environments
from labcoat.lint.findings import Append, BuildFamily, Finding, Fix, Rule, Severity, safe_fix
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.git_view import LFS_POINTER
from labcoat.lint.repository.repository import Repository
from labcoat.lint.repository.search_memory import Known
from labcoat.secrets import look, names
from labcoat.secrets.content import Secret

_ROTATE = (
    "Revoke the secret where it was issued, create a new one, and keep that out of the repository: "
    "the history keeps the old one"
)
_CONFIRM_EXAMPLE = (
    "If it is an example that gives access to nothing, suppress this in [tool.labcoat] of "
    'pyproject.toml: ignore = [{ rule = "SEC001", path = "PATH", reason = "…" }]; '
    "otherwise revoke it"
)
_TAKE_OUT = (
    "Revoke it, remove it from the Dockerfile, and give it to the build with `--secret` and "
    "`RUN --mount=type=secret`, or to the container at run time"
)
_UNTRACK = "Remove it with `git rm --cached`, ignore it, and track an `.env.example` instead"
_WHOLE_FILE = "a private key"
_POINTER = LFS_POINTER.encode()
_MOST_READ = 1 << 28  # bytes of untracked files; a check has to be quick
_MOST_ALIKE = 1000  # files of one ending in a folder that may have named values; more are data
_COST = 1 << 14  # bytes that are read in the time it takes to open a file
_NO_TEXT = lazy_pattern(
    r".+\.(?:jpe?g|png|gif|bmp|tiff?|webp|ico|pdf|mp3|wav|flac|ogg|mp4|avi|mov|mkv|webm|[ot]tf"
    r"|woff2?|gz|bz2|xz|zst|zip|tar|7z|whl|pyc|so|o|np[yz]|h5|hdf5|keras|onnx|tflite|pth?"
    r"|safetensors|parquet|feather|tfrecord)",
    re.IGNORECASE | re.DOTALL,
)


def check_secrets(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """Check for secrets, by file name and by content, in git and in the builds."""
    committed, present = _find_tracked(repository)
    places: dict[int, tuple[str, int]] = {}
    for path, secret in sorted(committed.items()):
        for each in secret.all:
            earlier = places.get(each.digest)
            if each.sure and each.digest and not earlier:
                places[each.digest] = path, each.line
            same = f", the same as in {earlier[0]}:{earlier[1]}" if earlier else ""
            yield Finding(
                "SEC001",
                path,
                f"{each.kind} is tracked{same}: everybody with access to the repository has it",
                _choose_hint(path, each),
                each.line,
                severity=_weigh(each),
                causes=earlier[:1] if earlier else (),
            )
    yield from _check_builds(repository, builds, present)


def _weigh(secret: Secret, sure: Severity = Severity.ERROR) -> Severity:
    return sure if secret.sure else Severity.NOTE


def _choose_hint(path: str, secret: Secret) -> str:
    if secret.sure:
        return _ROTATE
    return _UNTRACK if secret.kind == look.WITHOUT else _CONFIRM_EXAMPLE.replace("PATH", path)


def _find_tracked(repository: Repository) -> tuple[dict[str, Secret], dict[str, Secret]]:
    """Return the secrets of tracked files: as the next commit has them, and as builds do."""
    named = filter(names.is_read_by_name, names.hinted(repository.tracked))
    suspects = {*repository.suspects, *named}
    lines = repository.suspect_lines
    sizes = dict(repository.tracked_with_sizes) if lines else {}
    # A file with a secret in one of its lines is read as a whole, as every later check does.
    searched = _leave_out_data(lines.keys() - suspects)
    suspects |= {path for path in searched if look.is_in_lines(path, lines[path], sizes[path])}
    suspects -= repository.clean
    known = repository.known_secrets
    present = {
        path: secret
        for path in sorted(suspects)
        if (
            secret := _recall(known[path])
            if path in known
            else look.find_secret_on_disk(repository.root, path)
        )
    }
    repository.confirmed = {
        path: [(each.kind, each.line, each.sure, each.name, each.digest) for each in secret.all]
        for path, secret in present.items()
    }
    repository.cleared |= suspects - present.keys()
    changed = suspects & repository.changed
    committed = {path: secret for path, secret in present.items() if path not in changed}
    unread = {path for path in changed if names.is_secret_name(path)}
    for path, data in repository.index_contents(changed) if changed else ():
        unread.discard(path)
        if not data.startswith(_POINTER) and (
            secret := look.find_secret(path, data[: look.largest(path)])
        ):
            committed[path] = secret
    for path in unread:  # git lacks the content, as in a partial clone
        if not names.is_environment(path):
            committed[path] = Secret(look.BY_NAME, sure=not is_aside(path))
    return committed, present


def _leave_out_data(paths: Collection[str]) -> Iterator[str]:
    """Yield no paths of many files in a folder with one ending: a program named what is in them."""
    kinds = {path: (posixpath.dirname(path), posixpath.splitext(path)[1]) for path in paths}
    counts = Counter(kinds.values())
    return (path for path in paths if counts[kinds[path]] <= _MOST_ALIKE)


def _recall(known: Sequence[Known]) -> Secret:
    """Return the secret of a file that an earlier check has read."""
    first, *others = (
        Secret(kind, line, sure, name, digest=digest) for kind, line, sure, name, digest in known
    )
    return replace(first, others=tuple(others))


def _find_untracked(
    repository: Repository, builds: DockerBuilds, read: Container[str]
) -> Iterator[tuple[str, Secret]]:
    """Yield secrets in untracked files of build contexts, up to a total of `_MOST_READ`."""
    left = _MOST_READ
    sent = dict.fromkeys(
        path for facts in builds.distinct() for path in _untracked_texts(repository, facts)
    )
    for path in repository.leave_out_unsuspected(sent):
        size = _file_size(repository, path)
        if size > look.largest(path):
            continue
        left -= max(size, _COST)
        if left < 0:
            repository.left_out.append(
                "the build contexts have many untracked files: searched only some for secrets"
            )
            return
        if path not in read and (secret := look.find_secret_on_disk(repository.root, path)):
            yield path, secret


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
    repository: Repository, builds: DockerBuilds, present: dict[str, Secret]
) -> Iterator[Finding]:
    """SEC002, SEC003: secrets in build contexts, one finding per ignore file that admits them."""
    found = {**present, **dict(_find_untracked(repository, builds, present))}
    for facts in builds.distinct():
        for path in names.hinted(facts.sent):
            place = facts.root_path(path)
            if place not in found and place not in repository.tracked_set:
                secret = look.find_secret_on_disk(repository.root, place)
                found |= {place: secret} if secret else {}
    for path in dict.fromkeys(facts.dockerfile for facts in builds):
        if path in repository.clean:
            continue
        secret = found.get(path) or look.find_secret_on_disk(repository.root, path)
        for each in secret.all if secret else ():
            yield _history_finding(path, each)
        if not secret:
            repository.cleared.add(path)
    admitted: dict[tuple[str, str], list[BuildFacts]] = {}
    for facts in builds if found else ():
        for place in filter(facts.sends, found):
            admitted.setdefault((facts.ignore_file, place), []).append(facts)
    dockerfiles = {facts.dockerfile for facts in builds}
    for (ignore_file, place), sharing in sorted(admitted.items(), key=lambda each: each[0]):
        if place in dockerfiles:
            continue
        pattern = _ignore_pattern(sharing[0], place, found)
        secret = found[place]
        if place in repository.tracked_set and not (
            names.is_read_by_name(place) or secret.kind in (_WHOLE_FILE, look.BY_NAME)
        ):
            pattern = ""  # the image may need the program or the settings around the secret
        yield _admitted_finding(ignore_file, place, sharing, secret, pattern)


def _history_finding(path: str, secret: Secret) -> Finding:
    """Return the finding for a secret in a Dockerfile."""
    message = (
        f"{secret.kind} is in an instruction: the image's history shows it to everybody who can "
        "pull the image, also if a later instruction removes it"
    )
    return Finding("SEC002", path, message, _TAKE_OUT, secret.line, severity=_weigh(secret))


def _ignore_pattern(facts: BuildFacts, place: str, found: Container[str]) -> str:
    """Return `**/name` if the name means a secret wherever it is sent, else the whole path."""
    name = place.rpartition("/")[2]
    always_secret = names.is_secret_name(name) and all(
        facts.root_path(path) in found
        for path in facts.sent
        if name in path and name in path.split("/")
    )
    return (
        f"**/{docker_pattern(name)}" if always_secret else docker_pattern(facts.context_path(place))
    )


def _admitted_finding(
    ignore_file: str, place: str, sharing: list[BuildFacts], secret: Secret, pattern: str
) -> Finding:
    """Return the finding for a secret that `ignore_file` admits to the builds `sharing` it.

    It is one for each file, however many secrets that has: the file as a whole is ignored with
    `pattern`. Without one, it stays in the image.
    """
    # A file for secrets keeps them when it is untracked; of another one they are removed.
    for_secrets = names.is_read_by_name(place) and not names.is_example_of_variables(place)
    stays = for_secrets or secret.kind == _WHOLE_FILE
    causes = () if stays else (place,)
    hint = (
        f"Add the line `{pattern}` to {ignore_file}, "
        "and give the secret to the build with `--secret`, or at run time"
    )
    fix: Fix | None = safe_fix(Append(ignore_file, pattern))
    if not pattern:
        hint = f"Take it out of {place}, and give it to the build with `--secret`, or at run time"
        fix = None
    reached = [
        (each, line) for each in sharing if (line := each.reaching.get(each.context_path(place)))
    ]
    if not reached:
        more = f" and {len(sharing) - 1} more" if sharing[1:] else ""
        message = (
            f"{secret.kind} is in the build context of {sharing[0].dockerfile}{more}: "
            "the next broad COPY puts it into the image"
        )
        # Images of tests are seldom shared.
        in_tests = all(is_aside(each.dockerfile) for each in sharing)
        weight = Severity.NOTE if in_tests else _weigh(secret, Severity.WARNING)
        repeats = f"{secret.kind} {ignore_file}"
        return Finding("SEC003", place, message, hint, secret.line, fix, weight, causes, repeats)
    first, line = reached[0]
    if any(
        not isinstance(each.parsed, DockerfileError)
        and names_source(each.parsed, each.context_path(place))
        for each, _ in reached
    ):
        # Without the file the build fails, so to ignore it would be no fix.
        hint = (
            "Remove it from the COPY that names it, and give the secret to the build with "
            "`--secret`, or at run time"
        )
        fix = None
    more = f" (and of {len(reached) - 1} more Dockerfiles)" if reached[1:] else ""
    message = (
        f"{secret.kind}, {place}, is copied into the image{more}: "
        "everybody who can pull the image has it"
    )
    weight = _weigh(secret)
    return Finding("SEC002", first.dockerfile, message, hint, line, fix, weight, causes)


FAMILY = BuildFamily(
    rules=(
        Rule("SEC001", "tracked secret", Severity.ERROR, "secrets"),
        Rule("SEC002", "secret in the image", Severity.ERROR, "secrets"),
        Rule("SEC003", "secret in the build context", Severity.WARNING, "secrets"),
    ),
    check=check_secrets,
)
