"""Read apt.txt as Binder does: names of Debian packages, a comment after each `#`.

Binder's builder hands its words to `apt-get install --no-install-recommends`:
https://repo2docker.readthedocs.io/en/latest/configuration/system.html
"""

import re
from pathlib import Path

from labcoat.core import files, reading
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.core.terminal import escape_control

NAME = "apt.txt"
# Binder reads its own directory only, where there is one.
_FOLDERS = ("", "binder", ".binder")
# Debian Policy 5.6.1 and 5.6.12. A name that ends with `-` means "remove" to apt.
_WORD = lazy_pattern(
    r"(?P<name>[a-z0-9][a-z0-9+.-]*[a-z0-9+])(?:=(?P<version>[0-9][A-Za-z0-9.+:~-]*))?", re.ASCII
)
_HINT = "Write one package a line, such as `libgomp1` or `libgomp1=12.2.0-14`"


class AptRequest(Record):
    """The packages that a file asks for, each NAME or NAME=VERSION, without repetitions."""

    file: Path
    words: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The packages' names."""
        return tuple(word.partition("=")[0] for word in self.words)

    def digest(self) -> str:
        """Return a digest that order, comments and empty lines do not change."""
        return files.text_digest("\n".join(sorted(self.words)).encode())


def find_request(root: Path) -> Path | None:
    """Return the project's apt.txt, or the one in Binder's directory; None without one."""
    found = (root / folder / NAME for folder in _FOLDERS)
    return next((path for path in found if path.exists() or path.is_symlink()), None)


def read_request(root: Path) -> AptRequest | None:
    """Return what the project in `root` asks for; None if it asks for nothing.

    Raise LabcoatError for an option, for what is not a package's name, and if it is not a file.
    """
    path = find_request(root)
    if path is None:
        return None
    name = path.relative_to(root).as_posix()
    if not path.is_file():
        raise LabcoatError(f"`{name}` exists but is not a file", f"Remove `{name}`")
    words = parse_request(reading.read_file(path), name)
    return AptRequest(path, words) if words else None


def parse_request(data: bytes, name: str) -> tuple[str, ...]:
    """Return the packages in `data`, the content of the file `name`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LabcoatError(f"`{name}` is not UTF-8 text", "Save it as UTF-8") from None
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for word in line.partition("#")[0].split():
            package = _check_word(word, f"line {number} of `{name}`")
            if found.setdefault(package, word) != word:
                raise LabcoatError(
                    f"`{name}` asks for `{found[package]}` and for `{word}`",
                    "Keep one of the two lines",
                )
    return tuple(found.values())


def _check_word(word: str, where: str) -> str:
    """Return the package that `word` names. Raise LabcoatError if it is anything else."""
    if found := _WORD.fullmatch(word):
        return found["name"]
    shown = escape_control(word)
    if word.startswith("-"):
        raise LabcoatError(f"{where} has the option `{shown}`, and only packages count", _HINT)
    if re.match(r"[<>!~]=|[<>]", word.lstrip("abcdefghijklmnopqrstuvwxyz0123456789+.-")):
        raise LabcoatError(
            f"{where} limits a version: `{shown}`",
            "Name the package alone, or one version with `=`; apt.lock has the exact one",
        )
    name = re.split(r"[:/=]", word, maxsplit=1)[0]
    if name != word and _WORD.fullmatch(name):
        raise LabcoatError(
            f"{where} has `{shown}`: only `=VERSION` may follow a package",
            f"Write `{name}`, or `{name}=VERSION`",
        )
    raise LabcoatError(f"{where} is not the name of a package: `{shown}`", _HINT)


def add_packages(path: Path, names: list[str]) -> None:
    """Append `names` to the apt.txt in `path`, one a line; create it if it does not exist."""
    text = reading.read_file(path).decode("utf-8", "surrogateescape") if path.exists() else ""
    end = "\r\n" if "\r\n" in text else "\n"
    before = text + end if text and not text.endswith("\n") else text
    added = "".join(f"{name}{end}" for name in names)
    files.write_file(path, (before + added).encode("utf-8", "surrogateescape"))
