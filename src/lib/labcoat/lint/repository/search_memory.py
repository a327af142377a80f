"""What earlier checks searched, so that only files that changed are searched again.

A file counts as searched while git's index has the same date, size and inode for it, and the file
has them too: GitView.changed compares those. What is kept are paths, lines with imports, and what
kind of secret is on which line, never the secret. The searches and the rules about secrets are part
of the key.
"""

import json
import os
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path

from labcoat.core import files
from labcoat.core.cache import cache_folder
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record, field

_SECRETS = Path(__file__).parent.parent.parent / "secrets"
_IMPORTS = _SECRETS.parent / "imports"
_CODE = (
    *sorted(_SECRETS.glob("*.py")),
    _SECRETS.parent / "_vendor" / "gitleaks" / "rules.json",
    _SECRETS.parent / "core" / "path_roles.py",
    _SECRETS.parent / "core" / "shell_commands.py",
    *sorted(_IMPORTS.glob("*.py")),
    _SECRETS.parent / "lint" / "rules" / "req_import_places.py",
)
# A mode, an id, a stage and a tab come before the path.
_RECORD = lazy_pattern(rb"([^\t\0]+)\t([^\0]+)\0((?:  [^\n]*\n)+)")
_MOST_KEPT = 100  # repositories
_MOST = 1 << 26  # bytes; larger repositories are searched each time


Place = tuple[str, str, int]  # a module, the file that imports it, and the line
# A secret's kind, line, whether it is sure, its name, and its digest of 32 bits, which tells copies
# apart from others, and from which nothing can be read.
Known = tuple[str, int, bool, str, int]


class Searched(Record):
    """The records of the index in `details`, and what a search of their files found.

    `suspects` have a secret or look like a pointer of git LFS, `clean` are files that were read and
    have none; `imports` are None if unknown.
    `places` are those of the first imports of modules, by what was asked. `secrets` are those of
    each file that has some. `forced` says of ignored files whether somebody added them on purpose.
    `ignored` are the tracked files that git ignores, by what `identify_patterns` returned.
    """

    details: bytes
    suspects: frozenset[str]
    imports: frozenset[bytes] | None
    places: Mapping[str, list[Place]] = field(default_factory=dict)
    clean: frozenset[str] = frozenset()
    secrets: Mapping[str, list[Known]] = field(default_factory=dict)
    forced: Mapping[str, bool] = field(default_factory=dict)
    ignored: Mapping[str, list[str]] = field(default_factory=dict)

    def unsearched(self, details: bytes) -> set[str]:
        """Return the paths in `details`, from git's index now, that have to be searched."""
        if details == self.details:
            return set()
        known = set(_RECORD.findall(self.details))
        return {
            os.fsdecode(record[1]) for record in _RECORD.findall(details) if record not in known
        }


NOTHING = Searched(b"", frozenset(), None)


def leave_out(details: bytes, paths: Collection[str]) -> bytes:
    """Return the records of the index without those of `paths`."""
    if not paths:
        return details
    left = set(map(os.fsencode, paths))
    kept = (each for each in _RECORD.findall(details) if each[1] not in left)
    return b"".join(head + b"\t" + path + b"\0" + rest for head, path, rest in kept)


def recall(root: Path, key: str) -> Searched:
    """Return what is known about the repository at `root`; nothing if nothing is."""
    try:
        with _memory(root).open("rb") as file:
            head = json.loads(file.readline())
            if head["key"] != f"{key} {_version()}":
                return NOTHING
            imports = head["imports"]
            return Searched(
                file.read(_MOST),
                frozenset(head["suspects"]),
                None if imports is None else frozenset(map(os.fsencode, imports)),
                {
                    str(key): [(str(module), str(path), int(line)) for module, path, line in found]
                    for key, found in head["places"].items()
                },
                frozenset(head["clean"]),
                {
                    str(path): [
                        (str(kind), int(line), bool(sure), str(name), int(digest))
                        for kind, line, sure, name, digest in found
                    ]
                    for path, found in head["secrets"].items()
                },
                {str(key): bool(answer) for key, answer in head["forced"].items()},
                {str(key): list(map(str, paths)) for key, paths in head["ignored"].items()},
            )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, LabcoatError):
        return NOTHING


def remember(root: Path, key: str, searched: Searched) -> None:
    """Keep what is known about the repository at `root`, where that is possible."""
    if len(searched.details) > _MOST:
        return
    head = {
        "key": f"{key} {_version()}",
        "suspects": sorted(searched.suspects),
        "imports": None
        if searched.imports is None
        else [os.fsdecode(line) for line in searched.imports],
        "places": searched.places,
        "clean": sorted(searched.clean),
        "secrets": searched.secrets,
        "forced": searched.forced,
        "ignored": searched.ignored,
    }
    try:
        place = _memory(root)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not place.exists():
            _make_room(place.parent)
        files.write_file(place, json.dumps(head).encode() + b"\n" + searched.details)
    except (OSError, LabcoatError):
        pass  # the next check searches again


def _memory(root: Path) -> Path:
    """Return the file of a repository; two that share one only search more."""
    return cache_folder() / "check" / f"{zlib.crc32(os.fsencode(root)):08x}"


def _make_room(folder: Path) -> None:
    """Remove what has not been written for longest, so that at most `_MOST_KEPT` files are left."""
    by_date = sorted(folder.iterdir(), key=lambda each: each.lstat().st_mtime)
    for each in by_date[: max(0, len(by_date) - _MOST_KEPT + 1)]:
        each.unlink(missing_ok=True)


def _version() -> str:
    """Return what changes with the rules about secrets."""
    found = (each.stat() for each in _CODE)
    return " ".join(f"{each.st_size}:{each.st_mtime_ns}" for each in found)
