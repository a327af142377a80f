"""A Debian archive on the loopback, with packages of a few bytes."""

import functools
import shutil
import subprocess
import threading
from collections.abc import Mapping
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_NO_FILES: Mapping[str, str] = {}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Log nothing."""


class DebianArchive:
    """A flat archive, served at `address`. Its index is unsigned: a base image has to trust it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "debian"
        self.folder.mkdir(parents=True)
        self._index: dict[str, str] = {}
        handler = functools.partial(_Quiet, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/debian"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()

    def keep_day(self, moment: str) -> str:
        """Keep the archive as it is for a moment; return the address of the archives of that kind.

        The packages that it has now are gone from the archive itself.
        """
        kept = self.folder.parent / "snapshot/debian" / moment
        kept.parent.mkdir(parents=True)
        self.folder.rename(kept)
        self.folder.mkdir()
        self._index = {}
        return f"{self.address.removesuffix('/debian')}/snapshot"

    def add(
        self,
        name: str,
        files: Mapping[str, str] = _NO_FILES,
        *fields: str,
        postinst: str = "",
        listed: bool = True,
        version: str = "1.0+x",
    ) -> Path:
        """Add a version of the package `name`; return its file.

        `fields` are further lines of its control file. One that is not `listed` leaves the index
        as it was, although its file changes.
        """
        tree = self.folder.parent / "trees" / name
        shutil.rmtree(tree, ignore_errors=True)
        (tree / "DEBIAN").mkdir(parents=True)
        control = [
            f"Package: {name}",
            f"Version: {version}",
            "Architecture: all",
            "Maintainer: labcoat <labcoat@example.invalid>",
            *fields,
            "Description: made for a test",
        ]
        text = "\n".join(control) + "\n"
        (tree / "DEBIAN/control").write_text(text)
        if postinst:
            (tree / "DEBIAN/postinst").write_text(f"#!/bin/sh\nset -e\n{postinst}\n")
            (tree / "DEBIAN/postinst").chmod(0o755)
        for path, content in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(content)
        deb = self.folder / f"{name}_{version}_all.deb"
        subprocess.run(
            ["dpkg-deb", "--build", "--root-owner-group", tree, deb],
            check=True,
            capture_output=True,
        )
        if listed:
            data = deb.read_bytes()
            more = f"Filename: ./{deb.name}\nSize: {len(data)}\nSHA256: {sha256(data).hexdigest()}"
            self._index[name] = f"{text}{more}\n"
            (self.folder / "Packages").write_text("\n".join(self._index.values()))
        return deb
