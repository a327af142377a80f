"""Addresses in locks that name a version, of a repository or of a file."""

from labcoat.core.patterns import lazy_pattern
from labcoat.lint.findings import Finding, Severity
from labcoat.locking.requirement_lines import RequirementLine

# A version as a whole: 4.2.x and 1.0-stable are branches.
_VERSION = (
    r"v?\d{1,9}(?:\.\d{1,9}){1,5}"
    r"(?:[-_.+]?(?:(?:a|b|c|rc|alpha|beta|pre|post|dev|cu)[-_.]?\d{1,9}|alpha|beta|rc|final)){0,2}"
)
_TAG = lazy_pattern(rf"(?i)^git\+.+@[\w-]{{0,40}}?{_VERSION}(?:#.*)?$")
_ARCHIVE = r"\.(?:tar\.gz|tgz|tar\.bz2|zip)"
# Names of files, which are short. Of an archive that a host makes of a tag or a commit:
# https://docs.github.com/en/repositories/working-with-files/using-files/downloading-source-code-archives
_OF_TAG = lazy_pattern(rf"(?i)[\w-]{{0,40}}?{_VERSION}{_ARCHIVE}")
_OF_COMMIT = lazy_pattern(rf"(?i)[0-9a-f]{{40}}{_ARCHIVE}")
# https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention
_OF_RELEASE = lazy_pattern(
    rf"(?i)[\w.]+(?:-[\w.]+)*?-{_VERSION}(?:(?:%2B|\+)[\w.]+)?(?:(?:-[\w.]+){{3,4}}\.whl|{_ARCHIVE})"
)
# Folders whose files change, and versions that a host builds again each night.
_MOVING = lazy_pattern(r"(?i)/(?:heads|latest|nightly|main|master|dev|snapshots?)(?:/|$)")
_NIGHTLY = lazy_pattern(r"(?i)\.dev0(?!\d)")
_LONGEST_NAME = 255


def check_address(path: str, line: RequirementLine) -> Finding | None:
    """Return a note about an address without a hash or a commit, if it names a version."""
    label = line.name or line.url
    archive = _read_archive(line.url)
    if archive == "tag" or _TAG.search(line.url):
        return Finding(
            "REQ001",
            path,
            f"`{label}` is pinned to a tag, which its repository can move",
            "Write the commit that the tag names in its place",
            line.number,
            severity=Severity.NOTE,
        )
    if archive:
        return Finding(
            "REQ001",
            path,
            f"`{label}` is a file of one version without a hash: another file can take its place",
            "Write the file's hash behind the address: `#sha256=…`",
            line.number,
            severity=Severity.NOTE,
        )
    return None


def _read_archive(url: str) -> str:
    """Return whether a file at an address is of a tag, a commit or a release, or nothing.

    Nothing for one that may change, or that everybody on the way can change.
    """
    if not url.startswith("https://"):
        return ""
    folder, _, name = url.partition("#")[0].partition("?")[0].rpartition("/")
    if len(name) > _LONGEST_NAME or _MOVING.search(folder) or _NIGHTLY.search(name):
        return ""
    if folder.endswith(("/archive", "/archive/refs/tags")):
        forms = {"commit": _OF_COMMIT, "tag": _OF_TAG}
    else:
        forms = {"release": _OF_RELEASE}
    return next((kind for kind, form in forms.items() if form.fullmatch(name)), "")
