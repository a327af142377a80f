"""What of a builder's log a person wants to see while it works."""

import re
import sys
from collections.abc import Iterator

_STEP = re.compile(r"#(\d+) (.*)")
_DULL = re.compile(
    r"(DONE|CACHED|CANCELED|transferring|sha256:|building with|resolve |\[internal\]|ERROR: process|\.\.\.$)"
    r"|(exporting|writing image|naming to|unpacking to)\b|.* (done|[\d.]+s)$|.*#\d+ \.\.\.$|\d+\.\d+ *$"
)
_AT_ONCE = re.compile(r"CACHED|DONE 0\.\ds")
_STILL = re.compile(
    r"sha256:[0-9a-f]{64}$|resolve "
)  # said of each step by Docker 20.10, of a base by containerd's store
_PACKAGE = re.compile(r"[\d.]+  ([+] |Downloaded )|[\d.]+ Using Python")  # uv lists every one
_TIME = re.compile(r"\d+\.\d+ ")
_WIDTH = 110


class BuildProgress:
    """Picks the lines to show: what is worked on, once it is, and what the programs in a step say."""

    def __init__(self) -> None:
        self._named: set[str] = set()  # the builder names a step again when it comes back to it
        self._waiting: tuple[str, str] | None = (
            None  # a step that has been named; it may turn out to be cached
        )

    def show(self, line: str) -> bool:
        """Show what is to be seen of a line, so that nobody else has to."""
        for shown in self.lines(line):
            print(shown, file=sys.stderr, flush=True)
        return False

    def lines(self, line: str) -> Iterator[str]:
        """The lines to show now that the builder has written `line` (BUILDKIT_PROGRESS=plain)."""
        step = _STEP.fullmatch(line.rstrip())
        if not step:
            return
        number, text = step.groups()
        if self._waiting and number == self._waiting[0] and _STILL.match(text):
            return
        if self._waiting and not (number == self._waiting[0] and _AT_ONCE.match(text)):
            yield self._waiting[1]
        self._waiting = None
        if _DULL.match(text):
            return
        if text.startswith("["):
            if number not in self._named:
                self._waiting = number, _shortened(text)
            self._named.add(number)
        elif not _PACKAGE.match(text):
            yield f"  {_TIME.sub('', text, count=1)}"


def _shortened(step: str) -> str:
    """A step's name without the secrets' and caches' mounts, on one line."""
    plain = re.sub(r"--mount=\S+\s+", "", step)
    return plain if len(plain) <= _WIDTH else f"{plain[: _WIDTH - 1]}…"
