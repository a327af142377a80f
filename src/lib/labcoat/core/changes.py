"""Changes of a repository's files: planned together, shown as a diff, written all or none."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

from labcoat.core import files, originals, reading
from labcoat.core.errors import LabcoatError, unreadable
from labcoat.core.records import Record
from labcoat.core.text_encoding import decode_text, encode_like, text_encoding
from labcoat.core.text_merge import split_lines


class PlannedChange(Record):
    """A file's name relative to the root, the whole text it gets, and what that changes.

    The text is written in the encoding of the file that it replaces, or as UTF-8 with `as_utf8`.
    """

    name: str
    text: str
    summary: str
    as_utf8: bool = False


class ChangeSet:
    """What will be written in `root`. Nothing is written before `write`.

    Several parts of labcoat plan changes of one file: each reads the text that the one before it
    has planned. `notes` are lines about the reasons, to show before the changes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.notes: list[str] = []
        self._planned: dict[str, PlannedChange] = {}

    def read(self, name: str) -> str | None:
        """Return the text that the file `name` has or will have; None if there is none.

        Line endings stay as they are. Raise LabcoatError if it cannot be read as text.
        """
        planned = self._planned.get(self._first_name(name))
        if planned is not None:
            return planned.text
        data = self._read_bytes(name)
        return None if data is None else _decode(name, data)

    def plan(self, name: str, text: str, summary: str, *, as_utf8: bool = False) -> None:
        """Plan that the file `name` gets `text`. `summary` describes the change, in a few words.

        Raise LabcoatError if the file is a link that leads out of the repository, or to a file that
        was planned with another text.
        """
        target = (self.root / name).resolve()
        if not target.is_relative_to(self.root.resolve()):
            raise LabcoatError(
                f"`{name}` is a link that leads out of this directory",
                f"Replace it with a copy of {target}",
            )
        first = self._first_name(name)
        if first != name and not text.startswith(self._planned[first].text):
            raise LabcoatError(
                f"`{name}` and `{first}` lead to one file, and each needs a text of its own",
                "Replace one of the links with a file",
            )
        name = first
        earlier = self._planned.get(name)
        parts = [earlier.summary, summary] if earlier else [summary]
        is_utf8 = as_utf8 or (earlier is not None and earlier.as_utf8)
        self._planned[name] = PlannedChange(name, text, "; ".join(parts), is_utf8)

    def _first_name(self, name: str) -> str:
        """Return the name under which a file was planned that `name` is too, by a link."""
        if name in self._planned or not self._planned:
            return name
        target = (self.root / name).resolve()
        return next((one for one in self._planned if (self.root / one).resolve() == target), name)

    def append(self, name: str, lines: Sequence[str], summary: str) -> None:
        """Plan `lines` at the end of the file `name`, in its line endings."""
        self.plan(name, append_lines(self.read(name) or "", lines), summary)

    def __iter__(self) -> Iterator[PlannedChange]:
        """Yield what differs from the files, in the order in which it was planned."""
        for change in self._planned.values():
            if self._encode(change) != self._read_bytes(change.name):
                yield change

    def format_diff(self) -> str:
        """Return all changes as a unified diff, which `patch -p1` and `git apply` read.

        Bytes that are not UTF-8 are surrogates.
        """
        return "".join(
            _format_diff(change.name, self._read_bytes(change.name), self._encode(change))
            for change in self
        )

    def write(self, state: Path) -> list[PlannedChange]:
        """Write all changes, and record in `state` how to undo them; return them.

        Raise OSError if one cannot be written; the others are put back then.
        """
        changes = list(self)
        steps = {
            change.name: (self._read_bytes(change.name), self._encode(change)) for change in changes
        }
        if not steps:
            return []
        originals.record_step(state, steps)
        try:
            for name, (_, after) in steps.items():
                files.write_file(self.root / name, after)
        except BaseException:
            originals.undo_steps(self.root, state, last_only=True)
            raise
        return changes

    def _encode(self, change: PlannedChange) -> bytes:
        before = self._read_bytes(change.name)
        if before is None or change.as_utf8:
            return change.text.encode()
        return encode_like(change.text, before)

    def _read_bytes(self, name: str) -> bytes | None:
        try:
            return reading.read_file(self.root / name)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unreadable(name, error) from None


def append_lines(text: str, lines: Sequence[str]) -> str:
    """Return `text` with `lines` at its end, in its own line endings."""
    ending = "\r\n" if "\r\n" in text else "\n"
    gap = ending if text and not text.endswith("\n") else ""
    return text + gap + "".join(line + ending for line in lines)


def is_utf16(path: Path) -> bool:
    """Whether a file is UTF-16 or UTF-32 text, which git, make and Docker cannot read."""
    try:
        return text_encoding(reading.read_file(path))[1].startswith(("utf-16", "utf-32"))
    except (OSError, ValueError):
        return False


def _decode(name: str, data: bytes) -> str:
    try:
        return decode_text(data)
    except ValueError:  # UnicodeDecodeError is one
        raise LabcoatError(f"cannot read `{name}`: it is not text", "Save it as UTF-8") from None


def _format_diff(name: str, before: bytes | None, after: bytes) -> str:
    lines = difflib.unified_diff(
        split_lines(_show(before or b"")),
        split_lines(_show(after)),
        "/dev/null" if before is None else f"a/{name}",
        f"b/{name}",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _show(data: bytes) -> str:
    """Return bytes as text for a diff: UTF-16 decoded, all others as they are (PEP 383)."""
    mark, encoding = text_encoding(data)
    if encoding.startswith(("utf-16", "utf-32")):
        return data[len(mark) :].decode(encoding)
    return data.decode("utf-8", "surrogateescape")
