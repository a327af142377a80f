"""Show the lines of a builder's log that are worth seeing while it works."""

import re
import sys
from collections.abc import Iterator

from labcoat.core.patterns import lazy_pattern

_STEP = lazy_pattern(r"#(\d+) (.*)")
_HIDDEN = lazy_pattern(
    r"(DONE|CACHED|CANCELED|transferring|sha256:|building with|resolve |\[internal\]"
    r"|ERROR: process|\.\.\.$)"
    r"|(exporting|writing image|naming to|unpacking to)\b|.* (done|[\d.]+s)$|.*#\d+ \.\.\.$"
    r"|\d+\.\d+ *$"
)
_FINISHED_AT_ONCE = lazy_pattern(r"CACHED|DONE 0\.\ds")
# Printed for each step by Docker 20.10, and for a base image by containerd's store.
_UNDECIDED = lazy_pattern(r"sha256:[0-9a-f]{64}$|resolve ")
_PACKAGE = lazy_pattern(r"[\d.]+  ([+] |Downloaded )|[\d.]+ Using Python")  # uv lists every one
_TIME = lazy_pattern(r"\d+\.\d+ ")
_WIDTH = 110  # characters


class BuildProgress:
    """Select the lines to show: each step that does work, and the output of its programs."""

    def __init__(self) -> None:
        self._named: set[str] = set()  # the builder repeats a step's name when it returns to it
        # The number and name of a step that may still turn out to be cached.
        self._waiting: tuple[str, str] | None = None

    def show(self, line: str) -> bool:
        """Print what is worth seeing of `line`; return False, so that the caller prints nothing."""
        for shown in self.lines(line):
            print(shown, file=sys.stderr, flush=True)
        return False

    def lines(self, line: str) -> Iterator[str]:
        """Yield the lines to show after the builder's `line` (BUILDKIT_PROGRESS=plain)."""
        step = _STEP.fullmatch(line.rstrip())
        if not step:
            return
        number, text = step.groups()
        if self._waiting and number == self._waiting[0] and _UNDECIDED.match(text):
            return
        if self._waiting and not (number == self._waiting[0] and _FINISHED_AT_ONCE.match(text)):
            yield self._waiting[1]
        self._waiting = None
        if _HIDDEN.match(text):
            return
        if text.startswith("["):
            if number not in self._named:
                self._waiting = number, _shorten_step(text)
            self._named.add(number)
        elif not _PACKAGE.match(text):
            yield f"  {_TIME.sub('', text, count=1)}"


def _shorten_step(step: str) -> str:
    """Return a step's name without its mounts, on one line."""
    plain = re.sub(r"--mount=\S+\s+", "", step)
    return plain if len(plain) <= _WIDTH else f"{plain[: _WIDTH - 1]}…"
