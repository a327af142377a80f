"""One package index on the loopback, which serves each package from the one index it comes from.

pip, pip-tools and uv merge the indexes they are given, or ask them in an order: what another index
has under the same name could get in. So they are given one address, and see nothing else. It is
`http://indexes.labcoat.invalid/…`, the same in each run, since caches are kept by address; an HTTP
proxy on the loopback answers for it, and goes on to the real indexes with the user's settings. A
program that must keep its own proxy (conda) gets an address on the loopback instead.

The proxy asks for a password that only labcoat's child processes have in their environment, so that
no one else on the machine reads private packages through it. Where an index needs a login, a page
leaves with the addresses of its files replaced, since the clients have none.
"""

import base64
import hashlib
import hmac
import secrets
import shutil
import threading
import urllib.error
from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.toolchain import index_config, index_errors, index_pages, package_index
from labcoat.toolchain.index_config import IndexAccess
from labcoat.toolchain.named_indexes import (
    NamedIndex,
    find_index,
    format_indexes,
)

HOST = "indexes.labcoat.invalid"
_DEFAULT = "_"  # what stands for the default index where the name of one does: no name has it
_SENT = ("Accept", "User-Agent", "Range", "If-Range", "If-None-Match", "If-Modified-Since")
_RETURNED = ("Cache-Control", "Content-Range", "Accept-Ranges", "ETag", "Last-Modified")
_PAGE_BYTES = 64 << 20
_CHUNK = 1 << 20

# Why an index did not answer, by its name: what a locker or an installer says of it is less.
_failures: dict[str, LabcoatError] = {}


def proxy_environment(
    indexes: tuple[NamedIndex, ...], environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment for pip and uv that gives them each package from its one index.

    Raise LabcoatError if a variable in an address is not set.
    """
    _failures.clear()
    server = _start_server(indexes, tuple(environ.items()))
    url = f"http://{HOST}/{server.digest}/simple"
    proxy = f"http://labcoat:{server.token}@127.0.0.1:{server.server_port}"
    env = _with_address(environ, url)
    for name in ("no_proxy", "NO_PROXY"):
        if "*" in env.get(name, ""):
            del env[name]
    trusted = f"{env.get('PIP_TRUSTED_HOST', '')} {HOST}".strip()
    return env | {"http_proxy": proxy, "HTTP_PROXY": proxy, "PIP_TRUSTED_HOST": trusted}


def address_environment(
    indexes: tuple[NamedIndex, ...], environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the same for a program that itself uses the proxies in its environment."""
    _failures.clear()
    server = _start_server(indexes, tuple(environ.items()))
    url = f"http://127.0.0.1:{server.server_port}/{server.token}/{server.digest}/simple"
    skipped = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    skipped = ",".join(filter(None, (skipped, "127.0.0.1")))
    return _with_address(environ, url) | {"no_proxy": skipped, "NO_PROXY": skipped}


def find_failure() -> LabcoatError | None:
    """Return why an index did not answer the last program; None if all did."""
    return next(iter(_failures.values()), None)


def _with_address(environ: Mapping[str, str], url: str) -> dict[str, str]:
    env = index_config.installer_environment(environ)
    for name in ("PIP_PROXY", "PIP_CLIENT_CERT", "PIP_KEYRING_PROVIDER", "UV_KEYRING_PROVIDER"):
        env.pop(name, None)
    return env | {"PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url}


class _Server(ThreadingHTTPServer):
    """The proxy: `digest` names what it serves, `token` is its password."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, indexes: tuple[NamedIndex, ...], environ: Mapping[str, str]) -> None:
        self.indexes = indexes
        self.access = {each.name: index_config.named_access(each, environ) for each in indexes}
        self.access[_DEFAULT] = index_config.index_access(environ)
        served = f"{self.access[_DEFAULT].url}\n{format_indexes(indexes)}"
        self.digest = hashlib.sha256(served.encode()).hexdigest()[:16]
        self.token = secrets.token_urlsafe(24)
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Write nothing: a client that closes its connection is no error."""


@lru_cache(maxsize=8)
def _start_server(indexes: tuple[NamedIndex, ...], environ: tuple[tuple[str, str], ...]) -> _Server:
    """Start a server that lasts as long as labcoat."""
    server = _Server(indexes, dict(environ))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    """One request of a client: of a proxy by the whole address, else by a path with the token."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with a listing or a file."""
        parts = urlsplit(self.path)
        prefix, path = "", parts.path
        if parts.scheme:
            if not self._knows_token():
                self._answer(
                    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
                    (("Proxy-Authenticate", 'Basic realm="labcoat"'),),
                )
                return
            if parts.hostname != HOST:  # what a build fetches by itself
                self._forward(IndexAccess(self.path), self.path)
                return
        else:
            token, _, path = path.lstrip("/").partition("/")
            if not hmac.compare_digest(token.encode(), self.server.token.encode()):
                self._answer(HTTPStatus.FORBIDDEN)
                return
            prefix, path = f"/{token}", f"/{path}"
        self._route(prefix, path, parts.query)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def _knows_token(self) -> bool:
        expected = base64.b64encode(f"labcoat:{self.server.token}".encode())
        given = self.headers.get("Proxy-Authorization", "").removeprefix("Basic ")
        return hmac.compare_digest(given.encode(), expected)

    def _route(self, prefix: str, path: str, query: str) -> None:
        words = path.split("/")
        if words[:3] == ["", self.server.digest, "simple"] and words[3:4] not in ([], [""]):
            self._list(prefix, words[3])
        elif words[1:2] == ["files"] and words[2:3] and words[2] in self.server.access:
            access = self.server.access[words[2]]
            address = index_pages.original_address("/".join(words[3:]), query)
            if address.startswith("file:") and not access.url.startswith("file:"):
                self._answer(HTTPStatus.FORBIDDEN)
            else:
                self._forward(access, address)
        else:
            self._answer(HTTPStatus.NOT_FOUND)

    def _list(self, prefix: str, package: str) -> None:
        """Answer with the listing of `package` by its index, and no other."""
        found = find_index(normalize_name(package), self.server.indexes)
        name = found.name if found else _DEFAULT
        access = self.server.access[name]
        url = f"{access.url}/{normalize_name(package)}/"
        url += "index.html" if url.startswith("file:") else ""
        # Clients fetch large files themselves where they need no login and know the certificates.
        is_open = not access.authorization and not access.client_certificate
        is_open &= access.url.startswith("https:")
        self._forward(access, url, "" if is_open else f"{prefix}/files/{name}/")

    def _forward(self, access: IndexAccess, url: str, files: str | None = None) -> None:
        """Answer with what is at `url`; in a listing, addresses begin with `files` if not None."""
        name = access.name or _DEFAULT
        headers = {each: self.headers[each] for each in _SENT if each in self.headers}
        method = self.command if files is None else "GET"
        try:
            with package_index.open_address(access, url, headers, method) as page:
                _failures.pop(name, None)
                kept = [(each, page.headers[each]) for each in _RETURNED if each in page.headers]
                kept.append(("Content-Type", page.headers.get("Content-Type", "")))
                if files is not None:
                    kind = page.headers.get_content_type()
                    body = index_pages.replace_addresses(
                        page.read(_PAGE_BYTES), kind, page.url, files
                    )
                    if body is None:
                        raise index_errors.no_listing(access)
                    self._answer(page.status or HTTPStatus.OK, kept, body)
                else:
                    self._stream(page.status or HTTPStatus.OK, kept, page)
        except urllib.error.HTTPError as error:
            with error:
                if error.code in {401, 403} or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    explained = index_errors.explain_status(access, error.code, error.reason)
                    _failures.setdefault(name, explained)
                kept = [(each, error.headers[each]) for each in _RETURNED if each in error.headers]
                self._answer(error.code, kept)
        except LabcoatError as error:
            _failures.setdefault(name, error)
            self._answer(HTTPStatus.BAD_GATEWAY)
        except (OSError, ValueError):
            self.close_connection = True

    def _answer(
        self, status: int, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def _stream(self, status: int, headers: Iterable[tuple[str, str]], page: HTTPResponse) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if length := page.headers.get("Content-Length"):
            self.send_header("Content-Length", length)
        else:
            self.send_header("Connection", "close")  # which also ends the connection
        self.end_headers()
        if self.command == "GET":
            shutil.copyfileobj(page, self.wfile, _CHUNK)

    def log_message(self, *args: object) -> None:
        """Write nothing."""
