"""Comments `# labcoat: ignore[RULE] reason` in ignore files, Dockerfiles and requirements files."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from labcoat.core.patterns import lazy_pattern
from labcoat.lint.config import Suppression
from labcoat.lint.findings import Finding
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository

_COMMENT = lazy_pattern(r"#\s*labcoat:\s*ignore\[([^\]\n]*)\][ \t]*([^\n]*)")


def find_suppressions(repository: Repository, builds: DockerBuilds) -> list[Suppression]:
    """Return the suppressions in the settings, then those in comments."""
    return [*repository.settings.suppressions, *_find_comments(repository, builds)]


def _find_comments(repository: Repository, builds: DockerBuilds) -> Iterator[Suppression]:
    dockerfiles = {facts.dockerfile for facts in builds}
    requirements = repository.find_named(r".*requirements.*\.(?:txt|in)")
    for path in dict.fromkeys(
        [*sorted(dockerfiles), *repository.ignore_files, *requirements, ".gitattributes"]
    ):
        text = repository.read_text(path)
        for found in _COMMENT.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            rules = tuple(each.strip() for each in found[1].split(",") if each.strip())
            paths = re.sub(r"([*?\[])", r"[\1]", path)
            target = _target_line(text.split("\n"), line)
            yield Suppression(rules, paths, found[2].strip(), path, line, target)


def _target_line(lines: list[str], line: int) -> int:
    """Return the line that a comment on `line` applies to: its own, or the next with content."""
    if not lines[line - 1].lstrip().startswith("#"):
        return line
    following = (
        number
        for number, text in enumerate(lines[line:], line + 1)
        if text.strip() and not text.lstrip().startswith("#")
    )
    return next(following, 0)


def apply_suppressions(
    findings: list[Finding], suppressions: list[Suppression], *, known: set[str], ran: set[str]
) -> list[Finding]:
    """Remove suppressed findings, and add one for each suppression that is invalid or unused.

    `known` are the ids of all rules, `ran` those of the rules that were checked: a suppression of
    any other rule cannot be called unused.
    """
    valid = [each for each in suppressions if _is_valid(each, known)]
    used: set[int] = set()
    kept = []
    for finding in findings:
        covering = [
            index
            for index, each in enumerate(valid)
            if each.covers(finding.rule, finding.path, finding.line)
        ]
        used.update(covering)
        if not covering:
            kept.append(finding)
    kept += [_invalid_finding(each, known) for each in suppressions if not _is_valid(each, known)]
    kept += [
        _unused_finding(each)
        for index, each in enumerate(valid)
        if index not in used and set(each.rules) <= ran
    ]
    return kept


def _is_valid(each: Suppression, known: set[str]) -> bool:
    return bool(each.reason and each.rules) and set(each.rules) <= known


def _invalid_finding(each: Suppression, known: set[str]) -> Finding:
    """SET002: an unknown rule or no reason."""
    unknown = [rule for rule in each.rules if rule not in known]
    if unknown or not each.rules:
        which = f"unknown rule `{unknown[0]}`" if unknown else "no rule"
        return Finding(
            "SET002",
            each.file,
            f"this suppression names {which}, so it suppresses nothing",
            "Correct the rule's id; `labcoat explain` lists all rules",
            each.line,
        )
    return Finding(
        "SET002",
        each.file,
        f"the suppression of {', '.join(each.rules)} has no reason, so it is ignored",
        "Write the reason after it",
        each.line,
    )


def _unused_finding(each: Suppression) -> Finding:
    """SET003: a suppression that matches no finding."""
    in_settings = each.file == "pyproject.toml" and not fnmatchcase("*", each.paths)
    where = f" for {each.paths}" if in_settings else ""
    return Finding(
        "SET003",
        each.file,
        f"the suppression of {', '.join(each.rules)}{where} matches no finding, "
        "and would hide a future one",
        "Remove it",
        each.line,
    )
