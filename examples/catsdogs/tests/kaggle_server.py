"""A local server in place of Kaggle."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KNOWN = "a-token"


@dataclass
class Kaggle:
    """The server's responses, its simulated faults, and the requests it received."""

    port: int = 0
    content: bytes = b""
    refusal: tuple[int, str] | None = None
    cuts: int = 0  # responses that are still to be interrupted in the middle
    holds: bool = False  # whether to delay the second half until `released`
    released: threading.Event = field(default_factory=threading.Event)
    half_sent: threading.Event = field(default_factory=threading.Event)
    ranges: list[str] = field(default_factory=list)
    known_by: list[str] = field(default_factory=list)

    @property
    def tag(self) -> str:
        """The file's version."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'


@contextmanager
def serve(state: Kaggle) -> Iterator[Kaggle]:
    """Serve `state` on a local port, like Kaggle."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path.endswith("IntrospectToken"):
                known = asked["token"] == KNOWN
                self.answer(200, {"active": known, "username": "me" if known else ""})
                return
            state.known_by.append(self.headers.get("Authorization", ""))
            if state.refusal:
                self.answer(
                    state.refusal[0], {"code": state.refusal[0], "message": state.refusal[1]}
                )
                return
            self.send_response(302)
            self.send_header(
                "Location", f"http://storage.localhost/{asked['competitionName']}.zip?signed=1"
            )
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            state.ranges.append(wanted)
            start = (
                int(re.sub(r"\D", "", wanted))
                if wanted and self.headers["If-Range"] == state.tag
                else 0
            )
            self.send_response(206 if start else 200)
            self.send_header("ETag", state.tag)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Last-Modified", "Fri, 13 Dec 2013 20:55:50 GMT")
            self.send_header("Content-Length", str(len(state.content) - start))
            self.end_headers()
            rest = state.content[start:]
            self.wfile.write(rest[: len(rest) // 2])
            self.wfile.flush()
            state.half_sent.set()
            if state.holds:
                state.released.wait(60)
            state.cuts -= 1
            if state.cuts < 0:
                self.wfile.write(rest[len(rest) // 2 :])

        def answer(self, status: int, fields: dict) -> None:
            content = json.dumps(fields).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        state.port = server.server_port
        yield state
        state.released.set()
        server.shutdown()
