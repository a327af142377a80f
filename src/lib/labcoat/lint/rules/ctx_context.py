"""CTX: what a Docker build is sent and what it makes of it."""

import heapq
import posixpath
from collections.abc import Iterable, Iterator

from labcoat.container.context.build_context import BuildContext, listed_paths
from labcoat.container.context.build_context import file_sizes as measured
from labcoat.container.dockerignore import filepath_match
from labcoat.container.dockerignore.escape import docker_pattern
from labcoat.container.dockerignore.matcher import Matcher, PatternError, Semantics
from labcoat.container.dockerignore.parser import parse_ignore_file
from labcoat.core.reading import path_exists
from labcoat.inventory.virtualenvs import environments
from labcoat.lint.findings import Append, BuildFamily, Finding, Remove, Rule, Severity, safe, unsafe
from labcoat.lint.repository.build_discovery import pairs
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository

# What people write: it does not grow by megabytes once git has it, as data may.
_SOURCES = (
    *(
        ".py",
        ".pyi",
        ".md",
        ".rst",
        ".c",
        ".h",
        ".cc",
        ".cpp",
        ".hpp",
        ".cu",
        ".rs",
        ".go",
        ".java",
        ".js",
        ".ts",
        ".tsx",
        ".css",
    ),
    *(".html", ".sh", ".toml", ".yml", ".yaml"),
)
_OLD_ONLY = frozenset("+()|{}")  # read otherwise by 20.10, where no negation is


def check(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """What several builds are sent alike once, then each build by itself, then the ignore files that no build reads."""
    alike: dict[tuple[str, str], list[BuildFacts]] = {}
    for facts in builds:
        alike.setdefault((facts.context, facts.ignore_file), []).append(facts)
    for same in alike.values():
        yield from _environments(same)
        yield from _git_folder(same)
        yield from _versions(same[0])
        yield from _size(repository, same)
    for facts in builds:
        yield from _dropped(facts)
        yield from _missing(facts)
    yield from _unread(repository, builds)


def _environments(builds: list[BuildFacts]) -> Iterator[Finding]:
    sent = builds[0]
    for root, marker in environments(sent.sent).items():
        facts = next((each for each in builds if marker in each.reaching), sent)
        line = facts.reaching.get(marker, 0)
        pattern = _narrow(sent, root)
        where = "reaches the image" if line else "is in the build context"
        yield Finding(
            "CTX001",
            facts.dockerfile if line else facts.place(root),
            f"the virtual environment {facts.place(root)} {where}: it is sent with every build and does not work there",
            f"Add a line {pattern} to {facts.ignore_file}.",
            line,
            safe(Append(facts.ignore_file, pattern)),
            Severity.ERROR if line else Severity.WARNING,
        )


def _narrow(facts: BuildFacts, root: str) -> str:
    """`**/name`, or the whole path where that would leave out more than environments."""
    name = root.rpartition("/")[2]
    known = tuple(f"{each}/" for each in environments(facts.sent))
    others = (path for path in facts.sent if not path.startswith(known))
    plain = all(name not in path.split("/") for path in others if name in path)
    return f"**/{docker_pattern(name)}" if plain else docker_pattern(root)


def _git_folder(builds: list[BuildFacts]) -> Iterator[Finding]:
    reached = [(each, line) for each in builds if (line := each.reaching.get(".git/HEAD"))]
    if reached:
        facts, line = reached[0]
        more = f", and those of {len(reached) - 1} more Dockerfiles" if reached[1:] else ""
        yield Finding(
            "CTX002",
            facts.dockerfile,
            f".git reaches the image{more}: the whole history, and every commit makes the layer anew",
            f"Add a line .git to {facts.ignore_file}.",
            line,
            unsafe(Append(facts.ignore_file, ".git")),
        )


def _versions(facts: BuildFacts) -> Iterator[Finding]:
    """Ignore files that Docker 20.10 reads otherwise."""
    try:
        patterns = facts.build.matcher.patterns
    except (PatternError, OSError):
        return
    if not any(each.negated or _OLD_ONLY & set(each.text) for each in patterns):
        return
    try:
        old = set(
            BuildContext(facts.build.root, facts.build.dockerfile, Semantics.DOCKER_20_10).sent()
        )
    except PatternError as error:
        message = f"Docker 20.10 fails on this pattern, newer ones do not: {error.why}"
        todo = "Write the pattern so that both read it the same."
        yield Finding(
            "CTX003", facts.ignore_file, message, todo, error.line, severity=Severity.NOTE
        )
        return
    new = set(facts.sent)
    if old != new:
        which = sorted(new - old) or sorted(old - new)
        who = (
            "is sent by today's BuildKit and not by Docker 20.10"
            if new - old
            else "is sent by Docker 20.10 and not today"
        )
        yield Finding(
            "CTX003",
            facts.ignore_file,
            f"what is sent depends on the version of Docker: {facts.place(which[0])} {who}{_and_more(which)}",
            "Name what is to be sent plainly, with one `!folder` for each, instead of `!` with wildcards.",
            severity=Severity.NOTE,
        )


def _dropped(facts: BuildFacts) -> Iterator[Finding]:
    """NAME.dockerignore replaces .dockerignore: whatever only the latter left out is sent."""
    general = facts.build.root / ".dockerignore"
    if facts.build.ignore_path in (None, general) or not general.is_file():
        return
    try:
        patterns = parse_ignore_file(general.read_bytes())
        kept = set(listed_paths(facts.sent, Matcher(patterns)))
    except (PatternError, OSError):
        return
    lost = [path for path in facts.sent if path not in kept]
    if lost:
        edits = [Append(facts.ignore_file, each.written.strip()) for each in patterns]
        yield Finding(
            "CTX004",
            facts.ignore_file,
            f"this file replaces .dockerignore for {facts.dockerfile}, so that {facts.place(lost[0])} is sent, which "
            f".dockerignore leaves out{_and_more(lost)}",
            "Repeat in it the patterns of .dockerignore that still matter.",
            fix=unsafe(*edits),
        )


def _unread(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    read = {facts.ignore_file for facts in builds}
    found = [
        path
        for path in repository.ignore_files
        if path.endswith(".dockerignore") and path not in read
    ]
    if not found or not read:
        return
    contexts = {facts.context for facts in builds} | {context for _, context in pairs(repository)}
    for path in found:
        if path not in {posixpath.join(context, ".dockerignore") for context in contexts}:
            yield Finding(
                "CTX005",
                path,
                "no build reads this file: Docker reads the one at the context's root, or NAME.dockerignore beside NAME",
                "Move its patterns to the file that is read.",
                fix=unsafe(Remove(path)),
            )


def _missing(facts: BuildFacts) -> Iterator[Finding]:
    for each, source in facts.missing:
        if _on_disk(facts, source):
            yield Finding(
                "CTX006",
                facts.dockerfile,
                f"{each.name} takes {source}, which {facts.ignore_file} leaves out: the build fails, or copies nothing",
                f"Let it in with a line !{source} at the end of {facts.ignore_file}, or do not copy it.",
                each.line,
                severity=Severity.ERROR,
            )
    try:
        matcher = facts.build.matcher
        emptied = (
            [path for path in facts.reaching if matcher.arrives_empty(path)]
            if matcher.may_empty_files
            else []
        )
    except (PatternError, OSError):
        return
    if emptied:
        yield Finding(
            "CTX006",
            facts.ignore_file,
            f"{facts.place(emptied[0])} arrives in the image with nothing in it{_and_more(emptied)}: BuildKit lists it by "
            "one reading of these patterns and opens it by another",
            "Do not repeat a pattern for a folder after the `!` that lets something in it back in.",
            severity=Severity.ERROR,
        )


def _on_disk(facts: BuildFacts, source: str) -> bool:
    inside = posixpath.normpath("/" + source).lstrip("/")
    if not inside:
        return False
    if not any(letter in inside for letter in "*?[\\"):
        return path_exists(facts.build.root / inside)
    folder, _, pattern = inside.rpartition("/")
    if any(letter in folder for letter in "*?[\\"):
        return False
    try:
        return any(
            filepath_match.filepath_match(pattern, each.name)
            for each in (facts.build.root / folder).iterdir()
        )
    except OSError:
        return False


def _size(repository: Repository, builds: list[BuildFacts]) -> Iterator[Finding]:
    facts = builds[0]
    budget = repository.settings.context_budget
    unsure = [
        path
        for path in facts.places()
        if path not in repository.tracked_set or not path.endswith(_SOURCES)
    ]
    if (
        sum(repository.tracked_sizes) + sum(size for _, size in measured(repository.root, unsure))
        <= budget
    ):
        return  # git knows the sizes that sources had when they were added, and asking the system for each takes long
    sizes = dict(measured(facts.build.root, facts.sent))
    total = sum(sizes.values())
    if total > budget:
        largest = heapq.nlargest(10, ((size, path) for path, size in sizes.items()))
        named = ", ".join(f"{facts.place(path)} ({mebibytes(size)})" for size, path in largest)
        more = f" and {len(builds) - 1} more" if builds[1:] else ""
        yield Finding(
            "CTX007",
            facts.ignore_file,
            f"the build context of {facts.dockerfile}{more} is {mebibytes(total)}, over its budget of {mebibytes(budget)}; the "
            f"largest files: {named}",
            f"Leave out in {facts.ignore_file} what the image does not need, or set `context-budget` in [tool.labcoat].",
        )


def mebibytes(size: int) -> str:
    """A size for people."""
    return f"{size / (1 << 20):.1f} MiB"


def _and_more(paths: Iterable[str]) -> str:
    count = len(list(paths)) - 1
    return f", and so for {count} more" if count else ""


FAMILY = BuildFamily(
    rules=(
        Rule(
            "CTX001",
            "a virtual environment is in the build context or the image",
            Severity.WARNING,
            "contexts",
        ),
        Rule("CTX002", ".git reaches the image", Severity.WARNING, "contexts"),
        Rule("CTX003", "what is sent depends on the Docker version", Severity.NOTE, "contexts"),
        Rule("CTX004", "an ignore file of its own drops patterns", Severity.WARNING, "contexts"),
        Rule("CTX005", "a .dockerignore that no build reads", Severity.WARNING, "contexts"),
        Rule("CTX006", "what is copied is ignored or arrives empty", Severity.ERROR, "contexts"),
        Rule("CTX007", "the build context is over its budget", Severity.WARNING, "contexts"),
    ),
    check=check,
)
