"""What COPY and ADD bring from the build context into the image, through all stages.

Source: BuildKit's frontend/dockerfile/dockerfile2llb (dispatchCopy) and tonistiigi/fsutil `copy`; held against real
builds in tests/container.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from labcoat.container.dockerfile.copy_sources import CopySource, SourceTree, match_sources
from labcoat.container.dockerfile.parser import (
    Dockerfile,
    DockerfileError,
    Instruction,
    Stage,
    assigned,
    expanded,
    instruction,
)
from labcoat.container.dockerignore.matcher import Matcher, Pattern, PatternError
from labcoat.container.dockerignore.parser import parse_ignore_file

Origin = tuple[
    str, int
]  # a path of the context, and the line of the COPY or ADD that takes it out of there


Triggers = Mapping[
    str, Sequence[str]
]  # images, each with the instructions that it has for whoever builds upon it (ONBUILD)


def trace_copies(
    dockerfile: Dockerfile,
    sent: Iterable[str],
    root: Path,
    target: str = "",
    triggers: Triggers = MappingProxyType({}),
) -> tuple[dict[str, int], list[tuple[Instruction, str]]]:
    """The files that reach the image of the stage `target`, else of the last, each with the line of the COPY or ADD that takes
    it out of the context; and, of all stages, the sources that name nothing in the context. Raises DockerfileError.
    """
    images = _Images(dockerfile, sent, root, triggers)
    lines: dict[str, int] = {}
    for landed in images.of(dockerfile.stage(target) or dockerfile.stages[-1]).landed:
        lines = landed.came() | lines if lines else landed.came()
    for stage in dockerfile.stages:
        images.of(stage)
    return lines, images.missing


@dataclass
class _Landed:
    """Files that one source brought: paths of the tree that they come from, and where the part after `cut` letters went."""

    paths: list[str]
    cut: int
    folder: str
    line: int
    origins: Mapping[str, Origin] | None = None  # of `paths`, where they come from another stage
    renamed: str = ""  # the one file's whole path in the image, where the destination named it
    perhaps_in: bool = (
        False  # whether that path may be a folder that the base image has, with the file in it
    )
    inside: Mapping[str, Origin] = field(
        default_factory=dict
    )  # places that do not follow from the paths

    def came(self) -> dict[str, int]:
        """What of the context this is: paths, each with its line."""
        if self.inside:
            return dict(self.inside.values())
        if self.origins is None:
            return dict.fromkeys(
                self.paths, self.line
            )  # of a whole tree, a tuple for each would take long
        return dict(self.origins[path] for path in self.paths)

    def in_image(self) -> Iterator[tuple[str, Origin]]:
        """Each path in the image, with what of the context is there."""
        if self.inside:
            yield from self.inside.items()
            return
        for path in self.paths:
            origin = (path, self.line) if self.origins is None else self.origins[path]
            yield self.renamed or posixpath.join(self.folder, path[self.cut :]), origin
            if self.perhaps_in:
                yield posixpath.join(self.renamed, path.rpartition("/")[2]), origin

    def makes(self, folder: str) -> bool:
        """Whether `folder`, with a slash at its end, is a folder after this."""
        if not self.renamed and f"{self.folder}/".startswith(folder):
            return True
        return folder.startswith(f"{self.folder}/".replace("//", "/")) and any(
            at.startswith(folder) for at, _ in self.in_image()
        )


class _Images:
    """What each stage of one Dockerfile holds of the context."""

    def __init__(
        self, dockerfile: Dockerfile, sent: Iterable[str], root: Path, triggers: Triggers
    ) -> None:
        self.dockerfile = dockerfile
        self.triggers = triggers
        self.root = root
        self.tree = SourceTree(sent, self._link)
        self.missing: list[tuple[Instruction, str]] = []
        self._done: dict[int, _StageState] = {}
        self._trees: dict[int, SourceTree] = {}

    def of(self, stage: Stage) -> "_StageState":
        """The stage after its last instruction."""
        if stage.index not in self._done:
            base = self.dockerfile.base_stage(stage)
            before = self.of(base) if base else None
            state = _StageState(before, known=stage.base == "scratch")
            self._done[stage.index] = state
            written = self.triggers.get(stage.base, ())
            inherited = (
                before.onbuild if before else [instruction(stage.line, each) for each in written]
            )
            for each in (*inherited, *stage.instructions):
                self._run(each, state, stage)
        return self._done[stage.index]

    def _run(self, each: Instruction, state: "_StageState", stage: Stage) -> None:
        if each.name in ("ARG", "ENV"):
            state.values |= assigned(each, state.values, stage)
        elif each.name == "WORKDIR":
            state.enter(expanded(each, each.rest, state.values))
        elif each.name == "ONBUILD":
            state.onbuild.append(_triggered(each))
        elif each.name in ("COPY", "ADD"):
            self._copy(each, state, stage)
        elif each.name == "RUN":
            state.known = False  # whatever it made

    def _copy(self, each: Instruction, state: "_StageState", stage: Stage) -> None:
        words = [expanded(each, word, state.values) for word in each.words]
        if len(words) < 2:
            raise DockerfileError(each.line, f"{each.name} requires at least two arguments")
        names = {name for name, _ in each.heredocs}
        sources = [word for word in words[:-1] if not _is_heredoc(word, names)]
        reference = each.flag("from")
        origins: Mapping[str, Origin] | None = None
        tree = self.tree
        if reference is not None:
            origin = self.dockerfile.stage(expanded(each, reference, state.values))
            if origin is None or origin.index >= stage.index:
                return  # an image or a named context
            origins = self.of(origin).held()
            tree = self._tree_of(origin.index, origins)
        copy = _Copy(each, tree, origins, state, words[-1])
        before = len(state.landed)
        for source in sources:
            if each.name == "ADD" and re.match(r"(https?://|git@|git://|ssh://)", source):
                continue
            try:
                brought = copy.bring(source, self.root)
            except PatternError as error:
                raise DockerfileError(each.line, f"{each.name} {source}: {error.why}") from error
            if not brought and reference is None:
                self.missing.append((each, source))
        if len(state.landed) - before > 1:
            state.landed[before:] = _settled(state.landed[before:], each.line)

    def _tree_of(self, stage: int, held: Mapping[str, Origin]) -> SourceTree:
        if stage not in self._trees:
            self._trees[stage] = SourceTree(held, lambda place: self._link(held[place][0]))
        return self._trees[stage]

    def _link(self, path: str) -> str | None:
        try:
            return str((self.root / path).readlink())
        except OSError:
            return None


class _StageState:
    """A stage while its instructions are gone through; `known` as long as nothing else can be in it."""

    def __init__(self, before: "_StageState | None", *, known: bool) -> None:
        self.landed: list[_Landed] = list(before.landed) if before else []
        self.values: dict[str, str] = dict(before.values) if before else {}
        self.folder: str = before.folder if before else "/"
        self.folders: set[str] = set(before.folders) if before else {"/"}
        self.onbuild: list[Instruction] = []
        self.known: bool = before.known if before else known
        self._held: dict[str, Origin] | None = None

    def enter(self, folder: str) -> None:
        """Go to a folder, and make it."""
        self.folder = posixpath.normpath(posixpath.join(self.folder, folder))
        self.folders.add(self.folder)

    def is_folder(self, path: str) -> bool:
        """Whether `path` is a folder in the image, as far as COPY and WORKDIR made it one."""
        below = f"{path}/".replace("//", "/")
        return any(f"{each}/".startswith(below) for each in self.folders) or any(
            each.makes(below) for each in self.landed
        )

    def held(self) -> dict[str, Origin]:
        """Once the stage is whole: what is where in it, without the slash at the start."""
        if self._held is None:
            self._held = {
                place.lstrip("/"): origin
                for each in self.landed
                for place, origin in each.in_image()
            }
        return self._held


@dataclass(frozen=True)
class _Copy:
    """One COPY or ADD at work: fsutil's Copy, source after source."""

    instruction: Instruction
    tree: SourceTree
    origins: Mapping[str, Origin] | None
    state: _StageState
    destination: str

    def bring(self, source: str, root: Path) -> bool:
        """Bring what one source names; whether there is something."""
        if self.instruction.flag("parents") is not None:
            found, cut = _with_parents(self.tree, source)
            self._land(_not_excluded(self.instruction, found, cut), cut)
            return bool(found)
        named = self.tree.named(source)
        for each in named:
            if each.is_file:
                self._file(each, root)
            else:
                cut = len(each.path) + 1 if each.path else 0
                self._land(_not_excluded(self.instruction, each.files, cut), cut)
        return bool(named)

    @property
    def _folder(self) -> str:
        return posixpath.normpath(posixpath.join(self.state.folder, self.destination))

    def _land(self, paths: list[str], cut: int) -> None:
        self.state.landed.append(
            _Landed(paths, cut, self._folder, self.instruction.line, self.origins)
        )

    def _file(self, each: CopySource, root: Path) -> None:
        """A file keeps its name in a folder, and else gets the destination's."""
        line, folder = self.instruction.line, self._folder
        if not _not_excluded(self.instruction, [each.path], 0):
            return
        if (
            self.instruction.name == "ADD"
            and self.origins is None
            and (packed := match_sources(root / each.path))
        ):
            unpacked = {posixpath.join(folder, name): (each.path, line) for name in packed}
            self.state.landed.append(_Landed([each.path], 0, folder, line, inside=unpacked))
            return
        into = (
            self.destination.endswith(("/", "/."))
            or self.destination in (".", "..", "")
            or self.state.is_folder(folder)
        )
        place = posixpath.join(folder, each.name) if into else folder
        perhaps_in = not into and not self.state.known
        self.state.landed.append(
            _Landed([each.path], 0, folder, line, self.origins, place, perhaps_in)
        )


def _settled(landed: list[_Landed], line: int) -> list[_Landed]:
    """What one instruction brought, as its one layer holds it: of two files at one path, the later.

    A file that another instruction overwrites is in its own layer still.
    """
    places = {place: origin for each in landed for place, origin in each.in_image()}
    return [_Landed([], 0, landed[0].folder, line, inside=places)]


def _with_parents(tree: SourceTree, source: str) -> tuple[list[str], int]:
    """What `--parents` copies, and how many letters stay behind: those before the mark `/./`."""
    before, mark, rest = source.partition("/./")
    pattern = posixpath.normpath("/" + (rest if mark else source)).lstrip("/")
    matcher = Matcher([Pattern(0, pattern)])
    tops = tree.named(before) if mark else tree.named("/")
    cut = len(tops[0].path) + 1 if tops and tops[0].path else 0
    return [
        path for top in tops for path in top.files if matcher.matches_path_or_parent(path[cut:])
    ], cut


def _triggered(each: Instruction) -> Instruction:
    return instruction(each.line, each.rest, each.heredocs)


def _is_heredoc(word: str, names: set[str]) -> bool:
    found = re.fullmatch(r"\d*<<-?(.+)", word)
    return found is not None and found[1] in names


def _not_excluded(each: Instruction, paths: list[str], cut: int) -> list[str]:
    """Those of `paths` that no `--exclude` of the instruction leaves out."""
    patterns = [value for name, value in each.flags if name == "exclude"]
    if not patterns:
        return paths
    try:
        matcher = Matcher(parse_ignore_file("\n".join(patterns).encode("utf-8", "surrogateescape")))
    except ValueError as error:
        raise DockerfileError(each.line, f"--exclude: {error}") from error
    return [path for path in paths if not matcher.matches_path_or_parent(path[cut:])]
