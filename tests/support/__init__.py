"""A package index on the loopback, with wheels made for tests, and repositories that use it."""

import base64
import functools
import hashlib
import http.server
import io
import os
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

SUPPORT = Path(__file__).parent
REPOSITORY = SUPPORT.parents[1]
INCLUDE = REPOSITORY / "src/lib/include.python.mk"
# How this machine reaches the real package index, for the tests that need it.
NETWORK = {
    name: value
    for name, value in os.environ.items()
    if name
    in {
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "PIP_CERT",
        "PIP_INDEX_URL",
        "UV_DEFAULT_INDEX",
    }
    or name.lower() in {"http_proxy", "https_proxy", "no_proxy"}
}
ONE_RETRY = {"PIP_RETRIES": "1", "UV_HTTP_RETRIES": "1"}  # more take seconds
BASE_PYTHON = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()


def wheel(
    name: str,
    version: str,
    requires: Iterable[str] = (),
    files: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """Return a wheel with one module that knows its version, and a console script of its name."""
    info = f"{name}-{version}.dist-info"
    contents: dict[str, str | bytes] = {
        f"{name}.py": f"version = {version!r}\ndef main(): print(version)\n",
        **(files or {}),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + "".join(f"Requires-Dist: {one}\n" for one in requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    record = "".join(
        f"{path},sha256={_record_digest(text)},{len(_encoded(text))}\n"
        for path, text in contents.items()
    )
    contents[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path, text in contents.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return data.getvalue()


def _encoded(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _record_digest(content: str | bytes) -> str:
    return base64.urlsafe_b64encode(sha256(_encoded(content)).digest()).rstrip(b"=").decode()


class Index:
    """A package index (PEP 503) for a directory, at `url`; `asked` are the requested paths."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        (folder / "simple").mkdir(parents=True)
        (folder / "files").mkdir()
        handler = functools.partial(_Handler, directory=str(folder), asked=self.asked)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        # It looks for its end at this interval, by default of half a second for each test.
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple"

    def add(
        self,
        name: str,
        version: str,
        requires: Iterable[str] = (),
        files: Mapping[str, str | bytes] | None = None,
        tag: str = "py3-none-any",
    ) -> Path:
        """Publish a wheel; the file it is."""
        path = self.folder / "files" / f"{name}-{version}-{tag}.whl"
        return self.publish(name, path, wheel(name, version, requires, files))

    def add_source(self, name: str, version: str, files: Mapping[str, str]) -> Path:
        """Publish a source archive with `files`; the file it is."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for path, text in files.items():
                member = tarfile.TarInfo(f"{name}-{version}/{path}")
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        path = self.folder / "files" / f"{name}-{version}.tar.gz"
        return self.publish(name, path, buffer.getvalue())

    def publish(self, name: str, path: Path, content: bytes, algorithm: str = "sha256") -> Path:
        """Write a file and the page that lists the package's files, with hashes of `algorithm`."""
        path.write_bytes(content)
        page = self.folder / "simple" / name
        page.mkdir(exist_ok=True)
        links = (
            f'<a href="/files/{one.name}#{algorithm}='
            f'{hashlib.new(algorithm, one.read_bytes()).hexdigest()}">{one.name}</a>'
            for one in sorted((self.folder / "files").glob(f"{name}-*"))
        )
        (page / "index.html").write_text(
            f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>"
        )
        return path

    def stop(self) -> None:
        """Be a network that is cut."""
        self.server.shutdown()
        self.server.server_close()


class _Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args: object, asked: list[str], **kwargs: object) -> None:
        self.asked = asked
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def end_headers(self) -> None:
        # A real index allows ten minutes; here what was fetched is out of date at once.
        self.send_header("Cache-Control", "max-age=0")
        super().end_headers()

    def log_message(self, *args: object) -> None:  # noqa: ARG002
        self.asked.append(self.path)


@dataclass
class Repository:
    """A user's repository, whose Makefile includes labcoat's; `make` and `labcoat` run in it."""

    path: Path
    env: dict[str, str] = field(default_factory=dict)
    program: str = "make"

    def write(self, **texts: str) -> "Repository":
        """Write files at the top; `__` in a name stands for a dot, `_dash_` for a dash."""
        for name, text in texts.items():
            (self.path / name.replace("__", ".").replace("_dash_", "-")).write_text(
                text, encoding="utf-8"
            )
        return self

    def make(self, *args: str, fails: bool = False, **env: str) -> str:
        """Return standard error, then standard output of `make`. It must end as `fails` says."""
        return self._run([self.program, *args], env, fails=fails)

    def labcoat(self, *args: str, fails: bool = False, **env: str) -> str:
        """Return standard error, then standard output of labcoat. It must end as `fails` says."""
        return self._run(
            [str(BASE_PYTHON), "-IS", str(INCLUDE.with_name("labcoat")), *args], env, fails=fails
        )

    def python(self, code: str) -> str:
        """What the environment's Python prints when it runs `code`."""
        return self._run([str(self.path / ".venv/bin/python"), "-c", code], {}, fails=False)

    def files(self) -> dict[str, bytes]:
        """Every file of the repository with its bytes, links as where they lead."""
        paths = (
            path for path in sorted(self.path.rglob("*")) if path.is_symlink() or path.is_file()
        )
        return {
            str(path): os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            for path in paths
        }

    def _run(self, argv: list[str], env: Mapping[str, str], *, fails: bool) -> str:
        ended = subprocess.run(
            argv,
            cwd=self.path,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=600,
            check=False,
        )
        said = ended.stderr + ended.stdout
        assert (ended.returncode != 0) == fails, f"exit status {ended.returncode}:\n{said}"
        assert "Traceback" not in said, said
        return said
