"""DKF: Dockerfiles whose image changes from build to build, or that run as root."""

import posixpath
import re
import shlex
from collections.abc import Collection, Iterator, Set

from labcoat.container.dockerfile.parser import Dockerfile, DockerfileError, Instruction, Stage
from labcoat.container.dockerfile.words import parse_json_words
from labcoat.core.path_roles import is_template
from labcoat.core.patterns import lazy_pattern
from labcoat.core.shell_commands import split_commands
from labcoat.lint.findings import BuildFamily, Finding, PinDigest, Rule, Severity, unsafe_fix
from labcoat.lint.repository.build_discovery import without_tag
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.dkf_installs import check_installations

_DIGEST = lazy_pattern(r"@sha256:[0-9a-f]{64}$")
_ROOT = ("root", "0", "root:root", "0:0", "0:root", "root:0")
# Base images that set a user other than root.
_NOT_ROOT = lazy_pattern(
    r"(?:.*[/:_-])?(?:nonroot|rootless|unprivileged)\b.*"
    r"|.*(?:chainguard|ubi\d*/(?:python|nodejs|openjdk)|s2i-).*|cgr\.dev/.+"
    r"|(?:(?:docker\.io|quay\.io)/)?"
    r"(?:jupyter|bitnami|apache/airflow|mambaorg|rayproject|grafana|jenkins|selenium)\b.*",
    re.IGNORECASE,
)
# Docker's own images, and those of them whose program drops root when it starts.
_DROPS_ROOT = lazy_pattern(
    r"(?:(?:docker\.io/)?library/)?(?:postgres|mysql|mariadb|mongo|redis|valkey|rabbitmq|memcached"
    r"|elasticsearch|nginx|httpd|haproxy|solr|neo4j|cassandra|couchdb|influxdb|kibana|logstash"
    r"|sonarqube|flink|storm|spark|zookeeper|eclipse-mosquitto|telegraf|consul|vault|ghost|percona"
    r"|wordpress|nextcloud|drupal|joomla|odoo|kong|jetty)(?:[:@][^/]*)?"
    r"|(?:(?:docker\.io/)?library/)?php:[\w.-]*(?:apache|fpm)[\w.-]*(?:@[^/]*)?"
)
# Programs that continue as another user, that only root can run, and that prepare for either.
_CHANGERS = ("gosu", "su-exec", "setpriv", "runuser", "chpst", "s6-setuidgid")
_SERVICES = ("cron", "crond", "logrotate", "sshd", "rsyslogd", "iptables", "dockerd", "systemd")
_STARTS = frozenset((*_CHANGERS, *_SERVICES))
_PREPARES = _STARTS | {"usermod", "chown"}
_CHANGES_USER = lazy_pattern(rf"\b(?:{'|'.join(_CHANGERS)})\b")  # in a RUN, which installs them
_SUDO = lazy_pattern(r"(?<![\w./-])sudo(?=[ \t][^\n;|&]{0,80}-u\b)(?![^\n;|&\"']{0,80}\broot\b)")
# Docker's own images, as far as their names tell: none of these has an underscore.
_OFFICIAL = lazy_pattern(r"(?:docker\.io/)?(?:library/)?[a-z0-9.-]+(?:[:@][^/]*)?")
_OF_ONE_MACHINE = lazy_pattern(r"[^/:@_]*_[^/:@]*(?::[^/]*)?")


def check_dockerfiles(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """Check each Dockerfile once, whatever contexts it is built in."""
    by_dockerfile: dict[str, BuildFacts] = {}
    for facts in builds:
        by_dockerfile.setdefault(facts.dockerfile, facts)
    own = _own_images(builds, by_dockerfile.values())
    copied = _copied_images(by_dockerfile.values(), own)
    for facts in by_dockerfile.values():
        if isinstance(facts.parsed, DockerfileError):
            yield Finding(
                "DKF004",
                facts.dockerfile,
                f"cannot read this Dockerfile: {facts.parsed.why}",
                "Correct the line",
                facts.parsed.line,
                severity=Severity.ERROR,
            )
            continue
        carries = _only_carries(facts, facts.parsed, copied)
        yield from _check_pins(facts, facts.parsed, own, carries=carries)
        yield from check_installations(repository, facts, facts.parsed)
        if not carries:
            yield from _check_user(repository, facts, facts.parsed, own)


def _image_of(path: str) -> str:
    """Return the image that a Dockerfile is named after, such as `spark-base.Dockerfile`.

    Empty for a name without a hyphen: `python.Dockerfile` may stand beside a `FROM python`.
    """
    found = re.fullmatch(
        r"(?:.*/)?(?:dockerfile\.([\w-]+)|([\w-]+)\.dockerfile)", path, re.IGNORECASE
    )
    name = (found[1] or found[2]) if found else ""
    return name if "-" in name else ""


def _own_images(builds: DockerBuilds, all_facts: Collection[BuildFacts]) -> set[str]:
    """Return what the repository builds: images, and `*/name` for one in a folder of that name.

    A folder's name has a hyphen or an underscore, as those of images: `spark/Dockerfile` may extend
    another spark.
    """
    own = {name for facts in all_facts if (name := _image_of(facts.dockerfile))}
    named: set[str] = set()
    for facts in all_facts:
        folder = posixpath.basename(posixpath.dirname(facts.dockerfile))
        if re.search("[-_]", folder):
            own.add(f"*/{folder}")
        if not isinstance(facts.parsed, DockerfileError):
            named |= {without_tag(image) for image, _ in _used_images(facts.parsed)}
    return own | builds.find_built(named - {"", "scratch"})


def _used_images(parsed: Dockerfile) -> Iterator[tuple[str, int]]:
    """Yield the images that a Dockerfile takes from elsewhere, each with its line."""
    for stage in parsed.stages:
        if parsed.base_stage(stage) is None:
            yield stage.base, stage.line
        for each in (*stage.instructions, *stage.triggers):
            for image in each.copied_from:
                if image and parsed.stage(image) is None:
                    yield image, each.line


def _copied_images(all_facts: Collection[BuildFacts], own: Collection[str]) -> set[str]:
    """Return the last words of the repository's images that Dockerfiles copy files from."""
    return {
        posixpath.basename(without_tag(image))
        for facts in all_facts
        if not isinstance(facts.parsed, DockerfileError)
        for stage in facts.parsed.stages
        for each in (*stage.instructions, *stage.triggers)
        for image in each.copied_from
        if image and facts.parsed.stage(image) is None and _is_own(facts, image, own)
    }


def _only_carries(facts: BuildFacts, parsed: Dockerfile, copied: Set[str]) -> bool:
    """Whether an image starts no program: others copy its files, by the name of its folder."""
    folder = posixpath.basename(posixpath.dirname(facts.dockerfile))
    return not copied.isdisjoint({folder, _image_of(facts.dockerfile)} - {""}) and not any(
        _list_named(parsed, "RUN", "CMD", "ENTRYPOINT")
    )


def _is_own(facts: BuildFacts, image: str, own: Collection[str]) -> bool:
    """Whether the repository itself builds `image`: there is no digest of it to pin."""
    name = without_tag(image)
    last = posixpath.basename(name)
    folder = posixpath.basename(posixpath.dirname(facts.dockerfile))
    return name in own or (f"*/{last}" in own and last != folder)


def _check_pins(
    facts: BuildFacts, parsed: Dockerfile, own: Collection[str], *, carries: bool
) -> Iterator[Finding]:
    """DKF001: images that are not pinned by digest, but for the base of one that only `carries`."""
    for image, line in _used_images(parsed):
        if not _is_own(facts, image, own) and not (carries and line == parsed.stages[-1].line):
            yield from _check_image(facts, image, line)


def _check_image(facts: BuildFacts, image: str, line: int) -> Iterator[Finding]:
    if image == "scratch" or _DIGEST.search(image) or re.search(r"[${]", image):
        return
    if not image or image.endswith((":", "@")):
        yield Finding(
            "DKF001",
            facts.dockerfile,
            "the ARG that names the base image has no default, so `docker build` without "
            "`--build-arg` fails",
            "Give the ARG a default, pinned by digest",
            line,
        )
        return
    tag = image.rpartition("/")[2].partition(":")[2]
    yield Finding(
        "DKF001",
        facts.dockerfile,
        f"the image {image} is not pinned by digest: when its tag moves, "
        "this Dockerfile builds a different image",
        f"Write {image}@sha256:…; `docker buildx imagetools inspect {image}` prints the digest",
        line,
        unsafe_fix(PinDigest(facts.dockerfile, line, image)),
        # No registry has an image that was only built on a machine, so there is no digest.
        Severity.WARNING
        if tag in ("", "latest") and not _OF_ONE_MACHINE.fullmatch(image)
        else Severity.NOTE,
    )


def _check_user(
    repository: Repository, facts: BuildFacts, parsed: Dockerfile, own: Collection[str]
) -> Iterator[Finding]:
    """DKF003: an image that runs as root."""
    stage: Stage | None = parsed.stages[-1]
    while stage is not None:
        below = parsed.base_stage(stage)
        instructions = (*(below.triggers if below else ()), *stage.instructions)
        users = [each for each in instructions if each.name == "USER"]
        if users:
            if users[-1].rest.strip().strip("\"'").lower() in _ROOT:
                yield _root_finding(facts, users[-1].line, "the last USER is root")
            return
        last, stage = stage, below
    final = parsed.stages[-1]
    if (
        _NOT_ROOT.fullmatch(last.base)
        or is_template(last.base)
        or _is_own(facts, last.base, own)  # the finding stands at the Dockerfile of that image
        or (last.base == "scratch" and not any(_list_named(parsed, "CMD", "ENTRYPOINT")))
    ):
        return
    perhaps = ""
    if last.base == "scratch":
        perhaps = ", which has no other files"
    elif _DROPS_ROOT.fullmatch(last.base):
        perhaps = ", whose program starts as root and then drops it"
    elif _starts_as_root(repository, facts, parsed):
        perhaps = ", and what it starts needs root, or drops it"
    elif last.base and not _OFFICIAL.fullmatch(last.base):
        perhaps = ", unless that image sets one"
    why = f"no USER is set on top of {last.base or 'the base image'}{perhaps}"
    yield _root_finding(facts, final.line, why, Severity.NOTE if perhaps else Severity.WARNING)


def _starts_as_root(repository: Repository, facts: BuildFacts, parsed: Dockerfile) -> bool:
    """Whether the image begins as root on purpose: its script does what only root can."""
    started = list(_list_named(parsed, "CMD", "ENTRYPOINT"))
    commands = (
        each.rest if parse_json_words(each.rest) is None else shlex.join(each.words)
        for each in started
    )
    if any(_needs_root(command, _STARTS) for command in commands) or any(
        _CHANGES_USER.search(each.rest) for each in _list_named(parsed, "RUN")
    ):
        return True
    words = {posixpath.basename(word.strip("\"'")) for each in started for word in each.words}
    paths = (path for word in words for path in _scripts_named(repository, facts, word))
    return any(_needs_root(repository.read_text(path), _PREPARES) for path in paths)


def _needs_root(script: str, programs: Set[str]) -> bool:
    """Whether a command names one of `programs`, or continues as another user.

    A word is a name as a whole: `python cron.py` needs no root.
    """
    return _SUDO.search(script) is not None or any(
        not programs.isdisjoint(map(posixpath.basename, words))
        or (words[0] == "su" and "-c" in words and "root" not in words)
        for words in split_commands(script)
    )


def _scripts_named(repository: Repository, facts: BuildFacts, name: str) -> list[str]:
    """Return the files named `name`: those that the build can copy, the Dockerfile's own first.

    Each service of a repository may have an entrypoint.sh.
    """
    found = repository.files_by_name.get(name.lower(), [])
    for folder in (posixpath.dirname(facts.dockerfile), facts.context):
        if inside := [
            path for path in found if f"/{path}".startswith(f"/{folder}/".replace("//", "/"))
        ]:
            return inside
    return found


def _list_named(parsed: Dockerfile, *names: str) -> Iterator[Instruction]:
    """Yield the instructions of the image's stages with one of `names`, the last stage's first."""
    stage: Stage | None = parsed.stages[-1]
    while stage is not None:
        yield from (each for each in stage.instructions if each.name in names)
        stage = parsed.base_stage(stage)


def _root_finding(
    facts: BuildFacts, line: int, why: str, severity: Severity = Severity.WARNING
) -> Finding:
    return Finding(
        "DKF003",
        facts.dockerfile,
        f"{why}: programs can write everywhere in the image, "
        "and their files in mounted folders belong to root",
        "Create a user with uid 1000 and end with `USER 1000`",
        line,
        severity=severity,
    )


FAMILY = BuildFamily(
    rules=(
        Rule("DKF001", "image not pinned by digest", Severity.NOTE, "dockerfiles"),
        Rule(
            "DKF002",
            "pip installs without the lock or without hashes",
            Severity.WARNING,
            "dockerfiles",
        ),
        Rule("DKF003", "image runs as root", Severity.WARNING, "dockerfiles"),
        Rule("DKF004", "unreadable Dockerfile", Severity.ERROR, "dockerfiles"),
    ),
    check=check_dockerfiles,
)
