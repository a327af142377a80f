"""DKF: Dockerfiles whose image changes from build to build, or that run as root."""

import os
import posixpath
import re
import shlex
from collections.abc import Collection, Iterator, Set

from labcoat.container.base_images.official import is_of_one_machine, is_official
from labcoat.container.dockerfile.parser import Dockerfile, DockerfileError, Stage
from labcoat.container.dockerfile.words import parse_json_words
from labcoat.core.path_roles import is_template
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import replace
from labcoat.core.shell_commands import split_commands
from labcoat.lint.findings import BuildFamily, Finding, Fix, PinDigest, Rule, Severity, unsafe_fix
from labcoat.lint.repository.build_discovery import names_argument
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.dkf_installs import check_installations
from labcoat.lint.rules.dkf_own_images import (
    copied_images,
    is_own,
    list_named,
    only_carries,
    own_images,
    used_images,
)
from labcoat.lint.rules.dkf_users import NOT_ROOT, advise_user, describe_user

_DIGEST = lazy_pattern(r"@sha256:[0-9a-f]{64}$")
_ROOT = ("root", "0", "root:root", "0:0", "0:root", "root:0")
# Docker's own images, and those of them whose program drops root when it starts.
_DROPS_ROOT = lazy_pattern(
    r"(?:docker\.io/)?(?:library/)?(?:postgres|mysql|mariadb|mongo|redis|valkey|rabbitmq|memcached"
    r"|elasticsearch|nginx|httpd|haproxy|solr|neo4j|cassandra|couchdb|influxdb|kibana|logstash"
    r"|sonarqube|flink|storm|spark|zookeeper|eclipse-mosquitto|telegraf|consul|vault|ghost|percona"
    r"|wordpress|nextcloud|drupal|joomla|odoo|kong|jetty)(?:[:@][^/]*)?"
    r"|(?:docker\.io/)?(?:library/)?php:[\w.-]*(?:apache|fpm)[\w.-]*(?:@[^/]*)?"
)
# Programs that continue as another user, that only root can run, and that prepare for either.
_CHANGERS = ("gosu", "su-exec", "setpriv", "runuser", "chpst", "s6-setuidgid")
_SERVICES = ("cron", "crond", "logrotate", "sshd", "rsyslogd", "iptables", "dockerd", "systemd")
_STARTS = frozenset((*_CHANGERS, *_SERVICES))
_PREPARES = _STARTS | {"usermod", "chown"}
_CHANGES_USER = lazy_pattern(rf"\b(?:{'|'.join(_CHANGERS)})\b")  # in a RUN, which installs them
_SUDO = lazy_pattern(r"(?<![\w./-])sudo(?=[ \t][^\n;|&]{0,80}-u\b)(?![^\n;|&\"']{0,80}\broot\b)")
_NEEDS_ROOT = ", and what it starts needs root, or drops it"
# Pipelines whose programs start images as the user who runs them: Nextflow, Snakemake and CWL.
_PIPELINE = r"nextflow\.config|snakefile|.*\.(?:smk|cwl)"
# A name as docker-compose gives it to what it builds; no official image has an underscore.
_OF_ONE_MACHINE = lazy_pattern(r"[^/:@_]*_[^/:@]*(?::[^/]*)?")


def check_dockerfiles(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """Check each Dockerfile once, whatever contexts it is built in."""
    by_dockerfile: dict[str, BuildFacts] = {}
    for facts in builds:
        by_dockerfile.setdefault(facts.dockerfile, facts)
    own = own_images(builds, by_dockerfile.values())
    copied = copied_images(by_dockerfile.values(), own)
    for facts in by_dockerfile.values():
        yield from _check_dockerfile(repository, builds, facts, own, copied)
    for facts in builds.inline:
        for found in _check_dockerfile(repository, builds, facts, own, copied):
            yield replace(found, fix=None)  # fixes change Dockerfiles


def _check_dockerfile(
    repository: Repository,
    builds: DockerBuilds,
    facts: BuildFacts,
    own: Collection[str],
    copied: Set[str],
) -> Iterator[Finding]:
    if isinstance(facts.parsed, DockerfileError):
        yield _unreadable_finding(repository, facts, facts.parsed)
        return
    carries = only_carries(facts, facts.parsed, copied)
    yield from _check_pins(repository, facts, facts.parsed, own, carries=carries)
    yield from check_installations(repository, facts, facts.parsed)
    if not carries:
        yield from _check_user(repository, builds, facts, facts.parsed, own)


def _unreadable_finding(
    repository: Repository, facts: BuildFacts, error: DockerfileError
) -> Finding:
    """Return the finding of a Dockerfile with a mistake, or of one that is still to be written."""
    path = facts.dockerfile
    file = repository.root / path
    is_read = os.path.isfile(file) and os.access(file, os.R_OK)  # noqa: PTH113 - takes any name
    if is_read and not repository.read_text(path).strip():
        message = "this Dockerfile is empty: no image can be built from it"
        return Finding("DKF004", path, message, "Write it, or remove it", severity=Severity.NOTE)
    message = f"cannot read this Dockerfile: {error.why}"
    hint = "Correct the line"
    return Finding("DKF004", path, message, hint, error.line, severity=Severity.ERROR)


def _check_pins(
    repository: Repository,
    facts: BuildFacts,
    parsed: Dockerfile,
    own: Collection[str],
    *,
    carries: bool,
) -> Iterator[Finding]:
    """DKF001: images that are not pinned by digest, but for the base of one that only `carries`."""
    for image, line in used_images(parsed):
        if not is_own(facts, image, own) and not (carries and line == parsed.stages[-1].line):
            if not image or image.endswith((":", "@")):
                yield _without_default(repository, facts, line)
            else:
                yield from _check_image(facts, image, line)


def _without_default(repository: Repository, facts: BuildFacts, line: int) -> Finding:
    """Return the finding of a FROM with an empty ARG; a note where a build's own file gives it."""
    text = repository.read_text(facts.dockerfile).split("\n")[line - 1]
    names = re.findall(r"\$\{?(\w+)", text)
    is_given = names and all(names_argument(repository, name) for name in names)
    return Finding(
        "DKF001",
        facts.dockerfile,
        "the ARG that names the base image has no default, so `docker build` without "
        "`--build-arg` fails",
        "Give the ARG a default, pinned by digest",
        line,
        severity=Severity.NOTE if is_given else Severity.WARNING,
        repeats="no default",
    )


def _check_image(facts: BuildFacts, image: str, line: int) -> Iterator[Finding]:
    if image == "scratch" or _DIGEST.search(image) or re.search(r"[${]", image):
        return
    tag = image.rpartition("/")[2].partition(":")[2]
    message = (
        f"the image {image} is not pinned by digest: when its tag moves, "
        "this Dockerfile builds a different image"
    )
    hint = f"Write {image}@sha256:…; `docker buildx imagetools inspect {image}` prints the digest"
    fix: Fix | None = unsafe_fix(PinDigest(facts.dockerfile, line, image))
    if is_of_one_machine(image):  # no registry has its digest
        message = (
            f"{image} is not an official image of Docker Hub: the build uses what the machine has "
            "under that name, and fails on others"
        )
        hint = "Write the registry or account that has the image, or build it in this repository"
        fix = None
    moves = tag in ("", "latest") and not _OF_ONE_MACHINE.fullmatch(image)
    severity = Severity.WARNING if moves else Severity.NOTE
    yield Finding("DKF001", facts.dockerfile, message, hint, line, fix, severity, repeats=image)


def _check_user(
    repository: Repository,
    builds: DockerBuilds,
    facts: BuildFacts,
    parsed: Dockerfile,
    own: Collection[str],
) -> Iterator[Finding]:
    """DKF003: an image that runs as root."""
    final = facts.find_shipped(parsed)
    stage: Stage | None = final
    while stage is not None:
        below = parsed.base_stage(stage)
        instructions = (*(below.triggers if below else ()), *stage.instructions)
        users = [each for each in instructions if each.name == "USER"]
        if users:
            if users[-1].rest.strip().strip("\"'").lower() in _ROOT:
                perhaps = (
                    _NEEDS_ROOT
                    if _starts_as_root(repository, facts, parsed)
                    else describe_user(builds, facts, final)
                )
                hint = advise_user(_find_base(parsed, stage), final)
                why = "the last USER is root"
                yield _root_finding(facts, users[-1].line, why, perhaps, hint)
            return
        last, stage = stage, below
    if (
        NOT_ROOT.fullmatch(last.base)
        or is_template(last.base)
        or is_own(facts, last.base, own)  # the finding stands at the Dockerfile of that image
        or (last.base == "scratch" and not any(list_named(parsed, "CMD", "ENTRYPOINT")))
    ):
        return
    perhaps = ""
    if last.base == "scratch":
        perhaps = ", which has no other files"
    elif _DROPS_ROOT.fullmatch(last.base):
        perhaps = ", whose program starts as root and then drops it"
    elif _starts_as_root(repository, facts, parsed):
        perhaps = _NEEDS_ROOT
    elif repository.find_named(_PIPELINE):
        perhaps = ", unless its pipeline runs it as the user who starts that"
    elif last.base and not is_official(last.base):
        perhaps = ", unless that image sets one"
    else:
        perhaps = describe_user(builds, facts, final)
    why = f"no USER is set on top of {last.base or 'the base image'}"
    yield _root_finding(facts, final.line, why, perhaps, advise_user(last.base, final))


def _find_base(parsed: Dockerfile, stage: Stage) -> str:
    """Return the image from elsewhere that a stage is based on."""
    while (below := parsed.base_stage(stage)) is not None:
        stage = below
    return stage.base


def _starts_as_root(repository: Repository, facts: BuildFacts, parsed: Dockerfile) -> bool:
    """Whether the image begins as root on purpose: its script does what only root can."""
    started = list(list_named(parsed, "CMD", "ENTRYPOINT"))
    commands = (
        each.rest if parse_json_words(each.rest) is None else shlex.join(each.words)
        for each in started
    )
    if any(_needs_root(command, _STARTS) for command in commands) or any(
        _CHANGES_USER.search(each.rest) for each in list_named(parsed, "RUN")
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


def _root_finding(facts: BuildFacts, line: int, why: str, perhaps: str, hint: str) -> Finding:
    """Return the finding of an image whose programs are root; a note if it is so only `perhaps`."""
    return Finding(
        "DKF003",
        facts.dockerfile,
        f"{why}{perhaps}: programs can write everywhere in the image, "
        "and their files in mounted folders belong to root",
        hint,
        line,
        severity=Severity.NOTE if perhaps else Severity.WARNING,
        repeats="root",
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
