"""The files that a Docker build of a folder is sent, and those that reach the image.

    build = BuildContext(root)          # the folder, its Dockerfile and its ignore file
    build.sent_files()                  # the files of the build context, as BuildKit reads them
    build.reaching_files()              # those that COPY and ADD bring into the image

The context is what `.dockerignore` leaves; of that, BuildKit fetches only what a COPY or ADD names.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from labcoat.container.context.build_flags import locate_dockerfile, platform_arguments
from labcoat.container.dockerfile.copy_trace import Triggers, trace_copies
from labcoat.container.dockerfile.parser import Dockerfile, parse_dockerfile
from labcoat.container.dockerignore.matcher import (
    FolderResult,
    Matcher,
    ParentMatches,
    PatternError,
    Semantics,
)
from labcoat.container.dockerignore.parser import parse_ignore_file
from labcoat.core import reading
from labcoat.core.errors import LabcoatError
from labcoat.core.records import Record, field, replace

Listing = tuple[list[str], list[str]]  # folders, and everything else


class BuildContext(Record):
    """A build as `docker build -f dockerfile root` starts it.

    `dockerfile` is relative to `root` or absolute. `semantics` is the builder that reads the ignore
    file. Symlinks are not followed out of the folder `boundary`, by default `root`. `arguments` are
    those of `--build-arg` and of the builder, `target` is the stage to stop at, the last if empty.
    `contexts` are other folders that the Dockerfile can copy from, `triggers` the ONBUILD
    instructions of images. `sent_files` adds folders that it cannot read to `unreadable`: the
    builder fails on them. `listings` are the folders that it lists, for another build of them.
    """

    root: Path
    dockerfile: str = "Dockerfile"
    semantics: Semantics = Semantics.BUILDKIT
    boundary: Path | None = None
    arguments: Mapping[str, str] = field(default_factory=dict, compare=False)
    target: str = ""
    contexts: tuple[Path, ...] = ()
    triggers: Triggers = field(default_factory=dict, compare=False)
    unreadable: list[str] = field(default_factory=list, compare=False)
    listings: dict[str, Listing] = field(default_factory=dict, compare=False)

    def for_platform(self, platform: str) -> "BuildContext":
        """Return the same for a platform such as `linux/arm64`; empty for this machine's."""
        return replace(self, arguments={**platform_arguments(platform), **self.arguments})

    @property
    def dockerfile_path(self) -> Path:
        """The path of the Dockerfile."""
        return locate_dockerfile(self.root, self.dockerfile)

    @cached_property
    def ignore_path(self) -> Path | None:
        """The ignore file: NAME.dockerignore beside the Dockerfile NAME, else that of the root."""
        own = self.dockerfile_path.with_name(f"{self.dockerfile_path.name}.dockerignore")
        candidates = (own, self.root / ".dockerignore")
        found = (each for each in candidates if reading.path_exists(each) and each.is_file())
        return next(found, None)

    @cached_property
    def matcher(self) -> Matcher:
        """The matcher of the ignore file. Raise PatternError for a malformed pattern."""
        patterns = (
            parse_ignore_file(self._read_file(self.ignore_path), self.semantics)
            if self.ignore_path
            else ()
        )
        return Matcher(patterns, self.semantics)

    def sent_files(self) -> list[str]:
        """Return the context's files and symlinks, relative to `root` with `/` as separator.

        The folder is walked once. Raise PatternError for a malformed pattern, and OSError if the
        ignore file cannot be read.
        """
        return self._sent_files

    @cached_property
    def _sent_files(self) -> list[str]:
        return walk_context(self.root, self.matcher, self.unreadable, self.listings)

    def _read_file(self, path: Path) -> bytes:
        return reading.read_for_build(self.boundary or self.root, path)

    @cached_property
    def text(self) -> str:
        """The text of the Dockerfile. Raise OSError if it cannot be read."""
        return self._read_file(self.dockerfile_path).decode("utf-8", "replace")

    @cached_property
    def parsed(self) -> Dockerfile:
        """The Dockerfile. Raise DockerfileError if it is malformed, and OSError."""
        return parse_dockerfile(self.text, self.arguments)

    def base_images(self) -> set[str]:
        """Return the images that stages build on; none if the Dockerfile is malformed."""
        try:
            parsed = self.parsed
        except (ValueError, OSError):
            return set()
        images = {stage.base for stage in parsed.stages if not parsed.base_stage(stage)}
        return images - {"scratch", ""}

    def reaching_files(self, sent: list[str] | None = None) -> set[str]:
        """Return those of the `sent` files that are in a layer of the target stage's image.

        What a RUN writes after reading a file is unknown. Raise DockerfileError or PatternError
        for malformed files, and OSError if the Dockerfile cannot be read.
        """
        parsed = self.parsed  # a malformed Dockerfile is reported before a malformed pattern
        files = self.sent_files() if sent is None else sent
        return set(trace_copies(parsed, files, self.root, self.target, self.triggers).reaching)


def walk_context(
    root: Path, matcher: Matcher, unreadable: list[str], listings: dict[str, Listing]
) -> list[str]:
    """Return the files and symlinks below `root` that are sent, without walking ignored folders.

    Folders that cannot be read are added to `unreadable`, the others to `listings`.
    Raise PatternError for a malformed pattern.
    """
    found: list[str] = []
    pending: list[tuple[str, ParentMatches]] = [("", ())]
    while pending:
        folder, matches = pending.pop()
        prefix = f"{folder}/" if folder else ""
        if folder not in listings:
            try:
                listings[folder] = list_folder(f"{root}/{folder}" if folder else str(root))
            except OSError:
                unreadable.append(folder)
                continue
        folders, others = listings[folder]
        found += matcher.filter_files([prefix + name for name in others], matches)
        for name in folders:
            result = matcher.match_folder(prefix + name, matches)
            if result.walked:
                pending.append((prefix + name, result.matches))
    return found


def list_folder(folder: str) -> Listing:
    """Return the names of folders, and of everything else, in `folder`. Raise OSError."""
    folders: list[str] = []
    others: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            (folders if entry.is_dir(follow_symlinks=False) else others).append(entry.name)
    return folders, others


def secrets_reaching(build: BuildContext) -> list[str]:
    """Return the secrets that `build` would put into the image, relative to its root.

    A file is a secret by its name (`kaggle.json`, `.env`, private keys) or its content (tokens).
    In the build's other contexts, every file counts that the builder can fetch.
    Raise LabcoatError if the ignore file or the Dockerfile is malformed or unreadable.
    """
    try:
        found = build.reaching_files()
    except PatternError as error:
        name = build.ignore_path.name if build.ignore_path else ".dockerignore"
        raise LabcoatError(
            f"{name}:{error.line}: `{error.text}`: {error.why}",
            "Correct the pattern: Docker refuses every build with it",
        ) from error
    except ValueError as error:
        raise LabcoatError(f"{build.dockerfile}: {error}", "Correct the Dockerfile") from error
    except OSError as error:
        path = error.filename or build.dockerfile
        raise LabcoatError(f"cannot read `{path}`: {error.strerror or error}") from error
    files = [(build.root, path) for path in found]
    for folder in build.contexts:
        files += [(folder, path) for path in BuildContext(folder).sent_files()]
    return sorted(_find_sure(build.root, files))


def _find_sure(root: Path, files: Iterable[tuple[Path, str]]) -> list[str]:
    """Return the secrets among `files` that `labcoat check` reports as errors, from `root`."""
    from labcoat.secrets.look import find_secret_on_disk
    from labcoat.secrets.published import list_published, weigh_published

    found = {
        os.path.relpath(folder / path, root): secret
        for folder, path in files
        if (secret := find_secret_on_disk(folder, path))
    }
    weighed = weigh_published(found, list_published(found))
    return [path for path, secret in weighed.items() if secret.sure]


def is_sure_secret(root: Path, path: str) -> bool:
    """Whether a file is a secret that gives access, as `labcoat check` reports as an error."""
    return bool(_find_sure(root, [(root, path)]))


def listed_paths(paths: Iterable[str], matcher: Matcher) -> Iterator[str]:
    """Yield those of `paths` that are sent, without walking their tree on disk.

    Raise PatternError for a malformed pattern.
    """
    folders: dict[str, FolderResult] = {"": FolderResult(ignored=False, walked=True)}

    def match_folder(path: str) -> FolderResult:
        if path not in folders:
            above = match_folder(path.rpartition("/")[0])
            folders[path] = matcher.match_folder(path, above.matches) if above.walked else above
        return folders[path]

    by_folder: dict[str, list[str]] = {}
    for path in paths:
        by_folder.setdefault(path.rpartition("/")[0], []).append(path)
    for head, files in by_folder.items():
        if (result := match_folder(head)).walked:
            yield from matcher.filter_files(files, result.matches)


def file_sizes(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield each of `paths` below `root` with its bytes: 0 unless it is a regular file."""
    for path in paths:
        yield path, _regular_file_size(f"{root}/{path}")


def _regular_file_size(path: str) -> int:
    try:
        found = os.lstat(path)
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
