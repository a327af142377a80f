"""Download photographs from a public mirror: once, resumable, checked by size or hash.

pooch checks hashes too, but restarts an interrupted download from its first byte, and these files
have hundreds of megabytes.
"""

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catsdogs.errors import CatsdogsError
from catsdogs.support.progress import track

CHUNK = 2**20  # bytes that are read at once
TRIES = 5  # in one call; each resumes where the last one stopped
PATIENCE = 60  # seconds without a byte


@dataclass(frozen=True)
class Mirror:
    """A file on the web, with its size in bytes or its sha256 if known."""

    url: str
    size: int | None = None
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.url.rsplit("/", 1)[-1]


# By their names for DATA=.
MIRRORS = {
    # 3,000 of Kaggle's photographs, those of Chollet's "Deep Learning with Python"
    "mirror": Mirror(
        "https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip", size=68_606_236
    ),
    # all 25,000
    "mirror-full": Mirror(
        "https://download.microsoft.com/download/3/E/1/"
        "3E1C3F21-ECDB-4869-8368-6DEBA77B919F/kagglecatsanddogs_5340.zip",
        sha256="b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9",
    ),
}


def fetch(mirror: Mirror, folder: Path) -> Path:
    """Return the mirror's file in `folder`, downloaded unless it exists.

    Raise `CatsdogsError` if it cannot be downloaded completely.
    """
    target = folder / mirror.name
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.part")
        _download(mirror, part)
        _verify(mirror, part)
        part.replace(target)
    return target


def _download(mirror: Mirror, part: Path) -> None:
    """Append the missing bytes to `part`; retry after an interruption."""
    for attempt in range(1, TRIES + 1):
        try:
            with (
                _ask(mirror, part) as response,
                part.open("ab" if response.status == http.client.PARTIAL_CONTENT else "wb") as file,
            ):
                total = file.tell() + int(response.headers.get("Content-Length", 0))
                _tag(part).write_text(response.headers.get("ETag", ""))
                pieces = _pieces(response, file.tell())
                for piece in track(pieces, total, f"Downloading {mirror.name}", unit="B"):
                    file.write(piece)
                if file.tell() >= total:
                    return
        except urllib.error.HTTPError as error:
            if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and part.is_file():
                part.unlink()  # the file has changed, or was already complete: start over
            elif attempt == TRIES or error.code < http.client.INTERNAL_SERVER_ERROR:
                raise CatsdogsError(
                    f"`{mirror.url}` responds with {error.code}, {error.reason}", _OTHERWISE
                ) from error
        except (OSError, http.client.HTTPException) as error:
            if attempt == TRIES:
                reason = getattr(error, "reason", error)
                raise CatsdogsError(
                    f"cannot download `{mirror.url}`: {reason}", _OTHERWISE
                ) from error
    raise CatsdogsError(
        f"the download of `{mirror.name}` was interrupted {TRIES} times",
        "Run the command again: it resumes where it stopped",
    )


_OTHERWISE = (
    "Check your connection and run the command again, or download the file some other way and "
    "set `DATA=` to its path"
)


def _ask(mirror: Mirror, part: Path) -> http.client.HTTPResponse:
    """Request the bytes that `part` lacks, or the whole file if it may have changed."""
    request = urllib.request.Request(mirror.url)  # noqa: S310, addresses are our own
    tag = _tag(part).read_text() if _tag(part).is_file() else ""
    if tag and part.is_file():
        request.add_header("Range", f"bytes={part.stat().st_size}-")
        request.add_header("If-Range", tag)
    opened = urllib.request.urlopen
    response: http.client.HTTPResponse = opened(request, timeout=PATIENCE)
    return response


def _tag(part: Path) -> Path:
    """Return the file that keeps the ETag of the version in `part`."""
    return part.with_suffix(".etag")


def _pieces(response: http.client.HTTPResponse, before: int) -> Iterator[tuple[bytes, int]]:
    """Yield the bytes as they arrive, with their number; first b"" with the number of earlier
    ones.
    """
    yield b"", before
    while piece := response.read1(CHUNK):
        yield piece, len(piece)


def _verify(mirror: Mirror, part: Path) -> None:
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if (mirror.sha256 or found) != found or (
        mirror.size or part.stat().st_size
    ) != part.stat().st_size:
        part.unlink()
        raise CatsdogsError(
            f"`{mirror.url}` sent a different file than expected, which was deleted",
            "Run the command again. If that does not help, the mirror has changed: set `DATA=` to "
            "a path",
        )
    _tag(part).unlink(missing_ok=True)
