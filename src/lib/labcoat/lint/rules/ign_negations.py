"""IGN006: negations in ignore files that change nothing."""

import itertools
import os
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from labcoat.container.context.build_context import listed_paths
from labcoat.container.dockerignore.matcher import Matcher, Pattern
from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import path_exists
from labcoat.lint.findings import Finding, Replace, Severity, unsafe_fix
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.repository import Repository

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
    for each in patterns:
        if not each.negated:
            continue
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
    hint = "Remove the line, or that pattern" if cause == "again" else "Remove the line"
    # It does no harm where nothing ignores the path: many write it to keep a folder, or a file.
    severity = Severity.WARNING if cause == "again" else Severity.NOTE
    return _negation_finding(repository, negation, why, hint, severity)


def _git_negation_finding(
    repository: Repository, negation: _Line, named: str, deciding: _Line
) -> Finding:
    """Return the finding of a .gitignore, in which `deciding` ignores the path `named` after all.

    Git looks at nothing in a folder that is ignored as a whole.
    """
    place = f"{deciding.path}:{deciding.number}"
    where = f"in line {deciding.number}" if deciding.path == negation.path else f"in {place}"
    parts = named.split("/")
    above = ["/".join(parts[:end]) for end in range(1, len(parts))]
    ignored = [each[2] for each in repository.deciding_patterns(above).values()]
    if any(not each.startswith("!") for each in ignored):
        why = f"`{deciding.pattern}` {where} ignores the whole folder around it"
        text = deciding.pattern.rstrip("/")
        content = "/*" if text in ("*", "/*", "**") else f"{text}/*"
        hint = (
            f"Remove the line. To keep the path in git, write `{content}` instead of "
            f"`{deciding.pattern}`, and include each folder on the way, as in `!/folder/`"
        )
    else:
        why = f"`{deciding.pattern}` {where} ignores that path again"
        hint = "Remove the line, or move it below that pattern"
    return _negation_finding(repository, negation, why, hint, Severity.WARNING)


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
    for path in repository.ignore_files if repository.git_top else ():
        if not path.endswith(".gitignore"):
            continue
        folder = path[: -len(".gitignore")]
        for number, line in enumerate(repository.read_text(path).splitlines(), 1):
            if not line.startswith("!") or _WILDCARD.search(line):
                continue
            named = folder + line[1:].strip().strip("/")
            if not path_exists(repository.root / named) or len(named) <= len(folder):
                continue
            decided = [*repository.deciding_patterns(_sample_files(repository, named)).values()]
            if decided and not any(pattern.startswith("!") for _, _, pattern in decided):
                negation = _Line(path, number, line)
                yield _git_negation_finding(repository, negation, named, _Line(*decided[0]))


def _sample_files(repository: Repository, path: str) -> list[str]:
    """Return `path`, or a few of its files if it is a folder."""
    folder = repository.root / path
    if not folder.is_dir() or folder.is_symlink():
        return [path]
    inner = sorted(each for each in folder.iterdir() if not each.is_dir())[:3]
    return [each.relative_to(repository.root).as_posix() for each in inner] or [path]
