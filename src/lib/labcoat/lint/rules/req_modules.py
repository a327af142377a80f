"""Requirements that are modules of Python itself, as lists by hand or by a language model have."""

import sys
from collections.abc import Iterator, Sequence

from labcoat.core.terminal import join_some
from labcoat.lint.findings import Finding, Severity
from labcoat.locking.requirement_lines import RequirementLine

_SHOWN = 3


def is_module(line: RequirementLine) -> bool:
    """Whether a requirement is a module that each Python has, so that nothing is to be installed.

    One with a marker is for an older Python, and one with a version was there to be installed.
    """
    return line.name in sys.stdlib_module_names and not (line.url or line.marker or line.is_pinned)


def check_modules(
    path: str, lines: Sequence[RequirementLine], severity: Severity
) -> Iterator[Finding]:
    """Yield a finding about the `lines` that are modules of Python, if there are any."""
    names = list(dict.fromkeys(f"`{each.name}`" for each in lines))
    if not names:
        return
    them, are, line = ("them", "are modules", "these lines")
    if not names[1:]:
        them, are, line = ("it", "is a module", "this line")
    yield Finding(
        "REQ001",
        path,
        f"{join_some(names, _SHOWN)} {are} of Python itself: a package index lacks {them}, so that "
        "the installation fails, or has an old copy",
        f"Remove {line}",
        lines[0].number,
        severity=severity,
        repeats="modules",
    )
