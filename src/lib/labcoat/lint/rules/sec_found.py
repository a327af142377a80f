"""The secrets of a repository: those in tracked files, and those that builds get besides."""

import os
import posixpath
import re
from collections import Counter
from collections.abc import Collection, Container, Iterator, Sequence

from labcoat.core.path_roles import is_aside, is_generated
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import replace
from labcoat.inventory.virtualenvs import environments
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.git_view import LFS_POINTER
from labcoat.lint.repository.repository import Repository
from labcoat.lint.repository.search_memory import Known
from labcoat.secrets import look, names
from labcoat.secrets.published import list_published, weigh_published
from labcoat.secrets.rules import PRIVATE
from labcoat.secrets.secret import Secret

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


def find_tracked(repository: Repository) -> tuple[dict[str, Secret], dict[str, Secret]]:
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
            if path in known and not _needs_others(known[path])
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
            secret := look.find_secret(path, data[: look.largest(path)], repository.root)
        ):
            committed[path] = secret
    for path in unread:  # git lacks the content, as in a partial clone
        if not names.is_environment(path):
            committed[path] = Secret(look.BY_NAME, sure=not is_aside(path))
    published = list_published(committed) | list_published(present)
    return weigh_published(committed, published), weigh_published(present, published)


def _leave_out_data(paths: Collection[str]) -> Iterator[str]:
    """Yield no paths of many files in a folder with one ending: a program named what is in them."""
    kinds = {path: (posixpath.dirname(path), posixpath.splitext(path)[1]) for path in paths}
    counts = Counter(kinds.values())
    return (path for path in paths if counts[kinds[path]] <= _MOST_ALIKE)


def _needs_others(known: Sequence[Known]) -> bool:
    """Whether other files, which may have changed, say what the secrets of a file are."""
    return any(kind == PRIVATE or look.is_overridable(name) for kind, _, _, name, _ in known)


def _recall(known: Sequence[Known]) -> Secret:
    """Return the secret of a file that an earlier check has read."""
    first, *others = (
        Secret(kind, line, sure, name, digest=digest) for kind, line, sure, name, digest in known
    )
    return replace(first, others=tuple(others))


def find_untracked(
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
