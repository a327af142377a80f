"""A package index on the loopback that lists whatever a test says, and answers as it says."""

import base64
import http.server
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from urllib.parse import unquote

_JSON = "application/vnd.pypi.simple.v1+json"
# Ends what runs it, so that a test sees that an sdist was built.
_SETUP = "import sys\nsys.exit('setup.py of {name} ran')\n"


@dataclass(frozen=True)
class Answer:
    """What the index answers instead of its listings: a status, header lines and a page."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    page: bytes = b"<!DOCTYPE html><title>no</title>"


@dataclass
class ListedIndex:
    """Listings (PEP 503, PEP 691) by package; `url` is the index's address.

    With `password`, only me:password is let in. `answers` is by package, `*` is for all others.
    """

    speaks_json: bool = True
    password: str = ""
    algorithm: str = "sha256"
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    listings: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        index = self

        class Handler(_Handler):
            served = index

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple"

    def publish(
        self,
        file: str,
        requires: Iterable[str] = (),
        *,
        requires_python: str = "",
        yanked: str | bool = False,
        uploaded: str = "",
        members: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Publish a wheel or an sdist by its file name; an sdist fails when somebody builds it.

        It has the files `members` too, by their path in it.
        """
        name, version = file.removesuffix(".tar.gz").split("-")[:2]
        fields = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        if requires_python:
            fields += f"Requires-Python: {requires_python}\n"
        fields += "".join(f"Requires-Dist: {one}\n" for one in requires)
        is_wheel = file.endswith(".whl")
        data = (
            _wheel(name, version, fields, file, members)
            if is_wheel
            else _sdist(file, fields, members)
        )
        self.contents[file] = data
        listed: dict[str, object] = {
            "filename": file,
            "url": f"/files/{file}",
            "hashes": {"sha256": sha256(data).hexdigest()} if self.algorithm == "sha256" else {},
            "yanked": yanked,
            "size": len(data),
        }
        if requires_python:
            listed["requires-python"] = requires_python
        if uploaded:
            listed["upload-time"] = uploaded
        self.listings.setdefault(name.replace("_", "-").lower(), []).append(listed)

    def stop(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    served: ListedIndex

    def do_GET(self) -> None:
        index = self.served
        index.asked.append(self.path)
        top, _, name = unquote(self.path).strip("/").partition("/")
        if answer := index.answers.get(name or top) or index.answers.get("*"):
            self._answer(answer)
        elif index.password and not self._knows_password():
            self._answer(Answer(401, (("WWW-Authenticate", 'Basic realm="x"'),)))
        elif top == "files" and name in index.contents:
            self._send(index.contents[name], "application/octet-stream")
        elif self.path.strip("/") == "simple":
            self._send(b"<!DOCTYPE html><html><body></body></html>", "text/html")
        elif name in index.listings:
            self._list(name, index.listings[name])
        else:
            self._answer(Answer(404))

    def do_HEAD(self) -> None:
        self.do_GET()

    def _knows_password(self) -> bool:
        expected = base64.b64encode(f"me:{self.served.password}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"

    def _list(self, name: str, listed: list[dict[str, object]]) -> None:
        if self.served.speaks_json and _JSON in self.headers.get("Accept", ""):
            page = {"meta": {"api-version": "1.1"}, "name": name, "files": listed}
            self._send(json.dumps(page).encode(), _JSON)
            return
        links = "".join(map(_link, listed))
        self._send(f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html")

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self._finish(answer.page, "text/html")

    def _send(self, data: bytes, kind: str) -> None:
        self.send_response(200)
        self._finish(data, kind)

    def _finish(self, data: bytes, kind: str) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "max-age=0")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Write nothing."""


def _link(file: dict[str, object]) -> str:
    hashes = file["hashes"]
    assert isinstance(hashes, dict)
    digest = f"#sha256={hashes['sha256']}" if hashes else "#md5=" + "0" * 32
    more = ""
    if wanted := str(file.get("requires-python", "")):
        more += f' data-requires-python="{wanted.replace(">", "&gt;").replace("<", "&lt;")}"'
    if file["yanked"]:
        more += f' data-yanked="{file["yanked"]}"'
    return f'<a href="{file["url"]}{digest}"{more}>{file["filename"]}</a>\n'


def _wheel(name: str, version: str, fields: str, file: str, members: Mapping[str, str]) -> bytes:
    info = f"{name}-{version}.dist-info"
    tags = "-".join(file.removesuffix(".whl").split("-")[-3:])
    contents = {
        f"{name}.py": f"version = {version!r}\n",
        **members,
        f"{info}/METADATA": fields,
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tags}\n",
    }
    contents[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*contents, f"{info}/RECORD"])
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path, text in contents.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return data.getvalue()


def _sdist(file: str, fields: str, members: Mapping[str, str]) -> bytes:
    data = io.BytesIO()
    folder = file.removesuffix(".tar.gz")
    setup = _SETUP.format(name=folder.partition("-")[0])
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for path, text in {"PKG-INFO": fields, "setup.py": setup, **members}.items():
            member = tarfile.TarInfo(f"{folder}/{path}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return data.getvalue()
