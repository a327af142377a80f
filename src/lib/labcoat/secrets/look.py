"""Look for a secret in a file: by its name, then by its content; every caller asks here."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from labcoat.core import reading
from labcoat.core.path_roles import is_aside
from labcoat.core.patterns import lazy_pattern
from labcoat.secrets import names
from labcoat.secrets.content import find_in_content, find_in_variables
from labcoat.secrets.rules import PRIVATE
from labcoat.secrets.secret import Secret

# Bytes; keys and tokens are in small files, and reading all weights and data would take minutes.
LARGEST = 1 << 20
# A notebook may begin with pictures.
LARGEST_NOTEBOOK = reading.WHOLE
# Names of folders and files that stand in for real ones.
_INVENTED = lazy_pattern(
    r"(?i)(?:^|[/._-])(?:example|sample|template|dummy|mock|fake|snakeoil|self-?signed|insecure)s?(?=[/._-]|$)"
)
_CERTIFICATE = lazy_pattern(r"(?i)\.(?:pem|crt|cer|cert)$")
_LARGEST_CERTIFICATE = 1 << 15  # bytes
_MOST_CERTIFICATES = 20  # of a folder
BY_NAME = "a file that holds secrets"
WITHOUT = "a file for secrets (without any now)"


def find_secret(path: str, data: bytes, root: Path | None = None) -> Secret | None:
    """Return the secret in a file with this path, relative to the project, and these bytes.

    In the project at `root`, the certificates beside a private key say whether it is an example.
    """
    if not data:
        return None
    if names.is_example_of_variables(path):
        return find_in_content(path, data, tokens_only=True)
    if names.is_environment(path) or names.is_variables(path):
        return find_in_variables(path, data) or _without_secret(path)
    if names.is_secret_name(path):
        return Secret(BY_NAME, sure=not (is_aside(path) or _INVENTED.search(path)))
    found = find_in_content(path, data)
    if root and found and any(each.kind == PRIVATE for each in found.all if each.sure):
        return find_in_content(path, data, beside=_read_certificates(root / path))
    return found


def is_in_lines(path: str, lines: Iterable[bytes], size: int) -> bool:
    """Whether a secret is in some of the `lines` of a file of `size` bytes."""
    return find_in_content(path, b"\n".join(lines), size=size) is not None


def find_secret_on_disk(root: Path, path: str) -> Secret | None:
    """Return the secret in the file `path` below `root`; of a symlink, the one that its name says.

    The first megabyte is searched, and a notebook completely.
    """
    try:
        found = os.lstat(root / path)
    except OSError:
        return None
    if stat.S_ISLNK(found.st_mode):
        return Secret(BY_NAME) if names.is_secret_name(path) and not is_aside(path) else None
    if not stat.S_ISREG(found.st_mode):
        return None
    return find_secret(path, read_file(root / path, largest(path)), root)


def largest(path: str) -> int:
    """Return how many bytes of a file are searched."""
    return LARGEST_NOTEBOOK if path.endswith(".ipynb") else LARGEST


def read_file(path: Path, most: int = LARGEST) -> bytes:
    """Return the first `most` bytes of a regular file; nothing if it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return b""
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        return file.read(most)


def _read_certificates(path: Path) -> bytes:
    """Return the certificates in the folder of a file."""
    try:
        beside = sorted(os.listdir(path.parent))  # noqa: PTH208 - a folder may have many files
    except OSError:
        return b""
    found = [path.parent / name for name in beside if _CERTIFICATE.search(name)]
    return b"".join(read_file(each, _LARGEST_CERTIFICATE) for each in found[:_MOST_CERTIFICATES])


def _without_secret(path: str) -> Secret | None:
    """Return what a file for variables is without a secret in it."""
    usual = path.rpartition("/")[2].lower() in (".env", ".env.local")
    return Secret(WITHOUT, sure=False) if usual and not is_aside(path) else None
