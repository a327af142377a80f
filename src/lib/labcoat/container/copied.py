"""What COPY and ADD bring from the build context into the image, through all stages.

Source: BuildKit's frontend/dockerfile/dockerfile2llb (dispatchCopy) and tonistiigi/fsutil `copy`; held against real
builds in tests/container.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labcoat.container import goglob
from labcoat.container.dockerfile import (
    Dockerfile,
    DockerfileError,
    Instruction,
    Stage,
    assigned,
    expanded,
    instruction,
)
from labcoat.container.ignore import Matcher, Pattern
from labcoat.container.sources import Tree, members, split_wildcards


def reaching(dockerfile: Dockerfile, sent: Iterable[str], root: Path) -> set[str]:
    """Those of the context's files `sent` that reach the image of the last stage. Raises DockerfileError."""
    return set(follow(dockerfile, sent, root)[0])


def follow(dockerfile: Dockerfile, sent: Iterable[str], root: Path) -> tuple[dict[str, int], list[tuple[Instruction, str]]]:
    """The files that reach the image of the last stage, each with the line of the COPY or ADD that takes it out of the
    context; and, of all stages, the sources that name nothing in the context. Raises DockerfileError.
    """
    images = _Images(dockerfile, Tree(sent, root))
    lines: dict[str, int] = {}
    for landed in images.of(dockerfile.stages[-1]):
        came = {path: landed.lines.get(path, landed.line) for path in landed.paths} if landed.lines else {}
        lines = (came or dict.fromkeys(landed.paths, landed.line)) | lines
    for stage in dockerfile.stages:
        images.of(stage)
    return lines, images.missing


@dataclass
class _Landed:
    """Files that one source brought: context paths, and where in the image the part after `cut` letters went."""

    paths: list[str]
    cut: int
    folder: str
    line: int = 0  # of the COPY or ADD that took them out of the context
    renamed: str = ""  # the one file's whole path in the image, where the destination named it
    inside: Mapping[str, str] = field(default_factory=dict)  # paths that do not follow from the context's
    lines: Mapping[str, int] = field(default_factory=dict)  # for paths that came by way of another stage

    def in_image(self) -> Iterator[tuple[str, str]]:
        """Each path in the image, with the context's path that it came from."""
        for path in self.paths if not self.inside else ():
            yield self.renamed or posixpath.join(self.folder, path[self.cut :]), path
        yield from self.inside.items()


class _Images:
    """What each stage of one Dockerfile holds of the context."""

    def __init__(self, dockerfile: Dockerfile, tree: Tree) -> None:
        self.dockerfile = dockerfile
        self.tree = tree
        self.missing: list[tuple[Instruction, str]] = []
        self._done: dict[int, _StageState] = {}

    def of(self, stage: Stage) -> "list[_Landed]":
        return self._state(stage).landed

    def _state(self, stage: Stage) -> "_StageState":
        if stage.index not in self._done:
            base = self.dockerfile.base_stage(stage)
            before = self._state(base) if base else None
            state = _StageState(before)
            self._done[stage.index] = state
            for each in (*(before.onbuild if before else ()), *stage.instructions):
                self._run(each, state, stage)
        return self._done[stage.index]

    def _run(self, each: Instruction, state: "_StageState", stage: Stage) -> None:
        if each.name in ("ARG", "ENV"):
            state.values |= assigned(each, state.values, stage.arguments)
        elif each.name == "WORKDIR":
            state.folder = posixpath.join(state.folder, expanded(each, each.rest, state.values))
        elif each.name == "ONBUILD":
            state.onbuild.append(_triggered(each))
        elif each.name in ("COPY", "ADD"):
            self._copy(each, state, stage)

    def _copy(self, each: Instruction, state: "_StageState", stage: Stage) -> None:
        words = [expanded(each, word, state.values) for word in each.words]
        names = {name for name, _ in each.heredocs}
        sources, destination = [word for word in words[:-1] if not _is_heredoc(word, names)], words[-1] if words else ""
        if len(words) < 2:
            raise DockerfileError(each.line, f"{each.name} requires at least two arguments")
        folder = posixpath.join(state.folder, destination)
        several = len(words) > 2 or destination.endswith(("/", "/.")) or destination in (".", "..", "")
        reference = each.flag("from")
        if reference is not None:
            origin = self.dockerfile.stage(expanded(each, reference, state.values))
            if origin is not None and origin.index < stage.index:  # else an image or a named context
                state.landed.extend(_moved_from(self.of(origin), sources, posixpath.normpath(folder), several))
            return
        before = len(state.landed)
        for source in sources:
            if each.name == "ADD" and re.match(r"(https?://|git@|git://|ssh://)", source):
                continue
            self._bring(each, source, posixpath.normpath(folder), several, state)
        if len(state.landed) - before > 1:
            state.landed[before:] = _settled(state.landed[before:], each.line)

    def _bring(self, each: Instruction, source: str, folder: str, several: bool, state: "_StageState") -> None:
        found = self.tree.named(source)
        if not found:
            self.missing.append((each, source))
        for path, paths in found:
            kept = _not_excluded(each, path, paths)
            if kept == [path]:
                state.landed.append(self._one_file(each, path, folder, several or len(found) > 1, state))
            else:
                cut = len(path) + 1 if path and each.flag("parents") is None else 0
                state.landed.append(_Landed(kept, cut, folder, each.line))

    def _one_file(self, each: Instruction, path: str, folder: str, several: bool, state: "_StageState") -> _Landed:
        if each.name == "ADD" and (packed := members(self.tree.root / path)):
            return _Landed([path], 0, folder, each.line, inside={posixpath.join(folder, name): path for name in packed})
        if each.flag("parents") is not None:
            return _Landed([path], 0, folder, each.line)
        if several or state.is_folder(folder):
            return _Landed([path], len(path) - len(path.rpartition("/")[2]), folder, each.line)
        return _Landed([path], 0, folder, each.line, renamed=folder)


class _StageState:
    """A stage while its instructions are gone through."""

    def __init__(self, before: "_StageState | None") -> None:
        self.landed: list[_Landed] = list(before.landed) if before else []
        self.values: dict[str, str] = dict(before.values) if before else {}
        self.folder: str = before.folder if before else "/"
        self.onbuild: list[Instruction] = []

    def is_folder(self, path: str) -> bool:
        """Whether `path` is a folder in the image, as far as COPY and WORKDIR made it one."""
        if path == posixpath.normpath(self.folder) or path == "/":
            return True
        return any(f"{each.folder}/".startswith(f"{path}/") and not each.renamed for each in self.landed)


def _settled(landed: list[_Landed], line: int) -> list[_Landed]:
    """What one instruction brought, as its one layer holds it: of two files at one path, the later.

    A file that another instruction overwrites is in its own layer still.
    """
    places = {place: path for each in landed for place, path in each.in_image()}
    return [_Landed(sorted(set(places.values())), 0, landed[0].folder, line, inside=places)]


def _moved_from(landed: list[_Landed], sources: list[str], folder: str, several: bool) -> Iterator[_Landed]:
    """What COPY --from brings on of what had `landed` in another stage."""
    held = [pair for each in landed for pair in each.in_image()]
    lines = {path: each.lines.get(path, each.line) for each in landed for path in each.paths}
    for source in sources:
        if moved := _moved(held, posixpath.normpath("/" + source), folder, several):
            yield _Landed(sorted(set(moved.values())), 0, folder, inside=moved, lines=lines)


def _moved(held: list[tuple[str, str]], source: str, folder: str, several: bool) -> dict[str, str]:
    """The new places of those files of another stage that `source` names there."""
    literal, pattern = split_wildcards(source.lstrip("/"))
    moved: dict[str, str] = {}
    for place, origin in held:
        inner = place.lstrip("/")
        base = literal if not pattern else _matching_prefix(literal, pattern, inner)
        if base is None:
            continue
        if inner == base:
            name = posixpath.basename(inner)
            moved[posixpath.join(folder, name) if several or pattern else folder] = origin
        elif not base or inner.startswith(f"{base}/"):
            moved[posixpath.join(folder, inner[len(base) :].lstrip("/"))] = origin
    return moved


def _matching_prefix(literal: str, pattern: str, path: str) -> str | None:
    """The part of `path` that a wildcard source names: as deep as the pattern; None where it does not match."""
    depth = len([part for part in literal.split("/") if part]) + pattern.count("/") + 1
    head = "/".join(path.split("/")[:depth])
    prefix = f"{literal}/" if literal else ""
    return head if head.startswith(prefix) and goglob.matches(pattern, head[len(prefix) :]) else None


def _triggered(each: Instruction) -> Instruction:
    return instruction(each.line, each.rest)


def _is_heredoc(word: str, names: set[str]) -> bool:
    return word.startswith("<<") and word.lstrip("<-").strip("'\"") in names


def _not_excluded(each: Instruction, path: str, paths: list[str]) -> list[str]:
    """Those of `paths` that no `--exclude` of the instruction leaves out."""
    patterns = [value for name, value in each.flags if name == "exclude"]
    if not patterns:
        return paths
    matcher = Matcher([Pattern(each.line, posixpath.normpath(value)) for value in patterns])
    cut = len(path) + 1 if path and paths != [path] else 0
    return [path for path in paths if not matcher.matches_or_below(path[cut:])]
