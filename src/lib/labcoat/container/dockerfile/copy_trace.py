"""Which files of the build context COPY and ADD bring into the image, through all stages.

Source: BuildKit's frontend/dockerfile/dockerfile2llb (dispatchCopy) and tonistiigi/fsutil `copy`;
checked against real builds in tests/integration.
"""

import contextlib
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from labcoat.container.dockerfile.copy_sources import (
    CopySource,
    SourceTree,
    context_tree,
    list_archive,
)
from labcoat.container.dockerfile.parser import (
    Dockerfile,
    DockerfileError,
    Instruction,
    Stage,
    assigned_variables,
    expand_word,
    parse_instruction,
)
from labcoat.container.dockerfile.stage_files import CopiedFiles, Origin, StageState, merge_copied
from labcoat.container.dockerignore.matcher import Matcher, Pattern, PatternError
from labcoat.container.dockerignore.parser import parse_ignore_file
from labcoat.core.patterns import lazy_pattern

# Images, each with the instructions that it runs in images built on it (ONBUILD).
Triggers = Mapping[str, Sequence[str]]


class TracedCopies(NamedTuple):
    """What a build takes from its context.

    `reaching` are the files that reach the image, each with the line of the COPY or ADD that reads
    it; `read` are those that BuildKit sends, also for other stages that the image needs; `missing`
    are the sources that match nothing in the context, from all stages, of which the first `needed`
    are in stages that the image needs.
    """

    reaching: dict[str, int]
    read: frozenset[str]
    missing: list[tuple[Instruction, str]]
    needed: int


_REMOTE = lazy_pattern(r"(https?://|git@|git://|ssh://)")  # sources of ADD outside the context


def trace_copies(
    dockerfile: Dockerfile,
    sent: Iterable[str] | SourceTree,
    root: Path,
    target: str = "",
    triggers: Triggers = MappingProxyType({}),
) -> TracedCopies:
    """Follow the files `sent` from the context `root` into the stage `target`, by default the last.

    Builds of one context can share its tree.
    Raise DockerfileError if the build would fail on the Dockerfile.
    """
    tracer = CopyTracer(dockerfile, sent, root, triggers)
    lines: dict[str, int] = {}
    for copied in tracer.trace_stage(dockerfile.stage(target) or dockerfile.stages[-1]).copied:
        lines = copied.context_lines() | lines if lines else copied.context_lines()
    needed, read = len(tracer.missing), frozenset(tracer.read)
    for stage in dockerfile.stages:
        with contextlib.suppress(DockerfileError):  # of a stage that this build does not use
            tracer.trace_stage(stage)
    return TracedCopies(lines, read, tracer.missing, needed)


class CopyTracer:
    """Runs the instructions of one Dockerfile, as far as they move files of the context."""

    def __init__(
        self,
        dockerfile: Dockerfile,
        sent: Iterable[str] | SourceTree,
        root: Path,
        triggers: Triggers,
    ) -> None:
        self.dockerfile = dockerfile
        self.triggers = triggers
        self.root = root
        self.context = sent if isinstance(sent, SourceTree) else context_tree(sent, root)
        self.missing: list[tuple[Instruction, str]] = []
        self.read: set[str] = set()
        self._states: dict[int, StageState] = {}
        self._trees: dict[int, SourceTree] = {}

    def trace_stage(self, stage: Stage) -> StageState:
        """Return the stage after its last instruction."""
        if stage.index not in self._states:
            base = self.dockerfile.base_stage(stage)
            base_state = self.trace_stage(base) if base else None
            state = StageState(base_state, known=stage.base == "scratch")
            self._states[stage.index] = state
            for each in (*self._onbuild_instructions(stage, base_state), *stage.instructions):
                self._run_instruction(each, state, stage)
        return self._states[stage.index]

    def _onbuild_instructions(
        self, stage: Stage, base_state: StageState | None
    ) -> list[Instruction]:
        """Return the ONBUILD instructions of the stage's base."""
        if base_state:
            return base_state.onbuild
        return [parse_instruction(stage.line, each) for each in self.triggers.get(stage.base, ())]

    def _run_instruction(self, each: Instruction, state: StageState, stage: Stage) -> None:
        if each.name in ("ARG", "ENV"):
            state.values |= assigned_variables(each, state.values, stage)
        elif each.name == "WORKDIR":
            state.enter_folder(expand_word(each, each.rest, state.values))
        elif each.name == "ONBUILD":
            state.onbuild.append(parse_instruction(each.line, each.rest, each.heredocs))
        elif each.name in ("COPY", "ADD"):
            self._run_copy(each, state, stage)
        elif each.name == "RUN":
            state.known = False  # it can create any file
            self._read_mounts(each)

    def _run_copy(self, each: Instruction, state: StageState, stage: Stage) -> None:
        words = [expand_word(each, word, state.values) for word in each.words]
        if len(words) < 2:
            raise DockerfileError(each.line, f"{each.name} requires at least two arguments")
        names = {name for name, _ in each.heredocs}
        sources = [word for word in words[:-1] if not _is_heredoc(word, names)]
        reference = each.flag("from")
        origins: Mapping[str, Origin] | None = None
        tree = self.context
        if reference is not None:
            origin = self.dockerfile.stage(expand_word(each, reference, state.values))
            if origin is None or origin.index >= stage.index:
                return  # an image or a named context
            origins = self.trace_stage(origin).files_by_path()
            tree = self._stage_tree(origin.index, origins)
        copy = _Copy(each, tree, origins, state, words[-1])
        before = len(state.copied)
        for source in sources:
            if each.name == "ADD" and _REMOTE.match(source):
                continue
            try:
                found = copy.copy_source(source, self.root)
            except PatternError as error:
                raise DockerfileError(each.line, f"{each.name} {source}: {error.why}") from error
            if not found and reference is None:
                self.missing.append((each, source))
        if reference is None:
            self.read.update(path for new in state.copied[before:] for path in new.context_lines())
        if len(state.copied) - before > 1:
            state.copied[before:] = merge_copied(state.copied[before:], each.line)

    def _read_mounts(self, run: Instruction) -> None:
        """Note what a RUN mounts from the context."""
        for mount in run.mounts:
            if mount["type"] == "bind" and not mount.get("from"):
                for found in self.context.find_sources(mount.get("source", "/")):
                    self.read.update([found.path] if found.is_file else found.files)

    def _stage_tree(self, stage: int, files: Mapping[str, Origin]) -> SourceTree:
        if stage not in self._trees:
            self._trees[stage] = SourceTree(files, lambda path: self._read_link(files[path][0]))
        return self._trees[stage]

    def _read_link(self, path: str) -> str | None:
        try:
            return str((self.root / path).readlink())
        except OSError:
            return None


class _Copy(NamedTuple):
    """One COPY or ADD, run source by source as fsutil's Copy does."""

    instruction: Instruction
    tree: SourceTree
    origins: Mapping[str, Origin] | None
    state: StageState
    destination: str

    def copy_source(self, source: str, root: Path) -> bool:
        """Copy what `source` matches. Return whether there is anything."""
        if self.instruction.flag("parents") is not None:
            paths, cut = _match_with_parents(self.tree, source)
            self._add_tree(paths, cut)
            return bool(paths)
        found = self.tree.find_sources(source)
        for each in found:
            if each.is_file:
                self._add_file(each, root)
            else:
                self._add_tree(each.files, len(each.path) + 1 if each.path else 0)
        return bool(found)

    @property
    def _folder(self) -> str:
        return posixpath.normpath(posixpath.join(self.state.folder, self.destination))

    def _add_tree(self, paths: list[str], cut: int) -> None:
        included = _apply_excludes(self.instruction, paths, cut)
        line = self.instruction.line
        self.state.copied.append(CopiedFiles(included, cut, self._folder, line, self.origins))

    def _add_file(self, each: CopySource, root: Path) -> None:
        """Add a file, which keeps its name in a folder and else gets that of the destination."""
        line, folder = self.instruction.line, self._folder
        if not _apply_excludes(self.instruction, [each.path], 0):
            return
        unpacks = self.instruction.name == "ADD" and self.origins is None
        if unpacks and (members := list_archive(root / each.path)):
            placed = {posixpath.join(folder, name): (each.path, line) for name in members}
            self.state.copied.append(CopiedFiles([each.path], 0, folder, line, placed=placed))
            return
        into_folder = (
            self.destination.endswith(("/", "/."))
            or self.destination in (".", "..", "")
            or self.state.is_folder(folder)
        )
        renamed = posixpath.join(folder, each.name) if into_folder else folder
        perhaps = not into_folder and not self.state.known
        self.state.copied.append(
            CopiedFiles([each.path], 0, folder, line, self.origins, renamed, perhaps)
        )


def _match_with_parents(tree: SourceTree, source: str) -> tuple[list[str], int]:
    """Return what `--parents` copies, and the length of what is cut off: up to the mark `/./`."""
    before, mark, rest = source.partition("/./")
    pattern = posixpath.normpath("/" + (rest if mark else source)).lstrip("/")
    matcher = Matcher([Pattern(0, pattern)])
    tops = tree.find_sources(before if mark else "/")
    cut = len(tops[0].path) + 1 if tops and tops[0].path else 0
    every = (path for top in tops for path in top.files)
    return [path for path in every if matcher.matches_path_or_parent(path[cut:])], cut


def _is_heredoc(word: str, names: set[str]) -> bool:
    found = re.fullmatch(r"\d*<<-?(.+)", word)
    return found is not None and found[1] in names


def _apply_excludes(each: Instruction, paths: list[str], cut: int) -> list[str]:
    """Return those of `paths` that no `--exclude` of the instruction matches."""
    patterns = [value for name, value in each.flags if name == "exclude"]
    if not patterns:
        return paths
    try:
        matcher = Matcher(parse_ignore_file("\n".join(patterns).encode("utf-8", "surrogateescape")))
    except ValueError as error:
        raise DockerfileError(each.line, f"--exclude: {error}") from error
    return [path for path in paths if not matcher.matches_path_or_parent(path[cut:])]
