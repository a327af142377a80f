"""What the rules ask about one Docker build; each answer is computed when it is first needed."""

import posixpath
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from labcoat.container.context.build_context import BuildContext
from labcoat.container.dockerfile import copy_trace
from labcoat.container.dockerfile.copy_sources import SourceTree, context_tree
from labcoat.container.dockerfile.parser import Dockerfile, DockerfileError, Instruction, Stage
from labcoat.container.dockerfile.used_stages import find_shipped_stage
from labcoat.container.dockerignore.matcher import Matcher, PatternError
from labcoat.container.dockerignore.parser import TooManyLinesError


class BuildFacts:
    """One build of the repository at `root`.

    `dockerfile` and `context` are relative to `root`; the context is empty for `root` itself.
    """

    def __init__(self, root: Path, dockerfile: str, context: str) -> None:
        self.dockerfile = dockerfile
        self.context = context
        self.build = BuildContext(
            root / context if context else root,
            posixpath.relpath(dockerfile, context or "."),
            boundary=root,
        )
        # What compose files and bake files say of it, see DockerBuilds.
        self.named_contexts: frozenset[str] = frozenset()
        self.targets: tuple[str, ...] = ()
        self.files_owner = self  # the build whose files these are, see share_files

    def share_files(self, others: Iterable["BuildFacts"]) -> None:
        """Take the files of the context from one of `others` that has the same ones, if any."""
        own = (self.build.root, self.build.ignore_path)
        same = (each for each in others if (each.build.root, each.build.ignore_path) == own)
        self.files_owner = next(same, self).files_owner

    @property
    def matcher(self) -> Matcher:
        """The matcher of the ignore file. Raise PatternError or OSError if there is none."""
        return self.files_owner.build.matcher

    @cached_property
    def ignore_file(self) -> str:
        """The ignore file of this build, existing or not, relative to the repository's root."""
        found = self.build.ignore_path
        own = f"{self.dockerfile}.dockerignore"
        return (
            own
            if found and found.name == posixpath.basename(own)
            else posixpath.join(self.context, ".dockerignore")
        )

    @cached_property
    def parsed(self) -> Dockerfile | DockerfileError:
        """The parsed Dockerfile, or why it cannot be read."""
        try:
            return self.build.parsed
        except DockerfileError as error:
            return error
        except OSError as error:
            return DockerfileError(1, error.strerror or "it cannot be read")

    def find_shipped(self, parsed: Dockerfile) -> Stage:
        """Return the stage of the image, which compose files and bake files may name."""
        return find_shipped_stage(parsed, self.targets)

    @property
    def sent(self) -> list[str]:
        """The files of the context, relative to it; empty if they cannot be determined."""
        return self.files_owner._sent or []

    @cached_property
    def _sent(self) -> list[str] | None:
        try:
            return self.build.sent_files()
        except (PatternError, OSError):
            return None

    @cached_property
    def _tree(self) -> SourceTree:
        return context_tree(self.sent, self.build.root)

    def describe_unreadable(self) -> Iterable[str]:
        """Yield a sentence about each thing that could not be read."""
        try:
            _ = self.matcher
        except TooManyLinesError as error:
            yield f"{self.ignore_file} is too long: {error.why}, and did not check what it excludes"
        except PatternError:
            pass  # IGN002 reports it
        except OSError as error:
            yield (
                f"cannot read {self.ignore_file} ({error.strerror}): "
                "the build context was not checked"
            )
        for folder in self.files_owner.build.unreadable:
            yield (
                f"cannot read {self.root_path(folder)}: "
                f"docker build fails unless {self.ignore_file} excludes it"
            )

    @cached_property
    def _copied(self) -> copy_trace.TracedCopies:
        nothing = copy_trace.TracedCopies({}, frozenset(), [], 0)
        if isinstance(self.parsed, DockerfileError) or self.files_owner._sent is None:
            return nothing
        try:
            target = str(self.find_shipped(self.parsed).index) if self.targets else ""
            tree = self.files_owner._tree
            return copy_trace.trace_copies(self.parsed, tree, self.build.root, target)
        except DockerfileError:
            return nothing

    @property
    def reaching(self) -> dict[str, int]:
        """The context's files that reach the image, each with the line of its COPY or ADD."""
        return self._copied.reaching

    @property
    def read(self) -> frozenset[str]:
        """The context's files that BuildKit sends, because a COPY or a mount reads them."""
        return self._copied.read

    @property
    def read_root_paths(self) -> list[str]:
        """The files that BuildKit sends, relative to the repository's root."""
        return [self.root_path(path) for path in self.read]

    @property
    def missing(self) -> list[tuple[Instruction, str]]:
        """The sources of COPY and ADD that match nothing in the context."""
        return self._copied.missing

    @property
    def needed_missing(self) -> list[tuple[Instruction, str]]:
        """Those of `missing` that are in stages which the last one needs."""
        return self._copied.missing[: self._copied.needed]

    def find_emptied(self) -> list[str]:
        """Return those of `reaching` that arrive empty. Raise PatternError or OSError."""
        if not self.matcher.may_empty_files:
            return []
        # Builds with the same files copy many of them, which need only one answer.
        known = self.files_owner._emptied
        unknown = [path for path in self.reaching if path not in known]
        emptied = set(self.matcher.find_emptied(unknown))
        known |= {path: path in emptied for path in unknown}
        return [path for path in self.reaching if known[path]]

    @cached_property
    def _emptied(self) -> dict[str, bool]:
        return {}

    def sent_root_paths(self) -> list[str]:
        """Return the `sent` files relative to the repository's root."""
        return self.files_owner._sent_root_paths

    def sends(self, place: str) -> bool:
        """Whether a file, given from the repository's root, is sent."""
        return place in self.files_owner._sent_set

    @cached_property
    def _sent_set(self) -> set[str]:
        return set(self._sent_root_paths)

    @cached_property
    def _sent_root_paths(self) -> list[str]:
        return [f"{self.context}/{path}" for path in self.sent] if self.context else self.sent

    def root_path(self, path: str) -> str:
        """Return a path of the context relative to the repository's root."""
        return f"{self.context}/{path}" if self.context else path  # join() takes thrice as long

    def context_path(self, place: str) -> str:
        """Return a path below the context, given from the repository's root, relative to it."""
        return place[len(self.context) + 1 :] if self.context else place
