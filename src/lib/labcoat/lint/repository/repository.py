"""What the rules ask about a repository; each answer is computed when it is first needed."""

import os
import re
from functools import cached_property
from pathlib import Path

from labcoat.core import git, reading
from labcoat.core.errors import LabcoatError
from labcoat.core.path_filter import filter_paths
from labcoat.core.path_roles import is_sample
from labcoat.lint import config
from labcoat.lint.config import LintConfig
from labcoat.lint.repository.list_lines import find_lines_with_lists
from labcoat.lint.repository.searched_view import SearchedView
from labcoat.locking.requirement_lines import FileLine, RequirementLine, parse_lines

# Names that rules pass to `find_named`: Dockerfile.NAME, DockerfileNAME, and endings.
_DOCKERFILES = ("ockerfile", "ontainerfile")
_NAMED = (
    *("ignore", "file", ".txt", ".pip", ".in", ".mk", ".sh", ".bash", ".toml", ".yml", ".yaml"),
    *(".gitattributes", "setup.py", "setup.cfg", "tox.ini", "noxfile.py", ".ipynb"),
    *(".hcl", "bake.json", "override.json", "readme", "readme.md", "readme.rst"),
    *("license", "license.md", "license.rst", "licence", "licence.md", "copying"),
    *("contributing.md", "citation.cff", ".bat", ".ps1", "nextflow.config", ".cwl", ".smk"),
)
_OF_JUPYTER = ".ipynb_checkpoints/"
_LARGEST_KEPT = 1 << 16  # characters of a text that is kept in memory


class Repository(SearchedView):
    """A folder with its files and settings, and with git's view of it if it is in a repository."""

    @cached_property
    def settings(self) -> LintConfig:
        """The settings in pyproject.toml."""
        return config.read_config(self.root)

    @cached_property
    def origin(self) -> str:
        """The owner and the name of the repository that git pushes to; empty if unknown."""
        address = git.remote_url(self.root) if self.git_top else ""
        found = re.search(r"[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", address)
        return found[1] if found else ""

    @cached_property
    def site_packages(self) -> Path | None:
        """The packages of the environment .venv; None without one."""
        return next((self.root / ".venv").glob("lib/python3*/site-packages"), None)

    @cached_property
    def files(self) -> list[str]:
        """The tracked and the new files; without git, the files at the root."""
        if self.git_top is None:
            return sorted(_list_top_files(self.root))
        return [*self.tracked, *self.untracked]

    @cached_property
    def files_by_name(self) -> dict[str, list[str]]:
        """The `files` with a name that rules look for, by that name in lower case.

        Samples, and the copies that Jupyter keeps, are left out.
        """
        found: dict[str, list[str]] = {}
        for path in filter_paths(self.files, _DOCKERFILES, _NAMED):
            if not (is_sample(path) or _OF_JUPYTER in path):
                found.setdefault(path.lower().rpartition("/")[2], []).append(path)
        return found

    def find_named(self, pattern: str) -> list[str]:
        """Return the existing `files` whose name in lower case matches the regular expression."""
        if pattern not in self._named:
            matches = re.compile(pattern).fullmatch
            names = filter(matches, self.files_by_name)
            found = [path for name in names for path in self.files_by_name[name]]
            top = f"{self.root}/"
            self._named[pattern] = sorted(path for path in found if os.path.lexists(top + path))
        return list(self._named[pattern])

    @cached_property
    def _named(self) -> dict[str, list[str]]:
        """What `find_named` has found for each pattern: several rules ask for the same."""
        return {}

    @cached_property
    def ignore_files(self) -> list[str]:
        """The .gitignore and .dockerignore files."""
        return self.find_named(r"\.gitignore|.*\.dockerignore")

    def read_bytes(self, path: str) -> bytes:
        """Return the first megabyte of a regular file inside the repository, else nothing."""
        return reading.read_inside(self.root, path)

    def read_whole(self, path: str) -> bytes:
        """Return up to 64 MiB of a regular file inside the repository, else nothing."""
        return reading.read_inside(self.root, path, reading.WHOLE)

    def read_text(self, path: str) -> str:
        """Return what `read_bytes` returns as text: UTF-16 with a byte order mark, else UTF-8.

        pip reads requirements files this way. Bytes that are not UTF-8 are replaced.
        """
        text = self._texts.get(path)
        if text is None:
            data = self.read_bytes(path)
            is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
            text = data.decode("utf-16" if is_utf16 else "utf-8", "replace")
            if len(text) <= _LARGEST_KEPT:
                self._texts[path] = text
        return text

    @cached_property
    def _texts(self) -> dict[str, str]:
        """What `read_text` has read: several rules look into Dockerfiles, scripts and workflows."""
        return {}

    def follow_link(self, path: str) -> str:
        """Return the file in the repository that the symlink `path` leads to, or `path` itself."""
        if not self.is_link(path):
            return path
        top = os.path.realpath(self.root)
        real = os.path.realpath(self.root / path)
        return real[len(top) + 1 :] if real.startswith(f"{top}/") else path

    def read_requirement_lines(self, path: str) -> tuple[FileLine, ...]:
        """Return the lines of a requirements file, or of the one that a symlink leads to."""
        if path not in self._requirement_lines:
            text = self.read_text(self.follow_link(path))
            self._requirement_lines[path] = parse_lines(text)
        return self._requirement_lines[path]

    def read_requirements(self, path: str) -> list[RequirementLine]:
        """Return the valid requirements of a file, without options, paths and mistakes."""
        lines = self.read_requirement_lines(path)
        return [line for line in lines if isinstance(line, RequirementLine)]

    @cached_property
    def lines_with_lists(self) -> list[str]:
        """The lines of Dockerfiles, scripts, workflows and READMEs that name a list."""
        return list(find_lines_with_lists(self))

    @cached_property
    def _requirement_lines(self) -> dict[str, tuple[FileLine, ...]]:
        return {}


def open_repository(root: Path) -> Repository:
    """Return the repository at `root`, whose files git starts to list.

    Raise LabcoatError (status 2) if it cannot be checked.
    """
    if not root.is_dir():
        raise LabcoatError(
            f"`{root}` is not a directory", "Name the directory of a repository", status=2
        )
    if not os.access(root, os.R_OK | os.X_OK):
        raise LabcoatError(
            f"cannot read `{root}`: permission denied", "Correct its permissions", status=2
        )
    repository = Repository(root)
    if repository.git_top is None and git.is_bare(root):
        raise LabcoatError(
            f"`{root}` is a bare repository", "Check a clone that has files", status=2
        )
    repository.start_listing()
    return repository


def _list_top_files(root: Path) -> list[str]:
    try:
        with os.scandir(root) as entries:
            return [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
