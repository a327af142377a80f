"""Fetch small wheels from the index's own listing, which takes a tenth of the time that pip does.

pip starts for half a second, once for each set of tags. Large wheels stay with pip, which may have
them in its cache; so does whatever goes wrong here, which pip then explains.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from http.client import HTTPException
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.settings import time_limit
from labcoat.locking.requirements_file import Pin
from labcoat.toolchain import index_config, package_index
from labcoat.toolchain.package_index import ListedFile

_LARGE = 8 << 20  # bytes
_PART = 1 << 16


class ListedWheels:
    """The wheels of an index; once it cannot be reached, none."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._ends = time.monotonic() + time_limit()
        self._is_reachable = True

    def download(
        self, pin: Pin, is_wanted: Callable[[str], bool], folder: Path
    ) -> Iterator[tuple[str, Path]]:
        """Yield name and path in `folder` of each wheel that `pin` has a hash of and `is_wanted`.

        `is_wanted` gets the name of the wheel's file. Whether the content has the hash remains to
        be seen. Nothing is yielded where that fails, or where the wheel is large.
        """
        if not self._is_reachable:
            return
        try:
            listed = package_index.fetch_listing(pin.name, self._environ) or ()
            for number, file in enumerate(_select(listed, pin.hashes, is_wanted)):
                path = folder / f"{pin.name}-{number}"
                if self._save(file, path):
                    yield file.name, path
        except LabcoatError:
            self._is_reachable = False
        except (OSError, ValueError, HTTPException):
            return

    def _save(self, file: ListedFile, path: Path) -> bool:
        """Write a file of the index to `path`; return whether it is all there."""
        access = index_config.index_access(self._environ)
        with package_index.open_address(access, file.url) as page, path.open("wb") as target:
            size = int(page.headers.get("Content-Length") or 0)
            if not 0 < size <= _LARGE:
                return False
            while part := page.read1(_PART):
                target.write(part)
                if time.monotonic() > self._ends:
                    return False
            return target.tell() == size


def _select(
    listed: Collection[ListedFile], hashes: Collection[str], is_wanted: Callable[[str], bool]
) -> Iterator[ListedFile]:
    """Yield the wheels of a listing whose hash is in `hashes`, with a plain name."""
    for file in listed:
        is_wheel = file.name.endswith(".whl") and Path(file.name).name == file.name
        if is_wheel and file.sha256 in hashes and is_wanted(file.name):
            yield file
