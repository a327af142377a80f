"""DKF: Dockerfiles that build another image tomorrow, or a careless one."""

import re
from collections.abc import Iterator

from labcoat.container.dockerfile.parser import Dockerfile, DockerfileError, Instruction, Stage
from labcoat.lint.findings import BuildFamily, Finding, PinDigest, Rule, Severity, unsafe
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.path_roles import is_template
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.req_lock import read

_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_INSTALL = re.compile(
    r"\b(?:pip[0-9.]*|uv\s+pip)[\"',\s]+(?:-\S+\s+)*(?:install|sync)\b(?P<rest>.*)"
)
_FILE = re.compile(r"(?:-r|--requirement)[=\s]*(\S+)")
_ROOT = ("root", "0", "root:root", "0:0", "0:root", "root:0")
_INSTALLERS = {"pip", "setuptools", "wheel"}  # what a lock is installed with
_TAKES_A_VALUE = re.compile(
    r"-[citfd]|--(?:index-url|extra-index-url|find-links|constraint|target|prefix|root|timeout|retries|trusted-host|cert|proxy"
    r"|cache-dir|python|python-version|platform|only-binary|no-binary|progress-bar|upgrade-strategy|config-settings?|group)"
)
_REDIRECTED = re.compile(r"(?:^|\s)[A-Za-z0-9][\w.\[\],-]*>(?==?\d)")
_USE_THE_LOCK = "Copy the lock in and install it with `pip install --require-hashes -r requirements.txt`, then the project with `--no-deps`."
_LOCAL = re.compile(r"(?:\.|/|\$|file:)\S*|(?!\S*://)\S+(?:/\S*|\.(?:whl|zip|tar\.gz))")
_FIXED = re.compile(r"\S*(?:==\S*|@[0-9a-f]{40}\b\S*)")
# Base images that set a user who is not root.
_NOT_ROOT = re.compile(
    r"(?:.*[/:_-])?(?:nonroot|rootless|unprivileged)\b.*|.*(?:chainguard|ubi\d*/(?:python|nodejs|openjdk)|s2i-).*|cgr\.dev/.+"
    r"|(?:(?:docker\.io|quay\.io)/)?(?:jupyter|bitnami|apache/airflow|mambaorg|rayproject|grafana|jenkins|selenium)\b.*",
    re.IGNORECASE,
)
# Docker's own images, and those of them whose program gives root up by itself as it starts.
_DROPS_ROOT = re.compile(
    r"(?:(?:docker\.io/)?library/)?(?:postgres|mysql|mariadb|mongo|redis|valkey|rabbitmq|memcached|elasticsearch|nginx|httpd"
    r"|haproxy|solr|neo4j|cassandra|couchdb|influxdb|kibana|logstash|sonarqube)(?:[:@][^/]*)?"
)
_OFFICIAL = re.compile(r"(?:docker\.io/)?(?:library/)?[a-z0-9._-]+(?:[:@][^/]*)?")


def check(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """Each Dockerfile by itself."""
    done: set[str] = set()
    for facts in builds:
        if facts.dockerfile in done:
            continue
        done.add(facts.dockerfile)
        if isinstance(facts.parsed, DockerfileError):
            message = f"this Dockerfile cannot be read, so that nothing is known of what it builds: {facts.parsed.why}"
            yield Finding(
                "DKF004",
                facts.dockerfile,
                message,
                "Correct the line.",
                facts.parsed.line,
                severity=Severity.ERROR,
            )
            continue
        yield from _unpinned(facts, facts.parsed)
        yield from _unlocked(repository, facts, facts.parsed)
        yield from _root(facts, facts.parsed)


def _unpinned(facts: BuildFacts, parsed: Dockerfile) -> Iterator[Finding]:
    for stage in parsed.stages:
        if parsed.base_stage(stage) is None:
            yield from _image(facts, stage.base, stage.line)
        for each in stage.instructions:
            for image in each.copied_from:
                if image and parsed.stage(image) is None:
                    yield from _image(facts, image, each.line)


def _image(facts: BuildFacts, image: str, line: int) -> Iterator[Finding]:
    if image == "scratch" or _DIGEST.search(image) or re.search(r"[${]", image):
        return
    if not image or image.endswith((":", "@")):
        message = "the base image has no default: `docker build` without arguments fails, and with them is anybody's guess"
        yield Finding(
            "DKF001", facts.dockerfile, message, "Give the ARG a default, pinned by digest.", line
        )
        return
    tag = image.rpartition("/")[2].partition(":")[2]
    yield Finding(
        "DKF001",
        facts.dockerfile,
        f"{image} is not pinned by its digest: the same Dockerfile builds on another image when the tag moves",
        f"Write {image}@sha256:… with the digest that `docker buildx imagetools inspect {image}` names.",
        line,
        unsafe(PinDigest(facts.dockerfile, line, image)),
        Severity.WARNING if tag in ("", "latest") else Severity.NOTE,
    )


def _unlocked(repository: Repository, facts: BuildFacts, parsed: Dockerfile) -> Iterator[Finding]:
    for stage in parsed.stages:
        for each in stage.instructions:
            for why, severity in _careless(repository, each) if each.name == "RUN" else ():
                yield Finding(
                    "DKF002", facts.dockerfile, why, _USE_THE_LOCK, each.line, severity=severity
                )


def _careless(repository: Repository, each: Instruction) -> Iterator[tuple[str, Severity]]:
    """Why an installation in a RUN is not the lock's, and how much it matters."""
    written = "\n".join(
        [
            " ".join(each.words) if each.rest.startswith("[") else each.rest,
            *(body for _, body in each.heredocs),
        ]
    )
    for command in re.split(r"&&|\|\||[;|\n]", written):
        found = _INSTALL.search(command)
        if not found or re.search(r"--(?:require-hashes|no-index)\b", found["rest"]):
            continue
        rest = found["rest"]
        shown = " ".join(command.split())
        files = _FILE.findall(rest) or (
            re.findall(r"\S+\.txt", rest) if re.search(r"\bsync\b", found[0]) else []
        )
        if files:
            if not all(_hashed(repository, file) for file in files):
                yield (
                    f"{files[0]} is installed without hashes: an index can serve anything under its versions",
                    Severity.WARNING,
                )
            continue
        names = _asked_for(rest)
        if not names or {re.split(r"[\[<>=!~]", name)[0] for name in names} <= _INSTALLERS:
            continue
        if all(_LOCAL.fullmatch(name) for name in names) and "--no-deps" in rest:
            continue  # the project itself, on top of what is locked
        if each.rest[:1] != "[" and (bare := _REDIRECTED.search(rest)):
            lost = f"`{bare[0].strip()}` is a redirection to the shell, for want of quotes: no version is asked for"
            yield f"in `{shown}` {lost}", Severity.ERROR
        elif all(_FIXED.fullmatch(name) or _LOCAL.fullmatch(name) for name in names):
            yield (
                f"`{shown}` checks no hashes, and takes of what these need whatever the index has that day",
                Severity.NOTE,
            )
        else:
            yield (
                f"`{shown}` installs whatever the index has on the day of the build",
                Severity.WARNING,
            )


def _asked_for(rest: str) -> list[str]:
    """The distributions and folders that a `pip install` names, without its options and their values."""
    words = [
        word.strip("\"'") for word in re.sub(r"[,\]]\s*$", "", rest).replace('",', '" ').split()
    ]
    return [
        word
        for before, word in zip(["", *words], words, strict=False)
        if word
        and not word.startswith(("-", ">", "2>", "#"))
        and not _TAKES_A_VALUE.fullmatch(before)
    ]


def _hashed(repository: Repository, file: str) -> bool:
    """Whether the lock of that name in the repository has hashes; pip and uv then check them without being told."""
    if "$" in file or file in ("-", "/dev/stdin") or file.startswith("<("):
        return True  # made while the image is built
    candidates = repository.names.get(file.rpartition("/")[2].strip("\"'").lower(), ())
    return any(each.hashes for path in candidates for each in read(repository.text(path)))


def _root(facts: BuildFacts, parsed: Dockerfile) -> Iterator[Finding]:
    stage: Stage | None = parsed.stages[-1]
    while stage is not None:
        users = [each for each in stage.instructions if each.name == "USER"]
        if users:
            if users[-1].rest.strip().strip("\"'").lower() in _ROOT:
                yield _root_finding(facts, users[-1].line, "the last USER is root")
            return
        last, stage = stage, parsed.base_stage(stage)
    final = parsed.stages[-1]
    if (
        _NOT_ROOT.fullmatch(last.base)
        or is_template(last.base)
        or (last.base == "scratch" and not _runs_something(parsed))
    ):
        return
    perhaps = ""
    if _DROPS_ROOT.fullmatch(last.base):
        perhaps = ", whose own program starts as root and then gives it up"
    elif last.base and not _OFFICIAL.fullmatch(last.base):
        perhaps = ", unless that image sets one"
    why = f"no USER is set on top of {last.base or 'the base image'}{perhaps}"
    yield _root_finding(facts, final.line, why, Severity.NOTE if perhaps else Severity.WARNING)


def _runs_something(parsed: Dockerfile) -> bool:
    """Whether the image is one that runs, and not one that only carries files."""
    stage: Stage | None = parsed.stages[-1]
    while stage is not None:
        if any(each.name in ("CMD", "ENTRYPOINT") for each in stage.instructions):
            return True
        stage = parsed.base_stage(stage)
    return False


def _root_finding(
    facts: BuildFacts, line: int, why: str, severity: Severity = Severity.WARNING
) -> Finding:
    return Finding(
        "DKF003",
        facts.dockerfile,
        f"{why}: what runs in the image can write everywhere in it, and files it makes in mounted folders belong to root",
        "Make a user with uid 1000 and end with `USER 1000`.",
        line,
        severity=severity,
    )


FAMILY = BuildFamily(
    rules=(
        Rule("DKF001", "an image is not pinned by digest", Severity.NOTE, "dockerfiles"),
        Rule(
            "DKF002",
            "pip installs without the lock or without hashes",
            Severity.WARNING,
            "dockerfiles",
        ),
        Rule("DKF003", "the image runs as root", Severity.WARNING, "dockerfiles"),
        Rule("DKF004", "a Dockerfile that cannot be read", Severity.ERROR, "dockerfiles"),
    ),
    check=check,
)
