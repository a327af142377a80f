"""The build context as a table: folders with their sizes, the largest files, and what would shrink it."""

import heapq
import json
from collections.abc import Iterable
from dataclasses import dataclass

from labcoat.container.context.build_context import BuildContext, file_sizes
from labcoat.container.dockerignore.escape import docker_pattern
from labcoat.core.terminal import escape_control
from labcoat.inventory.virtualenvs import environments

_LARGEST = 10
# Folders and files that images seldom need, and what they are.
_SPARABLE = {
    ".git": "the history",
    "__pycache__": "byte code",
    "node_modules": "packages of npm",
    ".ipynb_checkpoints": "copies that Jupyter keeps",
    ".pytest_cache": "a cache",
    ".mypy_cache": "a cache",
    ".ruff_cache": "a cache",
    ".labcoat": "labcoat's own notes",
    ".tox": "environments of tox",
}


@dataclass(frozen=True)
class FolderSize:
    """A folder at the context's root, or the files there: how many files, bytes, and how much of each reaches the image."""

    name: str
    files: int
    size: int
    reaching_files: int
    reaching_size: int


@dataclass(frozen=True)
class ContextReport:
    """What a build is sent, in numbers; `without_dockerfile` where none tells what reaches the image."""

    folders: list[FolderSize]
    largest: list[tuple[int, str]]
    sparable: list[tuple[int, str, str]]
    ignore_file: str
    without_dockerfile: bool

    @property
    def total(self) -> FolderSize:
        """All folders together."""
        columns = zip(
            *(
                (each.files, each.size, each.reaching_files, each.reaching_size)
                for each in self.folders
            ),
            strict=True,
        )
        return (
            FolderSize("total", *map(sum, columns))
            if self.folders
            else FolderSize("total", 0, 0, 0, 0)
        )


def measure_context(build: BuildContext) -> ContextReport:
    """Look at the context. Raises PatternError and DockerfileError."""
    sent = dict(file_sizes(build.root, build.sent()))
    has_dockerfile = build.dockerfile_path.is_file()
    reaching = build.reaching(list(sent)) if has_dockerfile else set()
    folders = sorted(_folders(sent, reaching), key=lambda each: (-each.size, each.name))
    largest = heapq.nlargest(_LARGEST, ((size, path) for path, size in sent.items()))
    ignore = build.ignore_path.name if build.ignore_path else ".dockerignore"
    return ContextReport(folders, largest, _sparable(sent), ignore, not has_dockerfile)


def _folders(sent: dict[str, int], reaching: set[str]) -> Iterable[FolderSize]:
    counts: dict[str, list[int]] = {}
    for path, size in sent.items():
        top, slash, _ = path.partition("/")
        row = counts.setdefault(f"{top}/" if slash else ".", [0, 0, 0, 0])
        inside = path in reaching
        for index, amount in enumerate((1, size, inside, size * inside)):
            row[index] += amount
    return (FolderSize(name, *row) for name, row in counts.items())


def _sparable(sent: dict[str, int]) -> list[tuple[int, str, str]]:
    """What can most likely be left out: bytes, a pattern for it, what it is; the greatest first."""
    roots = dict.fromkeys(environments(sent), "a virtual environment")
    found: dict[tuple[str, str], int] = {}
    for path, size in sent.items():
        parts = path.split("/")
        root = next((each for each in roots if path.startswith(f"{each}/")), None)
        part = next((each for each in parts if each in _SPARABLE), None)
        if root:
            key = (docker_pattern(root), roots[root])
        elif part:
            key = (f"**/{docker_pattern(part)}", _SPARABLE[part])
        else:
            continue
        found[key] = found.get(key, 0) + size
    return sorted(((size, pattern, what) for (pattern, what), size in found.items()), reverse=True)


def context_report_json(measured: ContextReport) -> str:
    """The same for programs; sizes in bytes, null where no Dockerfile tells what reaches the image."""
    known = not measured.without_dockerfile
    rows = [*measured.folders, measured.total]
    tables = [
        {
            "folder": escape_control(each.name),
            "files": each.files,
            "bytes": each.size,
            "files_in_image": each.reaching_files if known else None,
            "bytes_in_image": each.reaching_size if known else None,
        }
        for each in rows
    ]
    whole = {
        "folders": tables[:-1],
        "total": tables[-1],
        "largest": [
            {"path": escape_control(path), "bytes": size} for size, path in measured.largest
        ],
        "to_leave_out": [
            {"pattern": escape_control(pattern), "what": what, "bytes": size}
            for size, pattern, what in measured.sparable
        ],
        "ignore_file": measured.ignore_file,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def context_report_text(measured: ContextReport) -> str:
    """The same for people."""
    names = [escape_control(each.name) for each in measured.folders]
    width = max([len("total"), *map(len, names)])
    lines = [
        f"{'':{width}}  {'files':>8}  {'size':>10}"
        + ("" if measured.without_dockerfile else f"  {'in the image':>14}")
    ]
    for name, each in zip([*names, "total"], [*measured.folders, measured.total], strict=True):
        row = f"{name:{width}}  {each.files:>8}  {human_size(each.size):>10}"
        lines.append(
            row if measured.without_dockerfile else f"{row}  {human_size(each.reaching_size):>14}"
        )
    if measured.largest:
        lines += [
            "",
            "The largest files:",
            *(
                f"  {human_size(size):>10}  {escape_control(path)}"
                for size, path in measured.largest
            ),
        ]
    if measured.sparable:
        lines += ["", f"What would shrink it, as lines of {measured.ignore_file}:"]
        lines += [
            f"  {human_size(size):>10}  {escape_control(pattern)}  ({what})"
            for size, pattern, what in measured.sparable
        ]
    if measured.without_dockerfile:
        lines += ["", "There is no Dockerfile: what would reach the image cannot be told."]
    return "\n".join(lines) + "\n"


def human_size(size: int) -> str:
    """Bytes for people, in powers of 1024."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError
