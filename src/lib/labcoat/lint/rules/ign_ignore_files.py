"""IGN: ignore files that do not say what their authors think."""

import re
from collections.abc import Iterator
from dataclasses import replace

from labcoat.container.context.build_context import listed_paths
from labcoat.container.dockerignore.matcher import Matcher, Pattern, PatternError
from labcoat.container.dockerignore.parser import parse_ignore_file
from labcoat.core import secret_patterns
from labcoat.core.reading import path_exists
from labcoat.lint.findings import (
    BuildFamily,
    Finding,
    Reencode,
    Replace,
    Rule,
    Severity,
    safe,
    unsafe,
)
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository

# What nobody wants in an image at any depth; a pattern for one of these means all of them.
_ANYWHERE = re.compile(
    r"\.?v?env|\.git|__pycache__|node_modules|\.ipynb_checkpoints|\.?(?:pytest|mypy|ruff)_cache|\.DS_Store|Thumbs\.db"
    r"|\.tox|\.nox|\.conda|\.idea|\.vscode|\*\.(?:py[cod]|log|tmp|swp|bak|egg-info|key|pem)|\.coverage"
)
_COMMENT = re.compile(r"^(?P<pattern>[^#\s][^#]*?)\s+#\s.*$")
_QUOTED = re.compile(r"^(!?)(['\"])(.+)\2$")
_BRACES = re.compile(r"^([^{}]*)\{([^{}]*,[^{}]*)\}([^{}]*)$")
_BACKSLASH = re.compile(r"[\w.*]\\[A-Za-z0-9_]")


def check(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """Each ignore file by its bytes and lines, then each build's against its context, then git's against the tree."""
    for path in repository.ignore_files:
        data = repository.read(path)
        yield from _encoding(path, data)
        if b"\0" not in data:
            docker = path.endswith(".dockerignore")
            yield from _malformed(path, data) if docker else _docker_forms(path, data)
            yield from _lexical(repository, path, data)
    done: set[str] = set()
    for facts in builds:
        if facts.ignore_file not in done:
            done.add(facts.ignore_file)
            yield from _against_context(repository, facts)
    yield from _idle_for_git(repository)


def _encoding(path: str, data: bytes) -> Iterator[Finding]:
    faults = (
        (
            data.startswith((b"\xff\xfe", b"\xfe\xff")),
            "it is UTF-16, as PowerShell's `>` writes it: no pattern in it matches",
        ),
        (
            b"\0" in data,
            "there is a NUL character in it: the build fails, and git stops reading there",
        ),
        # macOS names a file `Icon` with a carriage return, and many a .gitignore has it
        (
            re.search(rb"(?<!Icon)\r(?!\n|$)", data),
            "a carriage return stands inside a line: the lines it should part are one pattern",
        ),
        (
            b"\xc2\xa0" in data,
            "a no-break space stands where a space is meant: git takes it for part of the name",
        ),
    )
    why = next((text for found, text in faults if found), None)
    if why:
        todo = "Save the file as UTF-8 with lines that end with a line feed."
        yield Finding("IGN001", path, why, todo, fix=safe(Reencode(path)), severity=Severity.ERROR)


def _malformed(path: str, data: bytes) -> Iterator[Finding]:
    """Patterns that fail the build; one that fails only if it is ever tried is named too."""
    try:
        matcher = Matcher(parse_ignore_file(data))
    except PatternError as error:
        found: list[tuple[Pattern, str]] = [
            (Pattern(error.line, "", written=error.text), error.why)
        ]
    else:
        found = matcher.malformed_patterns()
    for pattern, why in found:
        message = f"`{pattern.written.strip()}` fails the build: {why}"
        todo = "Correct the pattern: brackets are closed and hold a range that rises, a backslash stands before a sign."
        yield Finding("IGN002", path, message, todo, pattern.line, severity=Severity.ERROR)


def _lexical(repository: Repository, path: str, data: bytes) -> Iterator[Finding]:
    """Lines that look like another language's: inline comments, quotes, braces, Windows paths."""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        meant = _meant(line)
        if meant is None or _names_something(repository, path, line):
            continue
        new, why = meant
        yield Finding(
            "IGN003",
            path,
            f"`{line.strip()}` {why}",
            f"Write {' and '.join(f'`{each}`' for each in new)} instead.",
            number,
            unsafe(Replace(path, number, line, new)),
        )


def _meant(line: str) -> tuple[tuple[str, ...], str] | None:
    """What a line was probably meant to be, and what it is instead."""
    if found := _COMMENT.match(line):
        return (
            found["pattern"],
        ), "is one pattern, comment and all: comments have a line of their own"
    if found := _QUOTED.match(line.strip()):
        return (found[1] + found[3],), "matches only names that have quotes in them"
    if found := _BRACES.match(line.strip()):
        each = tuple(f"{found[1]}{part.strip()}{found[3]}" for part in found[2].split(","))
        return each, "matches only a name that has braces in it: ignore files know no alternatives"
    if _BACKSLASH.search(line):
        return (
            line.strip().replace("\\", "/"),
        ), "has a backslash, which escapes; folders are parted by `/`"
    return None


def _names_something(repository: Repository, path: str, line: str) -> bool:
    """Whether there is a file of just this odd name, so that the line means what it says."""
    folder = path.rpartition("/")[0]
    literal = line.strip().removeprefix("!").strip("/").replace("\\", "")
    place = f"{folder}/{literal}" if folder else literal
    return path_exists(repository.root / place)


def _docker_forms(path: str, data: bytes) -> Iterator[Finding]:
    lines = data.decode("utf-8", "surrogateescape").splitlines()
    for number, line in enumerate(lines, 1):
        mend = (
            unsafe if any(each.startswith("!") for each in lines[number:]) else safe
        )  # it may take back what will match
        sign, rest = ("!", line[1:]) if line.startswith("!") else ("", line)
        if not rest.startswith("./") or not rest.strip("./ "):
            continue
        right = f"{sign}/{rest[2:].lstrip('/')}".rstrip()
        if right in lines[number:]:
            continue  # said again, for git
        yield Finding(
            "IGN005",
            path,
            f"`{line.strip()}` never matches in a .gitignore: only Docker takes `./` for the root",
            f"Write `{right}`.",
            number,
            mend(Replace(path, number, line, (right,))),
        )


def _against_context(repository: Repository, facts: BuildFacts) -> Iterator[Finding]:
    try:
        patterns = facts.build.matcher.patterns
        yield from _root_only(facts, patterns)
        yield from _idle(repository, facts, patterns)
    except (PatternError, OSError):
        return  # said by IGN002


def _root_only(facts: BuildFacts, patterns: tuple[Pattern, ...]) -> Iterator[Finding]:
    wanted = [
        each
        for each in patterns
        if not each.negated and "/" not in each.text and _generic(each.text)
    ]
    if not wanted:
        return
    together = "\0".join(["", *facts.sent, ""])
    for each in wanted:
        found = _nested(each.text).search(together)
        if found:
            nested = together[
                together.rindex("\0", 0, found.start()) + 1 : together.index("\0", found.end())
            ]
            yield Finding(
                "IGN004",
                facts.ignore_file,
                f"`{each.text}` leaves out what is at the context's root only: {facts.place(nested)} is sent",
                f"Write `**/{each.text}`.",
                each.line,
                unsafe(Replace(facts.ignore_file, each.line, each.written, (f"**/{each.text}",))),
            )


def _nested(pattern: str) -> re.Pattern[str]:
    """Where a path below the root has a part that matches `pattern`, in paths with NUL between."""
    return re.compile(
        "/"
        + re.escape(pattern).replace(r"\*", r"[^/\0]*").replace(r"\[cod\]", "[cod]")
        + r"(?=[/\0])"
    )


def _generic(pattern: str) -> bool:
    return _ANYWHERE.fullmatch(pattern) is not None or secret_patterns.is_secret_name(pattern)


def _idle(
    repository: Repository, facts: BuildFacts, patterns: tuple[Pattern, ...]
) -> Iterator[Finding]:
    """Negations without which the same is sent."""
    for index, each in enumerate(patterns):
        if not each.negated:
            continue
        without = Matcher([*patterns[:index], *patterns[index + 1 :]])
        if _aims_at_something(repository, facts, each) and len(
            list(listed_paths(facts.sent, without))
        ) == len(facts.sent):
            yield _idle_finding(repository, facts.ignore_file, each.line, each.written)


def _aims_at_something(repository: Repository, facts: BuildFacts, pattern: Pattern) -> bool:
    """Whether there is something that a negation names; one for files to come is left alone."""
    if not re.search(r"[*?\[\\]", pattern.text):
        return path_exists(facts.build.root / pattern.text)
    matcher = Matcher([replace(pattern, negated=False)])
    inside = f"{facts.context}/" if facts.context else ""
    tracked = [path[len(inside) :] for path in repository.tracked if path.startswith(inside)]
    return any(
        len(list(listed_paths(paths, matcher))) < len(paths) for paths in (facts.sent, tracked)
    )


def _idle_finding(repository: Repository, path: str, line: int, written: str) -> Finding:
    text = repository.read(path).decode("utf-8", "surrogateescape").splitlines()
    old = text[line - 1] if line <= len(text) else written
    return Finding(
        "IGN006",
        path,
        f"`{written.strip()}` changes nothing: what it names is kept without it, or stays ignored in spite of it",
        "Take the line out; or, in a .gitignore, let its folder in first: `*` becomes `/*`.",
        line,
        unsafe(Replace(path, line, old, ())),
    )


def _idle_for_git(repository: Repository) -> Iterator[Finding]:
    """Negations in .gitignore files that aim at something that stays ignored, since a folder above it is."""
    for path in repository.ignore_files if repository.git_top else ():
        if not path.endswith(".gitignore") or path.endswith(".dockerignore"):
            continue
        folder = path[: -len(".gitignore")]
        for number, line in enumerate(repository.text(path).splitlines(), 1):
            if not line.startswith("!") or re.search(r"[*?\[\\]", line):
                continue
            aim = folder + line[1:].strip().strip("/")
            if not path_exists(repository.root / aim) or len(aim) <= len(folder):
                continue
            decided = repository.deciding(_some_below(repository, aim)).values()
            if decided and not any(pattern.startswith("!") for _, _, pattern in decided):
                yield _idle_finding(repository, path, number, line)


def _some_below(repository: Repository, aim: str) -> list[str]:
    """`aim`, and a few of the files in it."""
    folder = repository.root / aim
    if not folder.is_dir() or folder.is_symlink():
        return [aim]
    inner = sorted(each for each in folder.iterdir() if not each.is_dir())[:3]
    return [each.relative_to(repository.root).as_posix() for each in inner] or [aim]


FAMILY = BuildFamily(
    rules=(
        Rule(
            "IGN001",
            "an ignore file that cannot be read as it is saved",
            Severity.ERROR,
            "ignorefiles",
        ),
        Rule("IGN002", "a pattern that fails the build", Severity.ERROR, "ignorefiles"),
        Rule("IGN003", "a line that is no pattern as it stands", Severity.WARNING, "ignorefiles"),
        Rule("IGN004", "a pattern for the root only", Severity.WARNING, "ignorefiles"),
        Rule("IGN005", "a form that only Docker understands", Severity.WARNING, "ignorefiles"),
        Rule("IGN006", "a negation that changes nothing", Severity.WARNING, "ignorefiles"),
    ),
    check=check,
)
