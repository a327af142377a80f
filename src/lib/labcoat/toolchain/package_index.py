"""Ask the package index which files it has of one package, to explain why something failed.

Nothing asks it where all goes well. Formats:
https://packaging.python.org/en/latest/specifications/simple-repository-api/.
"""

import functools
import json
import os
import re
import shutil
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from html.parser import HTMLParser
from http.client import HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, cast

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.toolchain import connections, index_config, index_errors
from labcoat.toolchain.index_config import IndexAccess

_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"
_LISTING_BYTES = 64 << 20  # the longest listings of large indexes have some 20 MB
_SECONDS = 60  # for a whole page: an index may send a few bytes at a time for ever
_FILE = lazy_pattern(r"\.(?:whl|tar\.gz|zip|tar\.bz2|tgz|tar\.xz|egg|exe|msi|rpm)$", re.IGNORECASE)


class ListedFile(Record):
    """A file that the index has: its name and address, and what the index says about it.

    `requires_python` and `uploaded` (a time, ISO 8601) are empty where it says nothing; `yanked` is
    the reason, which may be empty, or None. `sha256` is in hexadecimal, or empty.
    """

    name: str
    url: str
    sha256: str = ""
    requires_python: str = ""
    yanked: str | None = None
    uploaded: str = ""


def fetch_listing(
    package: str, environ: Mapping[str, str] = os.environ, access: IndexAccess | None = None
) -> tuple[ListedFile, ...] | None:
    """Return the files that the index has of `package`; None if it does not know the package.

    `access` is for another index than the default one.

    Raise LabcoatError if the index cannot be reached, refuses access, or answers something else
    than a listing.
    """
    access = access or index_config.index_access(environ)
    name = normalize_name(package)
    address = f"{access.url}/{name}/"
    try:
        found = _fetch_page(access, f"{address}index.html" if _is_folder(address) else address)
    except urllib.error.HTTPError as error:
        with error:
            if error.code in {404, 410}:
                return None
            raise index_errors.explain_status(access, error.code, error.reason) from None
    address, kind, data = found
    try:
        listed = _parse_json(data) if "json" in kind else _parse_html(data)
    except (ValueError, KeyError, TypeError, AttributeError):
        listed = None
    if listed is None:
        raise index_errors.no_listing(access)
    return tuple(_resolve_address(file, address) for file in listed)


def check_root(environ: Mapping[str, str] = os.environ, access: IndexAccess | None = None) -> None:
    """Raise LabcoatError if the index's own address leads nowhere, so that no package is found."""
    access = access or index_config.index_access(environ)
    try:
        with open_address(access, f"{access.url}/"):
            pass
    except urllib.error.HTTPError as error:
        with error:
            if error.code in {404, 410}:
                raise index_errors.no_index(access, error.code) from None


def download_file(
    file: ListedFile, environ: Mapping[str, str] = os.environ, *, most: int = 0
) -> bytes:
    """Return the content of `file`, or its first `most` bytes.

    Raise LabcoatError or OSError if that fails.
    """
    return _fetch_page(index_config.index_access(environ), file.url, most)[2]


def save_address(url: str, path: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Write what is at `url`, an archive, to `path`, reached as the index is.

    Raise LabcoatError if nothing answers, and HTTPError for an error's status.
    """
    access = index_config.index_access(environ)
    try:
        with _open(access, url) as page, path.open("wb") as file:
            shutil.copyfileobj(page, file, 1 << 20)
    except urllib.error.HTTPError:
        raise
    except (OSError, ValueError) as error:
        raise index_errors.explain_address(url, error, access.timeout) from None


def _fetch_page(access: IndexAccess, url: str, most: int = 0) -> tuple[str, str, bytes]:
    """Return the final address of a page, its content type, and its content or `most` bytes."""
    deadline = time.monotonic() + max(_SECONDS, access.timeout)
    with open_address(access, url) as page:
        parts: list[bytes] = []
        length = 0
        try:
            while (not most or length < most) and (part := page.read1(1 << 16)):
                parts.append(part)
                length += len(part)
                if time.monotonic() > deadline or length > _LISTING_BYTES:
                    raise index_errors.too_slow(access)
        except OSError as error:
            raise index_errors.explain_connection(access, error) from None
        content = b"".join(parts)
        return page.url, page.headers.get_content_type(), content[:most] if most else content


def open_address(
    access: IndexAccess,
    url: str,
    headers: Mapping[str, str] = {"Accept": _ACCEPT},
    method: str = "GET",
) -> HTTPResponse:
    """Open an address. Raise LabcoatError if nothing answers, HTTPError for an error's status."""
    try:
        return _open(access, url, headers, method)
    except urllib.error.HTTPError:
        raise
    except (OSError, ValueError) as error:  # URLError is an OSError, no address a ValueError
        raise index_errors.explain_connection(access, error) from None


def _open(
    access: IndexAccess,
    url: str,
    headers: Mapping[str, str] = {"Accept": _ACCEPT},
    method: str = "GET",
) -> HTTPResponse:
    if access.is_offline:
        raise index_errors.is_offline()
    try:
        request = urllib.request.Request(url, headers=dict(headers), method=method)  # noqa: S310
    except ValueError:
        raise index_errors.invalid_address(access) from None
    if access.authorization and _host(url) == _host(access.url):
        # Unlike other headers, this one is not sent to where the index redirects to.
        request.add_unredirected_header("Authorization", access.authorization)
    return cast("HTTPResponse", _opener(access).open(request, timeout=access.timeout))


@functools.lru_cache(maxsize=16)
def _opener(access: IndexAccess) -> urllib.request.OpenerDirector:
    try:
        context = ssl.create_default_context(cafile=access.certificates or None)
        if access.client_certificate:
            context.load_cert_chain(access.client_certificate)
    except OSError as error:
        raise LabcoatError(
            f"cannot read the certificates in `{access.certificates or access.client_certificate}`:"
            f" {error.strerror or error}",
            "Correct LABCOAT_CA_BUNDLE, SSL_CERT_FILE or the setting of pip that names them",
        ) from None
    if access.trusts_any_certificate:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    handlers: list[urllib.request.BaseHandler] = [
        connections.PlainHandler(),
        connections.EncryptedHandler(context=context),
        _Redirects(access),
    ]
    if access.proxy:
        proxies = dict.fromkeys(("http", "https"), access.proxy)
        handlers.append(urllib.request.ProxyHandler(proxies))
    return urllib.request.build_opener(*handlers)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects; the password goes along to the index's own host only."""

    def __init__(self, access: IndexAccess) -> None:
        self.access = access

    def redirect_request(  # noqa: PLR0913, PLR0917 - urllib's own
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the next request."""
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following and self.access.authorization and _host(newurl) == _host(self.access.url):
            following.add_unredirected_header("Authorization", self.access.authorization)
        return following


def _is_folder(url: str) -> bool:
    return url.startswith("file:")


def _host(url: str) -> tuple[str, str]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2]


def _resolve_address(file: ListedFile, page: str) -> ListedFile:
    return ListedFile(**{**vars(file), "url": urllib.parse.urljoin(page, file.url)})


def _parse_json(data: bytes) -> list[ListedFile]:
    return [
        ListedFile(
            file["filename"],
            file["url"],
            (file.get("hashes") or {}).get("sha256", ""),
            file.get("requires-python") or "",
            None if file.get("yanked") in (None, False) else _reason(file["yanked"]),
            file.get("upload-time") or "",
        )
        for file in json.loads(data)["files"]
    ]


def _reason(yanked: object) -> str:
    return yanked if isinstance(yanked, str) else ""


def _parse_html(data: bytes) -> list[ListedFile] | None:
    """Return the files of a listing; None for another page, such as a form to log in."""
    parser = _Links()
    parser.feed(data.decode("utf-8", "replace"))
    return parser.files if parser.files or not parser.is_other else None


class _Links(HTMLParser):
    """The links of a page to files of packages, and whether it is for people."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[ListedFile] = []
        self.is_other = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a link to a file of a package."""
        given = {name: value or "" for name, value in attrs}
        if tag != "a":
            # A listing has nothing but links, a title and perhaps a heading.
            self.is_other |= tag in {"form", "input", "script", "style", "img", "p", "div", "table"}
            return
        path = urllib.parse.urlsplit(given.get("href", ""))
        name = urllib.parse.unquote(path.path.rpartition("/")[2])
        if not _FILE.search(name):
            self.is_other = True
            return
        digest = re.search(r"sha256=([0-9a-f]{64})", path.fragment)
        self.files.append(
            ListedFile(
                name,
                given["href"].partition("#")[0],
                digest[1] if digest else "",
                given.get("data-requires-python", ""),
                given.get("data-yanked"),
            )
        )
