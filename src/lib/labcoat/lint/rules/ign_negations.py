"""IGN006: negations in ignore files that change nothing."""

import itertools
import os
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from labcoat.container.context.build_context import listed_paths
from labcoat.container.dockerignore.matcher import Matcher, Pattern
from labcoat.core.gitignore import git_pattern
from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import path_exists
from labcoat.lint.findings import Finding, Replace, Severity, unsafe_fix
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.repository import Repository

_FEW = 20  # negations that are always checked
_MOST_COMPARED = 30_000_000  # patterns with files, which takes seconds
_MOST_ASKED = 200  # negations of one .gitignore, each of which git is asked about
_MOST_NAMED = 12  # negations that one hint is for
_WILDCARD = lazy_pattern(r"[*?\[\\]")
_KEEPS = ("!.gitignore", "!.gitkeep", "!.keep", "!/.gitignore", "!/.gitkeep")


class _Line(NamedTuple):
    """A `pattern` in line `number` of an ignore file."""

    path: str
    number: int
    pattern: str


def check_negations_for_docker(
    repository: Repository, facts: BuildFacts, patterns: tuple[Pattern, ...]
) -> Iterator[Finding]:
    """IGN006: negations in a .dockerignore without which the same files are sent."""
    left = list(patterns)
    cost = len(patterns) * len(facts.sent)
    negations = [each for each in patterns if each.negated]
    most = max(_FEW, _MOST_COMPARED // max(cost, 1))
    if len(negations) > most:
        repository.left_out.append(
            f"{facts.ignore_file} has {len(negations)} negations: checked {most} of them"
        )
    for each in negations[:most]:
        without = [other for other in left if other is not each]
        if _matches_something(repository, facts, each) and _count_sent(facts, without) == len(
            facts.sent
        ):
            left = without  # of two that include the same files, the second is needed
            excluding = [other for other in patterns if not other.negated]
            alone = [other for other in patterns if not other.negated or other is each]
            twice = _count_sent(facts, alone) > _count_sent(facts, excluding)
            again = not twice and _is_overruled(repository, facts, each)
            cause = "again" if again else "twice" if twice else ""
            line = _Line(facts.ignore_file, each.line, each.written)
            yield _idle_negation_finding(repository, line, cause)


def _count_sent(facts: BuildFacts, patterns: list[Pattern]) -> int:
    """Return how many of the files that are sent would be with these patterns."""
    return len(list(listed_paths(facts.sent, Matcher(patterns))))


def _matches_something(repository: Repository, facts: BuildFacts, pattern: Pattern) -> bool:
    """Whether a negation names an existing file, as opposed to a future one."""
    if not _WILDCARD.search(pattern.text):
        return path_exists(facts.build.root / pattern.text)
    return any(
        _named_by(paths, pattern) for paths in (facts.sent, _list_tracked(repository, facts))
    )


def _is_overruled(repository: Repository, facts: BuildFacts, pattern: Pattern) -> bool:
    """Whether a pattern below ignores again what a negation includes: the last one decides.

    Of what is not tracked, as what a build writes, only one path by its name is known.
    """
    known = _list_tracked(repository, facts)
    if not _WILDCARD.search(pattern.text):
        known += itertools.islice(_walk_files(facts.build.root / pattern.text, pattern.text), 1)
    return bool(_named_by(known, pattern) - set(facts.sent))


def _walk_files(path: Path, name: str) -> Iterator[str]:
    """Yield `name`, or the paths of the files below it if it is a folder."""
    if not path.is_dir() or path.is_symlink():
        yield from (name,) if path_exists(path) else ()
    for folder, _, files in os.walk(path):
        inside = Path(folder).relative_to(path).as_posix()
        yield from (posixpath.normpath(posixpath.join(name, inside, each)) for each in files)


def _named_by(paths: list[str], pattern: Pattern) -> set[str]:
    """Return those of `paths` that a negation names."""
    matcher = Matcher([pattern._replace(negated=False)])
    return set(paths) - set(listed_paths(paths, matcher))


def _list_tracked(repository: Repository, facts: BuildFacts) -> list[str]:
    """Return the tracked files of the context, relative to it."""
    inside = f"{facts.context}/" if facts.context else ""
    return [path[len(inside) :] for path in repository.tracked if path.startswith(inside)]


def _idle_negation_finding(repository: Repository, negation: _Line, cause: str) -> Finding:
    """Return the finding; the cause is empty if nothing above ignores what the negation names.

    It is `twice` if another negation includes the same files, and `again` if a pattern below
    ignores them.
    """
    why = {
        "twice": "another negation includes the same files",
        "again": "a pattern below it ignores that path again",
    }.get(cause, "no pattern above it ignores that path")
    hint = (
        "Remove the line, or move it to the end of the file"
        if cause == "again"
        else "Remove the line"
    )
    # It does no harm where nothing ignores the path: many write it to keep a folder, or a file.
    severity = Severity.WARNING if cause == "again" else Severity.NOTE
    return _negation_finding(repository, negation, why, hint, severity)


class _Hidden(NamedTuple):
    """A `negation` of the path `named`, which the line `deciding` ignores after all.

    `around` are the folders on the way to it, from the first one that is ignored.
    """

    negation: _Line
    named: str
    deciding: _Line
    around: tuple[str, ...]


def _find_around(repository: Repository, named: str) -> tuple[str, ...]:
    """Return the folders around a path, from the first one that git ignores as a whole."""
    parts = named.split("/")
    above = ["/".join(parts[:end]) for end in range(1, len(parts))]
    decided = repository.deciding_patterns(above)
    ignored = (each for each in above if each in decided and decided[each][2][:1] != "!")
    first = next(ignored, None)
    return tuple(above[above.index(first) :]) if first else ()


def _git_negation_finding(
    repository: Repository, hidden: _Hidden, others: Sequence[_Hidden]
) -> Finding:
    """Return the finding of a .gitignore; `others` are the negations in the same ignored folder.

    Git looks at nothing in a folder that is ignored as a whole.
    """
    negation, _, deciding, around = hidden
    place = f"{deciding.path}:{deciding.number}"
    where = f"in line {deciding.number}" if deciding.path == negation.path else f"in {place}"
    what = "the whole folder around it" if around else "that path again"
    why = f"`{deciding.pattern}` {where} ignores {what}"
    kept = "the path" if len(others) == 1 else f"it and {len(others) - 1} more"
    hint = f"Remove the line. To keep {kept} in git, {_advise_lines(repository, others)}"
    return _negation_finding(repository, negation, why, hint, Severity.WARNING)


def _advise_lines(repository: Repository, hidden: Sequence[_Hidden]) -> str:
    """Return which lines, at the end of which files, keep paths in git whatever stands above them.

    Each folder on the way is included without its content, and the last word on a path has the
    file that is nearest to it.
    """
    lines: dict[str, list[str]] = {}

    def add(path: str, sign: str, end: str = "") -> None:
        """Add the pattern of a path, or of what is in it."""
        inside = path if "*" in end else posixpath.dirname(path)
        while inside and not path_exists(repository.root / inside / ".gitignore"):
            inside = posixpath.dirname(inside)
        file = posixpath.join(inside, ".gitignore")
        relative = path[len(inside) + 1 :] if inside else path
        pattern = git_pattern(relative) if relative else ""
        lines.setdefault(file, []).append(f"`{sign}{pattern}{end}`")

    folders = {folder for each in hidden for folder in each.around}
    for folder in sorted(folders, key=lambda each: (each.count("/"), each)):
        add(folder, "!", "/")
        add(folder, "", "/*")
    for each in hidden:
        is_folder = (repository.root / each.named).is_dir()
        add(each.named, "!", "/" * is_folder)
        if is_folder:
            add(each.named, "!", "/**")
    return " and ".join(
        f"end {file} with the {'lines' if texts[1:] else 'line'} {', '.join(texts)}"
        for file, texts in lines.items()
    )


def _negation_finding(
    repository: Repository, negation: _Line, why: str, hint: str, severity: Severity
) -> Finding:
    path, number, pattern = negation
    text = repository.read_bytes(path).decode("utf-8", "surrogateescape").splitlines()
    old = text[number - 1] if number <= len(text) else pattern
    written = pattern.strip()
    return Finding(
        "IGN006",
        path,
        f"`{written}` has no effect: {why}",
        hint,
        number,
        unsafe_fix(Replace(path, number, old, ())),
        Severity.NOTE if written in _KEEPS else severity,
    )


def check_negations_for_git(repository: Repository) -> Iterator[Finding]:
    """IGN006: negations in a .gitignore of something that stays ignored with its folder."""
    found = list(_find_hidden(repository))
    for each in found:
        # What opens a folder for one of them hides the others, so that one hint is for all.
        top = each.around[:1]
        others = [one for one in found if top and one.around[:1] == top and one is not each]
        yield _git_negation_finding(repository, each, [each, *others][:_MOST_NAMED])


def _find_hidden(repository: Repository) -> Iterator[_Hidden]:
    for path in repository.ignore_files if repository.git_top else ():
        if not path.endswith(".gitignore"):
            continue
        folder = path[: -len(".gitignore")]
        lines = repository.read_text(path).splitlines()
        asked: set[str] = set()
        for number, line in enumerate(lines, 1):
            if (
                line in asked
                or len(asked) > _MOST_ASKED
                or not line.startswith("!")
                or _WILDCARD.search(line)
            ):
                continue
            named = folder + line[1:].strip().strip("/")
            if not path_exists(repository.root / named) or len(named) <= len(folder):
                continue
            asked.add(line)
            below = [folder + each[1:].lstrip("/") for each in lines[number:] if each[:1] == "!"]
            decided = [*repository.deciding_patterns(_sample_files(repository, named)).values()]
            if (
                decided
                and not any(pattern.startswith("!") for _, _, pattern in decided)
                and not _opens_folder(repository, named, below)
            ):
                around = _find_around(repository, named)
                yield _Hidden(_Line(path, number, line), named, _Line(*decided[0]), around)


def _opens_folder(repository: Repository, named: str, below: list[str]) -> bool:
    """Whether git looks into a folder for what one of the negations `below` includes of it."""
    inside = f"{named}/"
    has_own = path_exists(repository.root / named / ".gitignore")
    if not has_own and not any(each.startswith(inside) for each in below):
        return False
    return all(each[2].startswith("!") for each in repository.deciding_patterns([named]).values())


def _sample_files(repository: Repository, path: str) -> list[str]:
    """Return `path`, or a few of its files if it is a folder."""
    folder = repository.root / path
    if not folder.is_dir() or folder.is_symlink():
        return [path]
    inner = sorted(each for each in folder.iterdir() if not each.is_dir())[:3]
    return [each.relative_to(repository.root).as_posix() for each in inner] or [path]
