"""GIT: files both tracked and ignored, references to outside, and files that no clone gets."""

import posixpath
import re
import shlex
from collections.abc import Iterator

from labcoat.core import git
from labcoat.core.path_roles import is_template
from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import path_exists
from labcoat.core.terminal import join_some
from labcoat.lint import advice
from labcoat.lint.findings import Family, Finding, Rule, Severity, Untrack, unsafe_fix
from labcoat.lint.repository.repository import Repository
from labcoat.lint.repository.unshared import SHARED_NAME, find_unshared, name_patterns
from labcoat.lint.rules.git_generated import is_written_again, list_installed
from labcoat.lint.rules.git_kept import is_kept, is_read_by_compose

_LINK = "120000"
_MAKE = lazy_pattern(r"^include[ \t]+([^#\n]+)", re.MULTILINE)
_SHELL = lazy_pattern(r"^[ \t]*(?:\.|source)[ \t]+(['\"]?)([^\s'\";&|]+)\1", re.MULTILINE)
_REQUIREMENTS = lazy_pattern(
    r"^(?:-r|-c|-e|--requirement|--constraint|--editable)[\s=]*([^\s#]+)", re.MULTILINE
)
_MAY_INCLUDE = ("\n-", "\ninclude")
_CHANGES_FOLDER = lazy_pattern(r"^[ \t]*(?:cd|pushd)[ \t]", re.MULTILINE)
_SPACE = lazy_pattern(r"(?<!\\)\s+")  # one after a backslash is in a name, for make and the shell
# Files that refer to others: their names, the reference, and what it is called. An optional include
# of make (`-include`) may well be outside, or nowhere.
_REFERENCES = (
    (r"(?:gnu)?makefile|.*\.mk", _MAKE, "include"),
    (r".*\.(?:sh|bash)", _SHELL, "script"),
    (r".*requirements.*\.(?:txt|in)", _REQUIREMENTS, "include"),
)
# Scripts also run in images, where other absolute paths exist.
_HOMES = ("/home/", "/Users/", "/mnt/", "/media/", "/Volumes/")
_SYSTEM = (
    *("/dev/", "/etc/", "/usr/", "/bin/", "/opt/", "/proc/", "/sys/", "/lib", "/app/", "/var/"),
    "/tmp/",  # noqa: S108 - a prefix to compare with
)
_KERNEL = ("/dev/", "/proc/", "/sys/")
_TEXT = lazy_pattern(
    r"(?i)\.(?:md|rst|txt|json|jsonc|ya?ml|toml|ini|cfg|conf|py|pyi|ipynb|sh|js|ts|tsx|jsx|css|scss"
    r"|html|xml|svg|sql|lock|in|pem|crt|cer|pub|java|go|rs|c|h|cpp|r|jl|mk|spec|dvc)$|(?:^|/)(?:\.[a-z-]+|[A-Z]+|bash_history)$"
)
# Pictures, fonts and documents that somebody made, against a pattern for what programs write.
_MADE = lazy_pattern(r"(?i)\.(?:png|jpe?g|gif|ico|webp|pdf|woff2?|[ot]tf)$")
_BY_SUFFIX = lazy_pattern(r"(?:\*\*/)?\*\.[\w\[\]?]+")
_MOST_ASKED = 10  # patterns whose history is read, which takes a walk through it for each
_FEW = 3  # more are what programs write, or a folder of them
_KEEPERS = (".gitignore", ".gitkeep", ".keep")  # tracked to keep a folder of ignored files


def check_tracked_files(repository: Repository) -> Iterator[Finding]:
    """Check for tracked files that are ignored, references that leave, and files that stay here."""
    yield from _check_ignored(repository)
    yield from _check_unshared(repository)
    yield from _check_symlinks(repository)
    yield from _check_references(repository)


def _check_ignored(repository: Repository) -> Iterator[Finding]:
    """GIT001: tracked files that a pattern ignores, one finding per pattern."""
    by_pattern: dict[tuple[str, int, str], list[str]] = {}
    installed = list_installed(repository)
    # An environment alone has thousands of files, and git looks for each.
    paths = [path for path in repository.tracked_and_ignored if not path.startswith(installed)]
    for path, decided in repository.deciding_patterns(paths).items():
        if path.rpartition("/")[2] in _KEEPERS or is_template(path) or is_written_again(path):
            continue
        if is_kept(repository, path, decided):
            continue
        by_pattern.setdefault(decided, []).append(path)
    asked = 0
    for (source, line, pattern), paths in by_pattern.items():
        data = _leave_out_texts(repository, paths, pattern)
        if data and asked < _MOST_ASKED:
            asked += 1
            if repository.was_forced(data[0], source, pattern):
                data = []
            else:
                asked = _MOST_ASKED  # the others only repeat it
        named = data or paths
        # A pattern that names one file has nothing to say of others.
        beside = "" if named == [_named_by(source, pattern)] else ", new files beside are not"
        yield Finding(
            "GIT001",
            named[0],
            f"{join_some(named, 1)} {'are' if named[1:] else 'is'} tracked although `{pattern}` in "
            f"{source}:{line} ignores {'them' if named[1:] else 'it'}: "
            f"changes are committed{beside}",
            "Remove the file from the index with `git rm --cached`, or remove the pattern",
            fix=unsafe_fix(Untrack(tuple(data))) if data else None,
            severity=Severity.WARNING if data else Severity.NOTE,
            repeats="ignored",
        )


def _named_by(source: str, pattern: str) -> str:
    """Return the path that a pattern of the ignore file `source` names, if it is a whole path."""
    return posixpath.join(posixpath.dirname(source), pattern.lstrip("/"))


def _leave_out_texts(repository: Repository, paths: list[str], pattern: str) -> list[str]:
    """Return data and what programs write; a text was added with --force, on purpose.

    So was what a compose file names: without it a new clone could not start.
    """
    data = [path for path in paths if not _TEXT.search(path)]
    data = [path for path in data if not is_read_by_compose(repository, path)]
    few = len(data) <= _FEW and _BY_SUFFIX.fullmatch(pattern) and all(map(_MADE.search, data))
    return [] if few else data


def _check_unshared(repository: Repository) -> Iterator[Finding]:
    """GIT005: files of labcoat's projects that are ignored, so that no clone has them."""
    others = [*repository.ignored, *repository.untracked]
    named = [path for path in others if SHARED_NAME.fullmatch(path.rpartition("/")[2].lower())]
    own = [path for path in named if _is_of_project(repository, path)]
    for each in find_unshared(repository, own):
        yield Finding(
            "GIT005",
            each.path,
            f"{name_patterns([each])} ignores it, so that no other clone has it",
            f"Remove that line, or add the file with `git add -f {shlex.quote(each.path)}`",
        )


def _is_of_project(repository: Repository, path: str) -> bool:
    """Whether `path` is in the folder of a project with labcoat, not further below."""
    project = advice.find_project(repository, path)
    return project.has_labcoat and path.rpartition("/")[0] == project.folder


def _check_symlinks(repository: Repository) -> Iterator[Finding]:
    """GIT002: tracked symlinks."""
    installed = list_installed(repository)
    links = repository.index_entries(mode=_LINK)
    contents = git.blob_contents(repository.root, (entry.id for entry in links))
    for entry in links:
        target = contents.get(entry.id, b"").decode("utf-8", "replace")
        if target.startswith("/"):
            outside = not target.startswith(_KERNEL)
        else:
            outside = _leaves_repository(repository, posixpath.dirname(entry.path), target)
        if outside and not entry.path.startswith(installed):
            yield _outside_finding(
                entry.path, 0, "symlink", target, _find_inside(repository, target)
            )


def _check_references(repository: Repository) -> Iterator[Finding]:
    """GIT002: includes of make and of requirements files, and sourced scripts."""
    for names, pattern, kind in _REFERENCES:
        for path in repository.find_named(names):
            text = repository.read_text(path)
            if kind == "include":
                lines = f"\n{text}"
                if not any(each in lines for each in _MAY_INCLUDE):
                    continue  # a lock of thousands of lines
            for found in pattern.finditer(text):
                line = text.count("\n", 0, found.start()) + 1
                moved = kind == "script" and bool(_CHANGES_FOLDER.search(text, 0, found.start()))
                for word in _SPACE.split(found[found.lastindex or 0].strip()):
                    target = word.replace("\\ ", " ")
                    if (
                        "$" not in target
                        and _is_outside(repository, path, target, kind, moved=moved)
                        and not (kind == "script" and _is_tried(text[: found.start()], target))
                    ):
                        yield _outside_finding(path, line, kind, target)


def _is_tried(before: str, target: str) -> bool:
    """Whether a script looks whether `target` exists, and goes on without it."""
    return re.search(rf"-[efrs]\s+[\"']?{re.escape(target)}(?![\w./-])", before) is not None


def _is_outside(repository: Repository, path: str, target: str, kind: str, *, moved: bool) -> bool:
    """Whether a reference leaves the repository.

    After a script changed its folder (`moved`), only its absolute references are known.
    """
    if target.startswith("/"):
        return target.startswith(_HOMES) if kind == "script" else not target.startswith(_SYSTEM)
    return not (moved or target.startswith("~")) and _leaves_repository(
        repository, posixpath.dirname(path), target
    )


def _leaves_repository(repository: Repository, folder: str, target: str) -> bool:
    """Whether the relative path `target`, seen from `folder`, is outside; URLs are not."""
    if "://" in target:
        return False
    top = repository.git_top or repository.root
    below = posixpath.join(repository.root.relative_to(top).as_posix(), folder)
    return f"{posixpath.normpath(posixpath.join(below, target))}/".startswith("../")


def _find_inside(repository: Repository, target: str) -> str:
    """Return the file or folder of the repository that an absolute `target` had in mind, if any."""
    parts = target.strip("/").split("/")
    ends = ("/".join(parts[at:]) for at in range(1, len(parts) - 1))  # one name may be by chance
    return next((end for end in ends if path_exists(repository.root / end)), "")


def _outside_finding(path: str, line: int, kind: str, target: str, inside: str = "") -> Finding:
    hint = "Add the target to the repository, as a file or a submodule"
    if posixpath.basename(target) == "activate":
        hint = "Take the line out, and activate the environment before you start the script"
    elif inside:
        way = posixpath.relpath(inside, posixpath.dirname(path) or ".")
        command = f"ln -sfn {shlex.quote(way)} {shlex.quote(path)}"
        hint = f"Let it point to {inside} from where it is: `{command}`"
    elif kind == "symlink":  # of an environment, or of data that only one machine has
        hint += f", or stop tracking the link: `git rm --cached {shlex.quote(path)}`"
    return Finding(
        "GIT002",
        path,
        f"the {kind} points to {target}, outside of the repository: other clones do not have it",
        hint,
        line,
        repeats=f"{kind} {target}",
    )


FAMILY = Family(
    rules=(
        Rule("GIT001", "file both tracked and ignored", Severity.WARNING, "tracked"),
        Rule("GIT002", "reference to outside of the repository", Severity.WARNING, "tracked"),
        Rule("GIT005", "file of the project that is not committed", Severity.WARNING, "tracked"),
    ),
    check=check_tracked_files,
    needs_git=True,
)
