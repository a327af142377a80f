"""The build context in numbers: sizes of folders, the largest files, and patterns to shrink it."""

import heapq
import json
from collections.abc import Iterable

from labcoat.container.context.build_context import BuildContext, file_sizes
from labcoat.container.dockerignore.escape import docker_pattern
from labcoat.core.records import Record
from labcoat.core.terminal import escape_control
from labcoat.inventory.virtualenvs import environments

_LARGEST = 10
# Folders that images seldom need, and what they contain.
_SELDOM_NEEDED = {
    ".git": "Git history",
    "__pycache__": "bytecode",
    "node_modules": "npm packages",
    ".ipynb_checkpoints": "Jupyter checkpoints",
    ".pytest_cache": "cache",
    ".mypy_cache": "cache",
    ".ruff_cache": "cache",
    ".labcoat": "labcoat's state",
    ".tox": "tox environments",
}


class FolderSize(Record):
    """A folder at the context's root: its files and bytes, and those that reach the image."""

    name: str
    files: int
    size: int
    reaching_files: int
    reaching_size: int


class ContextReport(Record):
    """What a build is sent. Without a Dockerfile, what reaches the image is unknown.

    `largest` are bytes and paths; `removable` are bytes, a pattern for the ignore file, and what
    it matches.
    """

    folders: list[FolderSize]
    largest: list[tuple[int, str]]
    removable: list[tuple[int, str, str]]
    ignore_file: str
    without_dockerfile: bool

    @property
    def total(self) -> FolderSize:
        """All folders together."""
        return FolderSize(
            "total",
            sum(each.files for each in self.folders),
            sum(each.size for each in self.folders),
            sum(each.reaching_files for each in self.folders),
            sum(each.reaching_size for each in self.folders),
        )


def measure_context(build: BuildContext) -> ContextReport:
    """Measure the context. Raise PatternError or DockerfileError for malformed files."""
    sent = dict(file_sizes(build.root, build.sent_files()))
    has_dockerfile = build.dockerfile_path.is_file()
    reaching = build.reaching_files(list(sent)) if has_dockerfile else set()
    folders = sorted(_measure_folders(sent, reaching), key=lambda each: (-each.size, each.name))
    largest = heapq.nlargest(_LARGEST, ((size, path) for path, size in sent.items()))
    ignore = build.ignore_path.name if build.ignore_path else ".dockerignore"
    return ContextReport(folders, largest, _find_removable(sent), ignore, not has_dockerfile)


def _measure_folders(sent: dict[str, int], reaching: set[str]) -> Iterable[FolderSize]:
    counts: dict[str, list[int]] = {}
    for path, size in sent.items():
        top, slash, _ = path.partition("/")
        row = counts.setdefault(f"{top}/" if slash else ".", [0, 0, 0, 0])
        inside = path in reaching
        for index, amount in enumerate((1, size, inside, size * inside)):
            row[index] += amount
    return (FolderSize(name, *row) for name, row in counts.items())


def _find_removable(sent: dict[str, int]) -> list[tuple[int, str, str]]:
    """Return what images seldom need: bytes, a pattern for it, what it is; the largest first."""
    roots = dict.fromkeys(environments(sent), "virtual environment")
    found: dict[tuple[str, str], int] = {}
    for path, size in sent.items():
        parts = path.split("/")
        root = next((each for each in roots if path.startswith(f"{each}/")), None)
        part = next((each for each in parts if each in _SELDOM_NEEDED), None)
        if root:
            key = (docker_pattern(root), roots[root])
        elif part:
            key = (f"**/{docker_pattern(part)}", _SELDOM_NEEDED[part])
        else:
            continue
        found[key] = found.get(key, 0) + size
    return sorted(((size, pattern, what) for (pattern, what), size in found.items()), reverse=True)


def context_report_json(measured: ContextReport) -> str:
    """Return the report as JSON: sizes in bytes, null for what is unknown without a Dockerfile."""
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
            for size, pattern, what in measured.removable
        ],
        "ignore_file": measured.ignore_file,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def context_report_text(measured: ContextReport) -> str:
    """Return the report as tables for reading."""
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
            "Largest files:",
            *(
                f"  {human_size(size):>10}  {escape_control(path)}"
                for size, path in measured.largest
            ),
        ]
    if measured.removable:
        lines += ["", f"To shrink the context, add these lines to {measured.ignore_file}:"]
        lines += [
            f"  {human_size(size):>10}  {escape_control(pattern)}  ({what})"
            for size, pattern, what in measured.removable
        ]
    if measured.without_dockerfile:
        lines += ["", "There is no Dockerfile, so which files reach the image is unknown."]
    return "\n".join(lines) + "\n"


def human_size(size: int) -> str:
    """Return bytes as text with a binary unit: `1.5 MiB`."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError
