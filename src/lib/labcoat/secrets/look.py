"""Look for a secret in a file: by its name, then by its content; every caller asks here."""

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from labcoat.core import reading
from labcoat.core.path_roles import is_aside
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import replace
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
_FERNET = "fernet_key"  # of airflow.cfg
_OVERRIDES = lazy_pattern(rb"(?m)^[^#\n]*\bAIRFLOW__CORE__FERNET_KEY[\"']?[ \t]*[:=]")
_COMPOSE = lazy_pattern(r"(?i)(?:[\w.-]*[-._])?compose[\w.-]*\.ya?ml")
_MOST_FOLDERS = 3  # above a file
# How pictures, sounds and films begin: PNG, JPEG, GIF, RIFF (WebP, WAV, AVI), FLAC, and MP4 behind
# four bytes. What is in them is compressed, and takes ten times as long to search as to read.
_MEDIA = lazy_pattern(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....(?:WEBP|WAVE|AVI )|fLaC\0|\0\0\0.ftyp"
    rb"|OggS\0|ID3[\2-\4]\0",
    re.DOTALL,
)
BY_NAME = "a file that holds secrets"
WITHOUT = "a file for secrets that has none at present"


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
    if _MEDIA.match(data):
        return None
    found = find_in_content(path, data)
    return _ask_others(root, path, data, found) if root and found else found


def _ask_others(root: Path, path: str, data: bytes, found: Secret) -> Secret | None:
    """Return the secret of a file, weighed by what other files say of it."""
    if any(each.kind == PRIVATE for each in found.all if each.sure):
        return find_in_content(path, data, beside=_read_certificates(root / path))
    if path.endswith(".cfg") and any(is_overridable(each.name) for each in found.all if each.sure):
        return _weigh_overridden(root, path, found)
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
    beside = sorted(_list_folder(path.parent))
    found = [path.parent / name for name in beside if _CERTIFICATE.search(name)]
    return b"".join(read_file(each, _LARGEST_CERTIFICATE) for each in found[:_MOST_CERTIFICATES])


def is_overridable(name: str) -> bool:
    """Whether a compose file may give another value in place of one with this name."""
    return name == _FERNET


def _weigh_overridden(root: Path, path: str, found: Secret) -> Secret:
    """Return the secrets of airflow.cfg, those not sure that a variable of compose overrides.

    Airflow writes a key that it then does not use. The compose file is in the folder or one above.
    """
    folder = (root / path).parent
    folders = [each for each in (folder, *folder.parents) if each.is_relative_to(root)]
    for each in folders[:_MOST_FOLDERS]:
        for name in sorted(_list_folder(each)):
            if _COMPOSE.fullmatch(name) and _OVERRIDES.search(read_file(each / name)):
                weighed = [
                    replace(one, others=(), sure=one.sure and not is_overridable(one.name))
                    for one in found.all
                ]
                first, *others = sorted(weighed, key=lambda one: not one.sure)
                return replace(first, others=tuple(others))
    return found


def _list_folder(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - a folder may have many files
    except OSError:
        return []


def _without_secret(path: str) -> Secret | None:
    """Return what a file for variables is without a secret in it."""
    usual = path.rpartition("/")[2].lower() in (".env", ".env.local")
    return Secret(WITHOUT, sure=False) if usual and not is_aside(path) else None
