"""The files that a new environment has: compared with those of one that labcoat's own uv makes.

Their text contains the environment's path, so that a digest cannot be known in advance.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from labcoat.inventory import regular_files
from labcoat.toolchain import index_config, tool_env
from labcoat.toolchain.interpreters import Interpreter


class NewEnvironment:
    """The files of a new, empty environment at `prefix` for the Python `base`.

    uv makes it, or else the module venv, each in a temporary directory and only when it is needed.
    """

    def __init__(self, prefix: Path, base: Interpreter) -> None:
        self.prefix = prefix
        self.base = base

    def has(self, path: str, data: bytes) -> bool | None:
        """Return whether the file `path` has these contents; None if no new environment has it."""
        texts = [made[path] for made in (self._from_uv,) if path in made]
        if data not in texts:
            texts += [made[path] for made in (self._from_venv,) if path in made]
        return data in texts if texts else None

    def programs(self, *, from_uv: bool) -> frozenset[str]:
        """Return the files that a new environment has in bin."""
        made = self._from_uv if from_uv else self._from_venv
        return frozenset(path for path in made if path.startswith("bin/"))

    def folders(self, *, from_uv: bool) -> frozenset[str]:
        """Return the directories that a new environment has."""
        made = self._from_uv if from_uv else self._from_venv
        return frozenset(path.rstrip("/") for path in made if path.endswith("/"))

    @cached_property
    def _from_uv(self) -> Mapping[str, bytes]:
        words = [str(tool_env.uv_program()), "venv", "--quiet", "--no-project", "--no-config"]
        return self._read_new([*words, "--python", str(self.base.executable)])

    @cached_property
    def _from_venv(self) -> Mapping[str, bytes]:
        return self._read_new([str(self.base.executable), "-Im", "venv", "--without-pip"])

    def _read_new(self, command: list[str]) -> Mapping[str, bytes]:
        folder = Path(tempfile.mkdtemp(prefix="labcoat-new-")).resolve()
        try:
            # The prompt is made from the names of the last two directories.
            made = folder / self.prefix.parent.name / self.prefix.name
            made.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(
                [*command, str(made)],
                env=index_config.installer_environment(),
                cwd=folder,
                capture_output=True,
                check=False,
            )
            folders = {f"{path.relative_to(made)}/": b"" for path in made.rglob("*/")}
            return folders | {
                os.path.relpath(path, made): regular_files.read_regular(path).replace(
                    os.fsencode(made), os.fsencode(self.prefix)
                )
                for path in regular_files.list_files(str(made))
                if not os.path.islink(path) and not path.endswith("/pyvenv.cfg")
            }
        except OSError:
            return {}
        finally:
            shutil.rmtree(folder, ignore_errors=True)
