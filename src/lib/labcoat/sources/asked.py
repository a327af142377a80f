"""What an input asks for by its place: a directory of the repository, a git commit, an archive.

Forms: https://pip.pypa.io/en/stable/reference/requirement-specifiers/ and
https://pip.pypa.io/en/stable/topics/vcs-support/.
"""

import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from labcoat.core import git, process
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record, replace

Kind = Literal["local", "file", "git", "archive"]
_ARCHIVES = (".whl", ".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz")
_OTHER_VCS = ("hg+", "svn+", "bzr+")
_NAMED = lazy_pattern(
    r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[(?P<extras>[^\]]*)\])?\s*@\s*(?P<place>\S.*)", re.ASCII
)
_MARKER = lazy_pattern(r"\s+;\s*(.+)$|;\s+(.+)$")
_PATH_EXTRAS = lazy_pattern(r"(?P<path>.*?)\[(?P<extras>[^\]]*)\]$")
_COMMIT = lazy_pattern(r"[0-9a-f]{40}")


class Source(Record):
    """A package that is not a release of an index, as a line of an input asks for it.

    `kind` is a directory (local) or an archive (file) of the repository, whose `path` is relative
    to the project; a commit of the repository at `url` (git); or the archive at `url`. `name` is
    normalized, and empty if the line does not say it. `folder` is the directory of the package in
    the repository or archive, `digest` the SHA-256 of an archive. `where` is the line's place. The
    project itself is `implied` where its own pyproject.toml is the input.
    """

    kind: Kind
    where: str
    text: str
    name: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    path: str = ""
    url: str = ""
    revision: str = ""
    folder: str = ""
    digest: str = ""
    implied: bool = False

    @property
    def identity(self) -> tuple[str, ...]:
        """What it has in common with other lines that ask for the same."""
        return self.kind, self.path, self.url, self.revision, self.folder

    @property
    def place(self) -> str:
        """What errors call it: its path or its address."""
        return self.path or self.url


def is_place(text: str) -> bool:
    """Whether the text of a line, without options, is a path or an address."""
    body = _MARKER.sub("", text)
    if found := _NAMED.fullmatch(body):
        body = found["place"]
    path = body.partition("[")[0]
    return (
        "://" in body
        or body.startswith("file:")
        or path in {".", ".."}
        or path.startswith(("./", "../", "/", "~"))
        or ("/" in path and not re.search(r"[<>=!~;@ ]", path))
        or path.endswith(_ARCHIVES)
    )


def parse_source(text: str, root: Path, where: str, *, editable: bool = False) -> Source:
    """Return what the line `text`, without its `-e` (`editable`), asks for in the project `root`.

    Raise LabcoatError if it cannot be installed the same everywhere.
    """
    shown = f"{where}: `{process.redact(('-e ' if editable else '') + text)}`"
    marker_found = _MARKER.search(text)
    marker = (marker_found[1] or marker_found[2]).strip() if marker_found else ""
    body = _MARKER.sub("", text).strip().strip("\"'")
    name, extras = "", ""
    if found := _NAMED.fullmatch(body):
        name, extras, body = normalize_name(found["name"]), found["extras"] or "", found["place"]
    common = Source("local", where, text, name, _split_extras(extras), marker)
    if "$" in body:
        raise LabcoatError(
            f"{shown} has a variable", "Write the value itself: a lock must not depend on variables"
        )
    if body.startswith(_OTHER_VCS):
        raise LabcoatError(
            f"{shown} is not in a git repository",
            "Ask for a release, or for a commit in a git repository",
        )
    if body.startswith("git+") or body.startswith("git://"):
        return _parse_git(body.removeprefix("git+"), common, shown)
    if body.startswith(("http://", "https://")):
        return _parse_archive(body, common, shown, editable=editable)
    return _parse_path(body, common, shown, root)


def _split_extras(text: str) -> tuple[str, ...]:
    return tuple(normalize_name(each.strip()) for each in text.split(",") if each.strip())


def _fragment(address: str) -> tuple[str, dict[str, str]]:
    """Return an address without its fragment, and the fragment's values."""
    plain, _, rest = address.partition("#")
    pairs = (each.partition("=") for each in rest.split("&") if each)
    return plain, {key: unquote(value) for key, _, value in pairs}


def _refuse_password(address: str, shown: str) -> None:
    parts = urlsplit(address)
    # Of an https address a name alone may be a token; ssh://git@… has the name of the account.
    if parts.password is not None or (parts.username and parts.scheme in {"http", "https"}):
        raise LabcoatError(
            f"{shown} has a password",
            "Remove it: git asks its credential helper, pip and uv read .netrc",
        )


def _parse_git(address: str, common: Source, shown: str) -> Source:
    plain, values = _fragment(address)
    if "://" not in plain:
        raise LabcoatError(
            f"{shown} is not an address", "Write it as `git+https://…` or `git+ssh://…`"
        )
    scheme, _, rest = plain.partition("://")
    host, slash, path = rest.partition("/")
    path, _, revision = path.partition("@")
    url = f"{scheme}://{host}{slash}{path}"
    _refuse_password(url, shown)
    if revision.startswith("-") or url.startswith("-"):
        raise LabcoatError(f"{shown} is not an address", "Write a branch, a tag or a commit")
    name, extras = common.name, common.extras
    if egg := values.get("egg", ""):
        found = re.fullmatch(r"([\w.-]+)(?:\[([^\]]*)\])?", egg, re.ASCII)
        if found:
            name, extras = name or normalize_name(found[1]), extras or _split_extras(found[2] or "")
    folder = _checked_folder(values.get("subdirectory", ""), shown)
    return replace(
        common, kind="git", name=name, extras=extras, url=url, revision=revision, folder=folder
    )


def _parse_archive(address: str, common: Source, shown: str, *, editable: bool) -> Source:
    plain, values = _fragment(address)
    _refuse_password(plain, shown)
    if editable:
        raise LabcoatError(f"{shown} cannot be editable", "Remove `-e`")
    if not urlsplit(plain).path.endswith(_ARCHIVES):
        raise LabcoatError(
            f"{shown} is not an archive of a package",
            "Write `git+` before the address of a repository, or name a wheel or a .tar.gz file",
        )
    name = common.name
    if not name and (egg := values.get("egg", "")):
        name = normalize_name(egg.partition("[")[0])
    folder = _checked_folder(values.get("subdirectory", ""), shown)
    digest = values.get("sha256", "").lower()
    return replace(common, kind="archive", name=name, url=plain, folder=folder, digest=digest)


def _checked_folder(folder: str, shown: str) -> str:
    if folder.startswith("/") or ".." in Path(folder).parts:
        raise LabcoatError(f"{shown} names a directory outside of it", "Correct `subdirectory`")
    return "" if folder in {"", "."} else Path(folder).as_posix()


def _parse_path(body: str, common: Source, shown: str, root: Path) -> Source:
    if body.startswith("file:"):
        body = unquote(body.removeprefix("file:").partition("#")[0])
        body = body.removeprefix("//localhost") if body.startswith("//localhost/") else body
        body = body.removeprefix("//") if body.startswith("///") else body
    extras = common.extras
    if not (root / body).exists() and (found := _PATH_EXTRAS.fullmatch(body)):
        body, extras = found["path"], _split_extras(found["extras"])
    root = Path(os.path.abspath(root))  # noqa: PTH100 - symlinks stay as they are written
    target = Path(os.path.normpath(root / Path(body).expanduser()))
    boundary = git.git_root(root) or root
    if not target.resolve().is_relative_to(boundary.resolve()):
        raise LabcoatError(
            f"{shown} is outside of the repository",
            "Move it into the repository, add it as a git submodule, or ask for it with"
            " `NAME @ git+https://…`",
        )
    path = Path(os.path.relpath(target, root)).as_posix()
    path = path if path.startswith("..") or path == "." else f"./{path}"
    if not target.exists():
        raise LabcoatError(f"{shown} does not exist", "Correct the path")
    if target.is_dir():
        if not any((target / name).is_file() for name in ("pyproject.toml", "setup.py")):
            raise LabcoatError(
                f"{shown} is not a package: it has no pyproject.toml and no setup.py",
                "Correct the path, or import it from its directory without installing it",
            )
        return replace(common, kind="local", extras=extras, path=path)
    if not target.name.endswith(_ARCHIVES):
        raise LabcoatError(
            f"{shown} is not a package", "Name a directory, a wheel or a .tar.gz file"
        )
    return replace(common, kind="file", extras=extras, path=path)


def is_commit(revision: str) -> bool:
    """Whether a revision is the full name of a commit."""
    return _COMMIT.fullmatch(revision) is not None
