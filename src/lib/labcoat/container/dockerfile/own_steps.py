"""Whether a Dockerfile has steps of the project's own, beside those that labcoat writes."""

import re
from collections.abc import Sequence

from labcoat.container.dockerfile.parser import Dockerfile, Instruction, Stage
from labcoat.container.dockerfile.used_stages import find_used_stages
from labcoat.core.patterns import lazy_pattern

SCRIPT = "install-lock.sh"  # which labcoat's Dockerfile runs; written beside it
# Where it puts what the image gets, now and before. For a COPY from there a builder reads all that
# is beside it too, which was the whole base image.
_OUTPUT, _FORMER_OUTPUT = "/labcoat/out/", "/out/"
_INSTALLS = lazy_pattern(
    r"sh /opt/install-lock\.sh (?:tools|split|packages|more-packages|project)", re.ASCII
)
# What labcoat's Dockerfile writes besides, as instruction, stage and arguments.
_COPIES = frozenset({
    ("COPY", "large", "/out/ /"),
    ("COPY", "small", "/out/ /"),
    ("COPY", "folder", "/out/ /"),
    ("COPY", "", '["${LOCK}", "/tmp/lock.txt"]'),
    ("COPY", "", ". /out/home/labcoat/project/"),
    ("ADD", "", "labcoat.tar /"),
    ("WORKDIR", "", "/home/labcoat/project"),
})  # fmt: skip


def has_own_steps(parsed: Dockerfile, chain: Sequence[Stage]) -> bool:
    """Return whether a step could write files that labcoat's own steps do not write.

    `chain` are the stages of the image; those that it copies from count too. Packages of the
    system's, from apt.lock, are such steps: they write anywhere.
    """
    return any(
        not _is_known(each)
        for stage in find_used_stages(parsed, chain)
        for each in stage.instructions
    )


def as_before(words: str) -> str:
    """Return the arguments of an instruction as labcoat wrote them before, in one line."""
    return " ".join(words.split()).replace(_OUTPUT, _FORMER_OUTPUT)


def _is_known(each: Instruction) -> bool:
    if each.name == "RUN":
        return not each.heredocs and bool(_INSTALLS.fullmatch(" ".join(each.rest.split())))
    if each.name in {"COPY", "ADD", "WORKDIR"}:
        return (each.name, each.flag("from") or "", as_before(each.rest)) in _COPIES
    return True
