"""Downloading from a server that interrupts, sends wrong data, or is down."""

import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from catsdogs.downloads import mirrors
from catsdogs.downloads.mirrors import Mirror
from catsdogs.errors import CatsdogsError

CONTENT = bytes(range(256)) * 4096  # 1 MiB


@dataclass
class Web:
    """A server's URL, its file, how many responses it still truncates, and the requested ranges."""

    url: str = ""
    content: bytes = CONTENT
    tag: str = '"first"'
    cuts: int = 0
    status: int = 0
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def web() -> Iterator[Web]:
    """A local server that supports ranges."""
    state = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            state.asked.append(wanted)
            start = (
                int(re.sub(r"\D", "", wanted))
                if wanted and self.headers["If-Range"] == state.tag
                else 0
            )
            self.send_response(state.status or (206 if start else 200))
            self.send_header("ETag", state.tag)
            self.send_header("Content-Length", str(len(state.content) - start))
            self.end_headers()
            rest = state.content[start:]
            state.cuts -= 1
            self.wfile.write(rest[: len(rest) // 2] if state.cuts >= 0 else rest)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        state.url = f"http://127.0.0.1:{server.server_port}/set.zip"
        yield state
        server.shutdown()


def mirror(web: Web) -> Mirror:
    return Mirror(web.url, sha256=hashlib.sha256(CONTENT).hexdigest())


def test_a_file_is_downloaded_once(web: Web, tmp_path: Path) -> None:
    """The second call sends no request, and only the file is left."""
    assert mirrors.fetch(mirror(web), tmp_path).read_bytes() == CONTENT
    assert mirrors.fetch(mirror(web), tmp_path).read_bytes() == CONTENT
    assert len(web.asked) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["set.zip"]


def test_an_interrupted_download_resumes(web: Web, tmp_path: Path) -> None:
    """After each interruption only the missing bytes are requested, also by a second call."""
    web.cuts = mirrors.TRIES
    with pytest.raises(CatsdogsError, match="was interrupted"):
        mirrors.fetch(mirror(web), tmp_path)
    assert mirrors.fetch(mirror(web), tmp_path).read_bytes() == CONTENT
    starts = [int(re.sub(r"\D", "", wanted) or 0) for wanted in web.asked]
    assert starts == sorted(set(starts))
    assert len(starts) == mirrors.TRIES + 1


def test_a_file_that_has_changed_is_downloaded_again(web: Web, tmp_path: Path) -> None:
    """Halves of two files are never joined."""
    web.content, web.cuts = b"x" * len(CONTENT), mirrors.TRIES
    with pytest.raises(CatsdogsError, match="was interrupted"):
        mirrors.fetch(mirror(web), tmp_path)
    web.content, web.tag = CONTENT, '"second"'
    assert mirrors.fetch(mirror(web), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"size": 7}], ids=["sha256", "size"])
def test_other_content_is_not_kept(web: Web, tmp_path: Path, wrong: dict) -> None:
    """A file with another hash or size is refused and deleted."""
    with pytest.raises(CatsdogsError, match="a different file than expected"):
        mirrors.fetch(Mirror(web.url, **wrong), tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".etag"]


def test_a_refusal_is_not_retried(web: Web, tmp_path: Path) -> None:
    """After a 404 there is one request, and an error."""
    web.status = 404
    with pytest.raises(CatsdogsError, match="responds with 404"):
        mirrors.fetch(mirror(web), tmp_path)
    assert len(web.asked) == 1


def test_an_unreachable_server_is_an_error(tmp_path: Path) -> None:
    """Without a connection the error names the URL, and the hint an alternative."""
    with pytest.raises(
        CatsdogsError, match=r"cannot download `http://127\.0\.0\.1:9/set\.zip`"
    ) as refusal:
        mirrors.fetch(Mirror("http://127.0.0.1:9/set.zip"), tmp_path)
    assert "DATA=" in refusal.value.hint
