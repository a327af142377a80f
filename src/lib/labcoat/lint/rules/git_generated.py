"""GIT003, GIT004: what programs write, and large texts, among the tracked files."""

from collections.abc import Iterator

from labcoat.core.path_filter import filter_paths
from labcoat.core.patterns import lazy_pattern
from labcoat.core.terminal import join_some
from labcoat.inventory.virtualenvs import environments
from labcoat.lint.config import format_mebibytes
from labcoat.lint.findings import (
    Append,
    Family,
    Finding,
    Rule,
    Severity,
    Untrack,
    unsafe_fix,
)
from labcoat.lint.repository.repository import Repository

# What to call each kind, the pattern that ignores it, and where it is in a path.
_KINDS = (
    ("Jupyter's checkpoints", ".ipynb_checkpoints/", lazy_pattern(r"(?:^|/)\.ipynb_checkpoints/")),
    ("byte code", "__pycache__/", lazy_pattern(r"(?:^|/)__pycache__/")),
    ("byte code", "*.py[cod]", lazy_pattern(r"\.py[cod]$")),
    ("macOS's folder settings", ".DS_Store", lazy_pattern(r"(?:^|/)\.DS_Store$")),
    ("Windows's thumbnails", "Thumbs.db", lazy_pattern(r"(?:^|/)Thumbs\.db$")),
    ("Windows's folder settings", "desktop.ini", lazy_pattern(r"(?:^|/)desktop\.ini$")),
    ("npm's packages", "node_modules/", lazy_pattern(r"(?:^|/)node_modules/")),
    ("a package's build metadata", "*.egg-info", lazy_pattern(r"\.egg-info(?:/|$)")),
    ("a built package", "*.egg", lazy_pattern(r"\.egg$")),
    ("a tool's cache", ".*_cache/", lazy_pattern(r"(?:^|/)\.(?:pytest|mypy|ruff)_cache/")),
    *(
        ("a tool's cache", f".{name}/", lazy_pattern(rf"(?:^|/)\.{name}/"))
        for name in ("hypothesis", "tox", "nox", "eggs")
    ),
    ("an editor's swap file", "*.sw?", lazy_pattern(r"(?:^|/)\.[^/]+\.sw[op]$")),
    ("what macOS adds to archives", "__MACOSX/", lazy_pattern(r"(?:^|/)__MACOSX/")),
    ("Terraform's working directory", ".terraform/", lazy_pattern(r"(?:^|/)\.terraform/")),
    ("logs of experiments", "wandb/", lazy_pattern(r"(?:^|/)wandb/(?:offline-)?run-\d")),
    ("logs of experiments", "lightning_logs/", lazy_pattern(r"(?:^|/)lightning_logs/version_\d+/")),
    ("logs of experiments", "catboost_info/", lazy_pattern(r"(?:^|/)catboost_info/")),
    ("logs of experiments", "mlruns/", lazy_pattern(r"(?:^|/)mlruns/\d+/[0-9a-f]{32}/")),
    ("coverage data", "htmlcov/", lazy_pattern(r"(?:^|/)htmlcov/")),
    ("coverage data", ".coverage", lazy_pattern(r"(?:^|/)\.coverage$")),
    ("coverage data", ".coverage.*", lazy_pattern(r"(?:^|/)\.coverage\.[^/]+$")),
)
# What all of these have: a search in each path would take ten times as long.
_PARTS = (
    *(".ipynb_checkpoints/", "__pycache__/", "node_modules/", ".egg-info", ".coverage"),
    *("__macosx/", ".terraform/", "wandb/", "lightning_logs/version_", "mlruns/"),
    "catboost_info/",
    *("htmlcov/", "_cache/", ".hypothesis/", ".tox/", ".nox/", ".eggs/"),
)
_ENDINGS = (".pyc", ".pyo", ".pyd", ".ds_store", "thumbs.db", "desktop.ini", ".egg", ".swp", ".swo")
# Material of tests, which is there on purpose.
_ON_PURPOSE = lazy_pattern(
    r"(?i)(?:^|/)(?:tests?|testing|specs?|fixtures?|test[-_]?data|examples?|templates?)/|\{\{"
)
_NOTEBOOK = ".ipynb"
_DATA = lazy_pattern(
    r"(?i)\.(?:csv|tsv|json|jsonl|ndjson|geojson|xml|sql|txt|log|svm|libsvm|arff|dat|html?|svg)$"
)


def check_generated(repository: Repository) -> Iterator[Finding]:
    """Check for files that programs write again, and for large notebooks and data as text."""
    yield from _check_written(repository)
    yield from _check_large(repository)


def is_written_again(path: str) -> bool:
    """Whether GIT003 reports a tracked file: there is no need to report it as ignored too."""
    return any(where.search(path) for _, _, where in _KINDS) and not _ON_PURPOSE.search(path)


def list_installed(repository: Repository) -> tuple[str, ...]:
    """Return the tracked virtual environments, with a slash at the end: ENV001 reports each."""
    return tuple(f"{root}/" for root in environments(repository.tracked) if root)


def _check_written(repository: Repository) -> Iterator[Finding]:
    """GIT003: one finding for each kind."""
    suspects = filter_paths(repository.tracked, _PARTS, _ENDINGS)
    left = [path for path in suspects if not _ON_PURPOSE.search(path)]
    if left:
        installed = list_installed(repository)
        left = [path for path in left if not path.startswith(installed)]
    for what, pattern, where in _KINDS:
        found = [path for path in left if where.search(path)]
        left = [path for path in left if not where.search(path)]
        if found:
            ignored = set(repository.tracked_and_ignored).issuperset(found)
            ignore = () if ignored else (Append(".gitignore", pattern),)
            yield Finding(
                "GIT003",
                found[0],
                f"{join_some(found, 1)} {'are' if found[1:] else 'is'} tracked: {what}, which "
                "programs write again and which change in every clone",
                "Remove with `git rm --cached`: a pattern of .gitignore matches already"
                if ignored
                else f"Remove with `git rm --cached`, and add the line `{pattern}` to .gitignore",
                # Without a line that ignores them, the next `git add` would take them again.
                fix=unsafe_fix(*ignore, Untrack(tuple(found))),
                repeats="written",
            )


def _check_large(repository: Repository) -> Iterator[Finding]:
    """GIT004: large texts; LFS002 reports large binaries."""
    limit = repository.settings.large_file
    if max(repository.tracked_sizes, default=0) <= limit:
        return
    for path, size in repository.tracked_with_sizes:
        notebook = path.lower().endswith(_NOTEBOOK)
        if size <= limit or not (notebook or _DATA.search(path)):
            continue
        if b"\0" in repository.read_bytes(path)[:8000]:
            continue
        if notebook:
            what = "this notebook"
            hint = "Clear its outputs before the commit, for example with nbstripout"
        else:
            what = "this data file"
            hint = "Store it elsewhere and fetch it, or give it to git LFS"
        yield Finding(
            "GIT004",
            path,
            f"{what} of {format_mebibytes(size)} is tracked: each of its versions stays in every "
            "clone forever",
            hint,
        )


FAMILY = Family(
    rules=(
        Rule("GIT003", "generated file is tracked", Severity.WARNING, "tracked"),
        Rule("GIT004", "large text is tracked", Severity.WARNING, "tracked"),
    ),
    check=check_generated,
    needs_git=True,
)
