"""GIT003, GIT004: what programs write, and large texts, among the tracked files."""

from collections.abc import Iterator

from labcoat.core.path_filter import filter_paths
from labcoat.core.patterns import lazy_pattern
from labcoat.core.terminal import join_some
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
    (
        "logs of experiments",
        "mlartifacts/",
        lazy_pattern(r"(?:^|/)ml(?:flow[-_]?)?artifacts/\d+/[0-9a-f]{32}/"),
    ),
    ("logs of experiments", "mlflow.db", lazy_pattern(r"(?:^|/)mlflow\.db$")),
    ("what Serverless deploys", ".serverless/", lazy_pattern(r"(?:^|/)\.serverless/")),
    ("what dbt installs", "dbt_packages/", lazy_pattern(r"(?:^|/)dbt_packages/")),
    (
        "what dbt writes",
        "target/",
        lazy_pattern(
            r"(?:^|/)target/(?:(?:compiled|run)/.+\.sql$|partial_parse\.msgpack$"
            r"|(?:(?:semantic_)?manifest|run_results|graph_summary)\.json$)"
        ),
    ),
    ("a website's build", ".next/", lazy_pattern(r"(?:^|/)\.next/(?:cache|server|static)/")),
    ("a website's build", ".nuxt/", lazy_pattern(r"(?:^|/)\.nuxt/dist/")),
    ("coverage data", "htmlcov/", lazy_pattern(r"(?:^|/)htmlcov/")),
    ("coverage data", ".coverage", lazy_pattern(r"(?:^|/)\.coverage$")),
    ("coverage data", ".coverage.*", lazy_pattern(r"(?:^|/)\.coverage\.[^/]+$")),
)
# What all of these have: a search in each path would take ten times as long.
_PARTS = (
    *(".ipynb_checkpoints/", "__pycache__/", "node_modules/", ".egg-info", ".coverage"),
    *("__macosx/", ".terraform/", "wandb/", "lightning_logs/version_", "mlruns/"),
    *("catboost_info/", ".next/", ".nuxt/dist/", "dbt_packages/", "target/", "artifacts/"),
    *("mlflow.db", ".serverless/"),
    *("htmlcov/", "_cache/", ".hypothesis/", ".tox/", ".nox/", ".eggs/"),
)
_ENDINGS = (".pyc", ".pyo", ".pyd", ".ds_store", "thumbs.db", "desktop.ini", ".egg", ".swp", ".swo")
# A file in the data of each server, and in the profiles of browsers, which scrapers start.
_CHANGES = "which changes whenever the server runs"
_PROFILE = "the profile of a browser, which has its cookies and logins and changes whenever it runs"
_FOLDERS = {
    "PG_VERSION": f"the data of PostgreSQL, {_CHANGES}",
    "ibdata1": f"the data of MySQL, {_CHANGES}",
    "WiredTiger": f"the data of MongoDB, {_CHANGES}",
    "Local State": _PROFILE,  # Chrome
    "places.sqlite": _PROFILE,  # Firefox
}
# Material of tests, which is there on purpose.
_ON_PURPOSE = lazy_pattern(
    r"(?i)(?:^|/)(?:tests?|testing|specs?|fixtures?|test[-_]?data|examples?|templates?)/|\{\{"
)
# What no test needs, other than one of a program that cleans up.
_NEVER = lazy_pattern(r"(?:^|/)(?:__pycache__|\.ipynb_checkpoints|\.\w+_cache)/|(?:^|/)\.DS_Store$")
_MATERIAL = lazy_pattern(r"(?i)(?:^|/)(?:fixtures?|(?:test[-_]?)?data|templates?)/|\{\{")
_NOTEBOOK = ".ipynb"
_DATA = lazy_pattern(
    r"(?i)\.(?:csv|tsv|json|jsonl|ndjson|geojson|xml|sql|txt|log|svm|libsvm|arff|dat|html?|svg)$"
)

_OF_ENVIRONMENT = ("bin/python", "bin/activate", "lib/python", "lib64", "Lib/site-packages/")


def check_generated(repository: Repository) -> Iterator[Finding]:
    """Check for files that programs write again, and for large notebooks and data as text."""
    yield from _check_written(repository)
    yield from _check_folders(repository)
    yield from _check_large(repository)


def is_written_again(path: str) -> bool:
    """Whether GIT003 reports a tracked file: there is no need to report it as ignored too."""
    return any(where.search(path) for _, _, where in _KINDS) and not _is_on_purpose(path)


def _is_on_purpose(path: str) -> bool:
    """Whether a file is material of tests, an example or a template."""
    needed = _MATERIAL if _NEVER.search(path) else _ON_PURPOSE
    return needed.search(path) is not None


def list_installed(repository: Repository) -> tuple[str, ...]:
    """Return how the paths of tracked virtual environments begin: ENV001 reports each."""
    return (
        *(f"{root}/" for root in repository.tracked_environments if root),
        *(
            f"{root}/{each}" if root else each
            for root in repository.tracked_shared
            for each in _OF_ENVIRONMENT
        ),
    )


def _check_written(repository: Repository) -> Iterator[Finding]:
    """GIT003: one finding for each kind."""
    suspects = filter_paths(repository.tracked, _PARTS, _ENDINGS)
    left = [path for path in suspects if not _is_on_purpose(path)]
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


def _check_folders(repository: Repository) -> Iterator[Finding]:
    """GIT003: the data of servers and browsers, one finding for each folder."""
    for path in filter_paths(repository.tracked, (), tuple(name.lower() for name in _FOLDERS)):
        folder, _, name = path.rpartition("/")
        inside = [each for each in repository.tracked if each.startswith(f"{folder}/")]
        if name in _FOLDERS and folder and inside[1:] and not _is_on_purpose(path):
            yield Finding(
                "GIT003",
                path,
                f"{path} and {len(inside) - 1} more are tracked: {_FOLDERS[name]}",
                f"Remove with `git rm -r --cached`, and add the line `/{folder}/` to .gitignore",
                fix=unsafe_fix(Append(".gitignore", f"/{folder}/"), Untrack(tuple(inside))),
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
