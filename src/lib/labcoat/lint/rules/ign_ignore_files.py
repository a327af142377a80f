"""IGN: ignore files that do not do what they seem to do."""

import re
from collections.abc import Iterator, Sequence

from labcoat.container.dockerignore.matcher import Matcher, Pattern, PatternError
from labcoat.container.dockerignore.parser import MOST_LINES, parse_ignore_file
from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import path_exists
from labcoat.lint.findings import (
    BuildFamily,
    Finding,
    Reencode,
    Replace,
    Rule,
    Severity,
    safe_fix,
    unsafe_fix,
)
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.ign_negations import (
    check_negations_for_docker,
    check_negations_for_git,
)
from labcoat.lint.rules.ign_syntax import check_syntax
from labcoat.secrets.names import is_secret_name

# Patterns that mean files at any depth, because no image needs these.
_ANYWHERE = lazy_pattern(
    r"\.?v?env|\.git|__pycache__|node_modules|\.ipynb_checkpoints|\.?(?:pytest|mypy|ruff)_cache"
    r"|\.DS_Store|Thumbs\.db|\.tox|\.nox|\.conda|\.idea|\.vscode"
    r"|\*\.(?:py[cod]|log|tmp|swp|bak|egg-info|key|pem)|\.coverage"
)
# macOS names a file `Icon` with a carriage return, and many a .gitignore lists it.
_LONE_CARRIAGE_RETURN = lazy_pattern(rb"(?<!Icon)\r(?!\n|$)")
_NO_BREAK_SPACE = lazy_pattern(rb"(?m)^(?!#).*\xc2\xa0")  # but in comments


def check_ignore_files(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """Check the bytes and lines of each ignore file, then its effect on the builds and on git."""
    by_file: dict[str, list[BuildFacts]] = {}
    for facts in builds:
        by_file.setdefault(facts.ignore_file, []).append(facts)
    for path in repository.ignore_files:
        data = repository.read_bytes(path)
        yield from _check_encoding(path, data)
        if b"\0" not in data:
            if path.endswith(".dockerignore"):
                whole = repository.read_whole(path)
                if whole.count(b"\n") >= MOST_LINES:
                    continue  # BuildFacts.describe_unreadable says so
                yield from _check_malformed(path, whole)
            else:
                yield from _check_docker_forms(repository, path, data)
            is_unread = path.endswith(".dockerignore") and path not in by_file
            yield from check_syntax(repository, path, data, is_unread=is_unread)
    for sharing in by_file.values():
        yield from _check_effect_on_builds(repository, sharing)
    yield from check_negations_for_git(repository)


def _check_encoding(path: str, data: bytes) -> Iterator[Finding]:
    """IGN001: a file with an encoding or characters that git or Docker read as something else."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        why = "the file is UTF-16, as PowerShell's `>` writes it, so its patterns match nothing"
    elif b"\0" in data:
        why = "the file contains a NUL character: "
        why += (
            "Docker builds fail"
            if path.endswith(".dockerignore")
            else "git reads its line up to there"
        )
    elif _LONE_CARRIAGE_RETURN.search(data):
        why = "a carriage return inside a line joins lines that should be separate into one pattern"
    elif _NO_BREAK_SPACE.search(data):
        why = "git reads a no-break space in this file as part of a file name"
    else:
        return
    yield Finding(
        "IGN001",
        path,
        why,
        "Save the file as UTF-8 with line feeds and ordinary spaces",
        fix=safe_fix(Reencode(path)),
        severity=Severity.ERROR,
    )


def _check_malformed(path: str, data: bytes) -> Iterator[Finding]:
    """IGN002: patterns that fail the build, also those that fail only when they are compared."""
    try:
        matcher = Matcher(parse_ignore_file(data))
    except PatternError as error:
        found: list[tuple[Pattern, str]] = [
            (Pattern(error.line, "", written=error.text), error.why)
        ]
    else:
        found = matcher.malformed_patterns()
    for pattern, why in found:
        yield Finding(
            "IGN002",
            path,
            f"the pattern `{pattern.written.strip()}` fails the build: {why}",
            "Correct the pattern: close brackets, let ranges ascend, "
            "and use backslashes only before special characters",
            pattern.line,
            severity=Severity.ERROR,
        )


def _names_any(repository: Repository, path: str, pattern: str) -> bool:
    """Whether the first part of a pattern without `./` names something, or may name anything."""
    first = pattern.strip("/ ").partition("/")[0]
    folder = path.rpartition("/")[0]
    return re.search(r"[*?\[\\]", first) is not None or path_exists(
        repository.root / folder / first
    )


def _check_docker_forms(repository: Repository, path: str, data: bytes) -> Iterator[Finding]:
    """IGN005: `./name` in a .gitignore."""
    lines = data.decode("utf-8", "surrogateescape").splitlines()
    last = {line: number for number, line in enumerate(lines, 1)}
    last_negation = max((last[line] for line in last if line.startswith("!")), default=0)
    for number, line in enumerate(lines, 1):
        sign, rest = ("!", line[1:]) if line.startswith("!") else ("", line)
        if not rest.startswith("./") or not rest.strip("./ "):
            continue
        right = f"{sign}/{rest[2:].lstrip('/')}".rstrip()
        if last.get(right, 0) > number:
            continue  # written again, for git
        # A negation after it may undo what the new pattern ignores.
        make_fix = unsafe_fix if last_negation > number else safe_fix
        yield Finding(
            "IGN005",
            path,
            f"`{line.strip()}` never matches in a .gitignore: only Docker reads `./` as the root",
            f"Write `{right}`",
            number,
            make_fix(Replace(path, number, line, (right,))),
            # A template may name a folder that this project does not have.
            Severity.WARNING if _names_any(repository, path, rest[2:]) else Severity.NOTE,
            repeats="docker",
        )


def _check_effect_on_builds(
    repository: Repository, sharing: Sequence[BuildFacts]
) -> Iterator[Finding]:
    facts = sharing[0]
    try:
        patterns = facts.matcher.patterns
        yield from _check_root_only(sharing, patterns)
        yield from check_negations_for_docker(repository, facts, patterns)
    except (PatternError, OSError):
        return  # IGN002 reports it


def _check_root_only(
    sharing: Sequence[BuildFacts], patterns: tuple[Pattern, ...]
) -> Iterator[Finding]:
    """IGN004: `__pycache__` and the like without `**/`; a note if only older builders send it."""
    facts = sharing[0]
    wanted = [
        each
        for each in patterns
        if not each.negated and "/" not in each.text and _means_any_depth(each.text)
    ]
    if not wanted:
        return
    read = "\0".join(["", *(path for each in sharing for path in sorted(each.read)), ""])
    sent = "\0".join(["", *facts.sent, ""])
    for each in wanted:
        nested = _find_nested(each.text, read)
        if path := nested or _find_nested(each.text, sent):
            yield Finding(
                "IGN004",
                facts.ignore_file,
                f"`{each.text}` matches at the root of the context only, "
                f"so {facts.root_path(path)} is sent",
                f"Write `**/{each.text}`",
                each.line,
                unsafe_fix(
                    Replace(facts.ignore_file, each.line, each.written, (f"**/{each.text}",))
                ),
                Severity.WARNING if nested else Severity.NOTE,
            )


def _find_nested(pattern: str, paths: str) -> str:
    """Return the first of `paths`, separated by NUL, that has a name below the root."""
    name = re.escape(pattern).replace(r"\*", r"[^/\0]*").replace(r"\[cod\]", "[cod]")
    found = re.search(rf"/{name}(?=[/\0])", paths)
    if found is None:
        return ""
    start = paths.rindex("\0", 0, found.start()) + 1
    return paths[start : paths.index("\0", found.end())]


def _means_any_depth(pattern: str) -> bool:
    return _ANYWHERE.fullmatch(pattern) is not None or is_secret_name(pattern)


FAMILY = BuildFamily(
    rules=(
        Rule("IGN001", "ignore file in an unreadable encoding", Severity.ERROR, "ignorefiles"),
        Rule("IGN002", "pattern that fails the build", Severity.ERROR, "ignorefiles"),
        Rule("IGN003", "line in the syntax of another language", Severity.WARNING, "ignorefiles"),
        Rule("IGN004", "pattern that matches at the root only", Severity.WARNING, "ignorefiles"),
        Rule("IGN005", "pattern that only Docker understands", Severity.WARNING, "ignorefiles"),
        Rule("IGN006", "negation that changes nothing", Severity.WARNING, "ignorefiles"),
    ),
    check=check_ignore_files,
)
