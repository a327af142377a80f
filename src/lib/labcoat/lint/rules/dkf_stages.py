"""What the steps of a stage say of the lists of packages that its RUNs install."""

import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from labcoat.container.dockerfile.parser import Dockerfile, Instruction, Stage
from labcoat.core.patterns import lazy_pattern
from labcoat.lint.repository.repository import Repository

# What may bring a list of another repository, of the same name.
DOWNLOADS = lazy_pattern(r"\bgit\b[^\n;&|]{0,200}\bclone\b|://\S{0,300}\.txt\b")
_CONSTRAINTS = lazy_pattern(r"(?<!\S)(?:-c|--constraint)[ \t=]{1,4}\S+")
_UNKNOWN = lazy_pattern(r"[$*?\[]")  # a name that only a build knows
# A list without some lines of another, as `grep -v torch requirements.txt > rest.txt` writes it.
_FILTERED = lazy_pattern(
    r"\b(?:grep|sed|awk|head|tail|cat|sort|tr)\s[^\n;&]{0,300}?(?<![\w./-])([\w./-]+\.txt)\b"
    r"[^\n;&>]{0,200}>\s{0,4}[\"']?([\w./-]+)"
)


class StageLists(NamedTuple):
    """The `steps` of a stage, after those of the stages that it is based on, and its lists.

    `renamed` are the sources of those that it has under another name, `copied` the names of what it
    copies from the context. With `downloads`, a list may come from elsewhere.
    """

    steps: list[Instruction]
    renamed: dict[str, str]
    copied: set[str]
    downloads: bool


def find_stage_lists(repository: Repository, parsed: Dockerfile, stage: Stage) -> StageLists:
    """Return what the steps of `stage` say; it is the same for each of its RUNs."""
    steps = _list_steps(parsed, stage)
    downloads = any(_may_download(repository, step) for step in steps)
    return StageLists(steps, _find_renamed(steps), _find_copied_names(steps), downloads)


def _may_download(repository: Repository, step: Instruction) -> bool:
    """Whether a step may bring a list from elsewhere; constraints of pip are no list."""
    if step.name not in ("RUN", "ADD"):
        return False
    text = _CONSTRAINTS.sub(" ", step.rest)
    if "clone" in text and repository.origin:
        # A clone of this repository brings the lists that it has.
        place = rf"[/:]{re.escape(repository.origin)}(?:\.git)?/?(?=[\s\"';&|]|$)"
        text = re.sub(rf"\bclone\b(?=[^\n;&|]{{0,300}}{place})", " ", text, flags=re.IGNORECASE)
    return DOWNLOADS.search(text) is not None


def _list_steps(parsed: Dockerfile, stage: Stage) -> list[Instruction]:
    """Return the instructions of a stage, after those of the stages that it is based on."""
    base = parsed.base_stage(stage)
    return [*(_list_steps(parsed, base) if base else ()), *stage.instructions]


def _find_copied_names(steps: Iterable[Instruction]) -> set[str]:
    """Return the names of what a stage copies from the context, without their folders."""
    return {
        posixpath.basename(source)
        for each in steps
        if each.name in ("COPY", "ADD") and each.flag("from") is None
        for source in each.words[:-1]
    }


def _find_renamed(steps: Sequence[Instruction]) -> dict[str, str]:
    """Return the sources of files that a stage has under another name, by that name."""
    copied = {
        posixpath.basename(to): source
        for each in steps
        if each.name == "COPY" and each.flag("from") is None and len(each.words) == 2
        for source, to in [each.words]
        if posixpath.basename(to) not in ("", ".", "..", posixpath.basename(source))
        and not _UNKNOWN.search(source)
    }
    filtered = (
        each for step in steps if step.name == "RUN" for each in _FILTERED.findall(step.rest)
    )
    for source, to in filtered:
        copied[posixpath.basename(to)] = copied.get(posixpath.basename(source), source)
    return copied
