"""The pictures that a user names: files, folders and archives."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from catsdogs.data.pictures import PictureError
from catsdogs.data.sources import Source, is_archive, open_source
from catsdogs.errors import CatsdogsError


@dataclass(frozen=True)
class Named:
    """A picture: its name for the user, and where it is: in `source` as `inside`, or a file."""

    name: str
    source: Source | None = None
    inside: str = ""

    def read(self) -> bytes:
        """Return the bytes. Raise `PictureError` if they cannot be read."""
        if self.source:
            return self.source.read(self.inside)
        if "://" in self.name:
            raise PictureError("a URL, not a file: download it first")
        try:
            path = Path(self.name)
            if path.exists() and not path.is_file():
                raise PictureError("not a file")  # reading a named pipe would wait for ever
            return path.read_bytes()
        except OSError as error:
            raise PictureError((error.strerror or "cannot be read").lower()) from error
        except ValueError as error:  # such as a null character in the name
            raise PictureError("cannot be read") from error


@dataclass(frozen=True)
class Asked:
    """The pictures, in the order in which they were named, and files in folders and archives that
    are no pictures. `searched` tells whether there are folders or archives.
    """

    pictures: list[Named]
    others: list[str]
    searched: bool


def find(files: Sequence[str], cache: Path) -> Asked:
    """Return what `files` name; a folder or an archive stands for its pictures.

    Raise `CatsdogsError` if one of these has no pictures.
    """
    asked = Asked([], [], any(map(_is_searched, files)))
    for name in files:
        if _is_searched(name):
            source = open_source(Path(name), cache)
            if not source.names():
                raise _without_pictures(name, source.others())
            asked.pictures.extend(
                Named(f"{name.rstrip('/')}/{inside}", source, inside) for inside in source.names()
            )
            asked.others.extend(f"{name.rstrip('/')}/{other}" for other in source.others())
        else:
            asked.pictures.append(Named(name))
    return asked


def _is_searched(name: str) -> bool:
    try:
        path = Path(name)
        return path.is_dir() or (path.is_file() and is_archive(path))
    except (OSError, ValueError):  # a name that is too long, or that no file can have
        return False


def _without_pictures(name: str, others: Sequence[str]) -> CatsdogsError:
    only = f", only {len(others)} other files such as {others[0]!r}" if others else ""
    return CatsdogsError(
        f"no pictures in `{name}`{only}", "Name pictures, or folders and archives that have some"
    )
