"""What a Docker build of a folder would be sent, and what of that reaches the image.

    build = Build(root)                 # the folder, its Dockerfile and the ignore file that counts for it
    build.sent()                        # the files of the build context, as BuildKit would read them
    build.reaching()                    # those of them that COPY and ADD bring into the image

"In the context" and "in the image" are two things: BuildKit reads `.dockerignore` for the first and only fetches what a
COPY or ADD names for the second.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from labcoat.container.context.build_flags import platform_arguments
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
from labcoat.core import reading, secret_patterns
from labcoat.core.errors import LabcoatError


@dataclass(frozen=True)
class BuildContext:
    """A build as `docker build -f dockerfile root` starts it; `dockerfile` is relative to `root` or absolute.

    `arguments` are what `--build-arg` gives and the builder sets, `target` is the stage to stop at, the last if empty,
    `contexts` are other folders that the Dockerfile may take files from, and `triggers` what images have for their children.
    """

    root: Path
    dockerfile: str = "Dockerfile"
    semantics: Semantics = Semantics.BUILDKIT
    boundary: Path | None = (
        None  # symlinks are not followed out of this folder, the context's root if none is named
    )
    arguments: Mapping[str, str] = field(default_factory=dict, compare=False)
    target: str = ""
    contexts: tuple[Path, ...] = ()
    triggers: Triggers = field(default_factory=dict, compare=False)
    unreadable: list[str] = field(
        default_factory=list, compare=False
    )  # folders that `sent` could not look into

    def on(self, platform: str) -> "BuildContext":
        """The same for a target platform such as `linux/arm64`; empty for this machine's."""
        return replace(self, arguments={**platform_arguments(platform), **self.arguments})

    @property
    def dockerfile_path(self) -> Path:
        """Where the Dockerfile is."""
        return self.root / self.dockerfile

    @cached_property
    def ignore_path(self) -> Path | None:
        """The ignore file that counts: NAME.dockerignore beside the Dockerfile NAME, even if empty, else the root's."""
        own = self.dockerfile_path.with_name(f"{self.dockerfile_path.name}.dockerignore")
        return next(
            (
                each
                for each in (own, self.root / ".dockerignore")
                if reading.path_exists(each) and each.is_file()
            ),
            None,
        )

    @cached_property
    def matcher(self) -> Matcher:
        """What the ignore file says. Raises PatternError."""
        patterns = (
            parse_ignore_file(self._read(self.ignore_path), self.semantics)
            if self.ignore_path
            else ()
        )
        return Matcher(patterns, self.semantics)

    def sent(self) -> list[str]:
        """The context's files and symlinks, as paths relative to `root` with `/` between. They are looked for once.

        Raises PatternError, and OSError where the ignore file cannot be read.
        """
        return self._sent

    @cached_property
    def _sent(self) -> list[str]:
        return walk_context(self.root, self.matcher, self.unreadable)

    def _read(self, path: Path) -> bytes:
        return reading.read_for_build(self.boundary or self.root, path)

    @cached_property
    def text(self) -> str:
        """The Dockerfile as it is written. Raises OSError where it cannot be read."""
        return self._read(self.dockerfile_path).decode("utf-8", "replace")

    @cached_property
    def parsed(self) -> Dockerfile:
        """The Dockerfile. Raises DockerfileError, and OSError where it cannot be read."""
        return parse_dockerfile(self.text, self.arguments)

    def bases(self) -> set[str]:
        """The images that stages build upon; none where the Dockerfile cannot be understood."""
        try:
            parsed = self.parsed
        except (ValueError, OSError):
            return set()
        return {stage.base for stage in parsed.stages if not parsed.base_stage(stage)} - {
            "scratch",
            "",
        }

    def reaching(self, sent: list[str] | None = None) -> set[str]:
        """Those of the `sent` files that are in the image of the target's stage, or in one of its layers.

        What a RUN makes of files that it sees is not known to anybody who does not run it.
        Raises DockerfileError, PatternError, and OSError where the Dockerfile cannot be read.
        """
        return set(
            trace_copies(
                self.parsed,
                self.sent() if sent is None else sent,
                self.root,
                self.target,
                self.triggers,
            )[0]
        )


def walk_context(root: Path, matcher: Matcher, unreadable: list[str]) -> list[str]:
    """The files and symlinks below `root` that are sent; what is left out is not walked. Raises PatternError.

    Folders that cannot be looked into are added to `unreadable`: the builder fails on them.
    """
    found: list[str] = []
    pending: list[tuple[str, ParentMatches]] = [("", ())]
    while pending:
        folder, matches = pending.pop()
        prefix = f"{folder}/" if folder else ""
        try:
            folders, others = list_context(f"{root}/{folder}" if folder else str(root))
        except OSError:
            unreadable.append(folder)
            continue
        found += matcher.filter_files([prefix + name for name in others], matches)
        for name in folders:
            result = matcher.match_folder(prefix + name, matches)
            if result.walked:
                pending.append((prefix + name, result.matches))
    return found


def list_context(folder: str) -> tuple[list[str], list[str]]:
    """The names of the folders and of all else in `folder`. Raises OSError where it cannot be read."""
    folders: list[str] = []
    others: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            (folders if entry.is_dir(follow_symlinks=False) else others).append(entry.name)
    return folders, others


def secrets_reaching(build: BuildContext) -> list[str]:
    """The secrets that `build` would put into the image, as paths relative to its root.

    What of its other folders reaches the image is not followed: all that the builder may fetch of those counts.

    A secret is known by its name (`kaggle.json`, `.env`, private keys) or by what is in it (tokens). Meant to be asked
    before a build. Raises Failure, with what to do, where the ignore file or the Dockerfile cannot be understood.
    """
    try:
        found = build.reaching()
    except PatternError as error:
        name = build.ignore_path.name if build.ignore_path else ".dockerignore"
        raise LabcoatError(
            f"{name}, {error}", "Correct the pattern: no build succeeds with it."
        ) from error
    except (ValueError, OSError) as error:
        raise LabcoatError(f"{build.dockerfile}: {error}", "Correct the Dockerfile.") from error
    there = [build.root / path for path in found] + [
        folder / path for folder in build.contexts for path in BuildContext(folder).sent()
    ]
    return sorted(
        os.path.relpath(path, build.root) for path in there if secret_patterns.is_secret(path)
    )


def listed_paths(paths: Iterable[str], matcher: Matcher) -> Iterator[str]:
    """Those of `paths`, files of a tree that is not walked again, that `matcher` keeps. Raises PatternError."""
    folders: dict[str, FolderResult] = {"": FolderResult(ignored=False, walked=True)}

    def folder(path: str) -> FolderResult:
        if path not in folders:
            above = folder(path.rpartition("/")[0])
            folders[path] = matcher.match_folder(path, above.matches) if above.walked else above
        return folders[path]

    by_folder: dict[str, list[str]] = {}
    for path in paths:
        by_folder.setdefault(path.rpartition("/")[0], []).append(path)
    for head, files in by_folder.items():
        if (result := folder(head)).walked:
            yield from matcher.filter_files(files, result.matches)


def file_sizes(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Each of `paths` below `root` with its bytes; links and whatever else is no regular file count as nothing."""
    for path in paths:
        yield path, _size(f"{root}/{path}")


def _size(path: str) -> int:
    try:
        found = os.lstat(path)
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
