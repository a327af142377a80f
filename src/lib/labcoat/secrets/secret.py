"""A secret of a file, and which of those found are named."""

import zlib
from collections.abc import Iterable

from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record, field, replace
from labcoat.secrets.assignments import LEAST_TOKEN

LEAST_STEM = 6  # characters that show a value to be made from another one
_PASSWORD = lazy_pattern(r"pass(?:word|wd)?|pwd")
_MOST_SECRETS = 50  # of one file; it takes time to find the line of each

# A kind of secret, its place, whether it is sure, its name and its value.
Found = tuple[str, int, bool, str, bytes]


class Secret(Record):
    """The kind of secret in a file, on `line` (0 for the whole file), under a `name` if it has one.

    It is not `sure` if it may be an example, test material, or a value for development. `others`
    are sure secrets on other lines: whoever removes one should not meet the next one afterwards.
    `digest` is the same for the same value, and 0 if that is not known.
    """

    kind: str
    line: int = 0
    sure: bool = True
    name: str = ""
    others: tuple["Secret", ...] = ()
    digest: int = field(default=0, compare=False)

    @property
    def all(self) -> tuple["Secret", ...]:
        """The secret and the others of its file."""
        return (self, *self.others)


def join_found(text: bytes, found: Iterable[Found]) -> Secret | None:
    """Return the first sure secret with the sure ones on other lines, else the first one."""
    first: Secret | None = None
    sure: dict[int, Secret] = {}
    digests: dict[bytes, int] = {}
    count = 0
    for kind, at, is_sure, name, value in found:
        if first and not is_sure:
            continue
        line = text.count(b"\n", 0, at) + 1
        # A password may also stand in an address.
        same = (one for other, one in digests.items() if other in value or value in other)
        digest = next(same, 0) if len(value) >= LEAST_STEM else 0
        digest = digest or _digest(name or ("password" if "password" in kind else ""), value)
        secret = Secret(kind, line, is_sure, name, digest=digest)
        first = first or secret
        if is_sure:
            if len(value) >= LEAST_STEM and secret.digest:
                digests.setdefault(value, secret.digest)
            sure.setdefault(line, secret)
            count += 1
        if count == _MOST_SECRETS:
            break
    if not sure:
        return first
    best, *others = sure.values()
    return replace(best, others=tuple(sorted(others, key=lambda each: each.line)))


def _digest(name: str, value: bytes) -> int:
    """Return what tells whether two secrets are one; two short ones may only be alike."""
    if not value or value.startswith(b"-----"):  # all private keys begin in the same way
        return 0
    if len(value) < LEAST_TOKEN:
        word = _PASSWORD.sub("password", name.lower())
        value = b"%b=%b" % (word.encode(), value)
    return zlib.crc32(value)
