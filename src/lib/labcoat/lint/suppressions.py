"""`# labcoat: ignore[RULE] reason`, in ignore files, Dockerfiles and requirements."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from labcoat.lint.config import Suppression
from labcoat.lint.findings import Finding
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository

_COMMENT = re.compile(r"#\s*labcoat:\s*ignore\[([^\]\n]*)\][ \t]*([^\n]*)")


def find_suppressions(repository: Repository, builds: DockerBuilds) -> list[Suppression]:
    """The suppressions of the settings, then those in comments."""
    return [*repository.settings.suppressions, *_comments(repository, builds)]


def _comments(repository: Repository, builds: DockerBuilds) -> Iterator[Suppression]:
    dockerfiles = {facts.dockerfile for facts in builds}
    requirements = repository.named(r".*requirements.*\.(?:txt|in)")
    for path in dict.fromkeys(
        [*sorted(dockerfiles), *repository.ignore_files, *requirements, ".gitattributes"]
    ):
        text = repository.text(path)
        for found in _COMMENT.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            rules = tuple(each.strip() for each in found[1].split(",") if each.strip())
            paths = re.sub(r"([*?\[])", r"[\1]", path)
            yield Suppression(
                rules, paths, found[2].strip(), path, line, _target(text.split("\n"), line)
            )


def _target(lines: list[str], line: int) -> int:
    """The line that a comment on `line` speaks of: its own if more stands on it, else the next with something on it."""
    if not lines[line - 1].lstrip().startswith("#"):
        return line
    following = (
        number
        for number, text in enumerate(lines[line:], line + 1)
        if text.strip() and not text.lstrip().startswith("#")
    )
    return next(following, 0)


def apply_suppressions(
    findings: list[Finding], all_: list[Suppression], known: set[str], ran: set[str]
) -> list[Finding]:
    """`findings` without those that are meant; with a finding for each suppression that is faulty or of no use.

    `known` are all rules, `ran` those that were looked for: a suppression of one that was not is not judged.
    """
    used: set[int] = set()
    kept = []
    good = [
        (index, each)
        for index, each in enumerate(all_)
        if each.reason and set(each.rules) <= known and each.rules
    ]
    for finding in findings:
        meant = [
            index for index, each in good if each.covers(finding.rule, finding.path, finding.line)
        ]
        used.update(meant)
        if not meant:
            kept.append(finding)
    kept += [
        _faulty(each, known)
        for each in all_
        if not each.reason or not each.rules or not set(each.rules) <= known
    ]
    return kept + [
        _unused(each) for index, each in good if index not in used and set(each.rules) <= ran
    ]


def _faulty(each: Suppression, known: set[str]) -> Finding:
    unknown = [rule for rule in each.rules if rule not in known]
    if unknown or not each.rules:
        message = f"there is no rule {unknown[0] if unknown else ''}: nothing is suppressed"
        return Finding(
            "SET002",
            each.file,
            message,
            "Correct the rule's id; `labcoat explain` lists them.",
            each.line,
        )
    message = f"the suppression of {', '.join(each.rules)} gives no reason, so it does not count"
    return Finding(
        "SET002", each.file, message, "Write after it why the finding is meant.", each.line
    )


def _unused(each: Suppression) -> Finding:
    where = (
        ""
        if each.file != "pyproject.toml" or fnmatchcase("*", each.paths)
        else f" for {each.paths}"
    )
    message = f"nothing is found that the suppression of {', '.join(each.rules)}{where} speaks of"
    return Finding("SET003", each.file, message, "Take it out.", each.line)
