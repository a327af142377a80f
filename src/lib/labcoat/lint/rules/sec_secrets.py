"""SEC: secrets in git, in the build context, in the image."""

from collections.abc import Container, Iterator

from labcoat.container.dockerfile.copy_sources import names_source
from labcoat.container.dockerfile.parser import DockerfileError
from labcoat.container.dockerignore.escape import docker_pattern
from labcoat.core.path_roles import is_aside
from labcoat.lint.findings import Append, BuildFamily, Finding, Fix, Rule, Severity, safe_fix
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.sec_arguments import find_argument_secrets
from labcoat.lint.rules.sec_found import find_tracked, find_untracked
from labcoat.secrets import look, names
from labcoat.secrets.rules import PRIVATE
from labcoat.secrets.secret import Secret

_ROTATE = (
    "Revoke the secret where it was issued, create a new one, and keep that out of the repository: "
    "the history keeps the old one"
)
_CONFIRM_EXAMPLE = (
    "If it is an example that gives access to nothing, suppress this in [tool.labcoat] of "
    'pyproject.toml: ignore = [{ rule = "SEC001", path = "PATH", reason = "…" }]; '
    "otherwise revoke it"
)
_TAKE_OUT = (
    "Revoke it, remove it from the Dockerfile, and give it to the build with `--secret` and "
    "`RUN --mount=type=secret`, or to the container at run time"
)
_UNTRACK = "Remove it with `git rm --cached`, ignore it, and track an `.env.example` instead"


def check_secrets(repository: Repository, builds: DockerBuilds) -> Iterator[Finding]:
    """Check for secrets, by file name and by content, in git and in the builds."""
    committed, present = find_tracked(repository)
    places: dict[int, tuple[str, int]] = {}
    listed = [(path, each) for path, secret in sorted(committed.items()) for each in secret.all]
    for path, each in listed:
        if each.sure and each.digest:
            places.setdefault(each.digest, (path, each.line))
    for path, each in listed:
        first = places.get(each.digest, (path, each.line))
        earlier = first if first != (path, each.line) else None
        same = f", the same as in {earlier[0]}:{earlier[1]}" if earlier else ""
        yield Finding(
            "SEC001",
            path,
            f"{each.kind} is tracked{same}: everybody with access to the repository has it",
            _choose_hint(path, each, is_known=bool(earlier)),
            each.line,
            severity=_weigh(each),
            causes=earlier[:1] if earlier else (),
        )
    yield from _check_builds(repository, builds, present)


def _weigh(secret: Secret, sure: Severity = Severity.ERROR) -> Severity:
    return sure if secret.sure else Severity.NOTE


def _choose_hint(path: str, secret: Secret, *, is_known: bool) -> str:
    if secret.sure or is_known:
        return _ROTATE
    return _UNTRACK if secret.kind == look.WITHOUT else _CONFIRM_EXAMPLE.replace("PATH", path)


def _check_builds(
    repository: Repository, builds: DockerBuilds, present: dict[str, Secret]
) -> Iterator[Finding]:
    """SEC002, SEC003: secrets in build contexts, one finding per ignore file that admits them."""
    found = {**present, **dict(find_untracked(repository, builds, present))}
    for facts in builds.distinct():
        for path in names.hinted(facts.sent):
            place = facts.root_path(path)
            if place not in found and place not in repository.tracked_set:
                secret = look.find_secret_on_disk(repository.root, place)
                found |= {place: secret} if secret else {}
    for path, facts in {facts.dockerfile: facts for facts in builds}.items():
        yield from find_argument_secrets(facts)
        if path in repository.clean:
            continue
        secret = found.get(path) or look.find_secret_on_disk(repository.root, path)
        for each in secret.all if secret else ():
            yield _history_finding(path, each)
        if not secret:
            repository.cleared.add(path)
    admitted: dict[tuple[str, str], list[BuildFacts]] = {}
    for facts in builds if found else ():
        for place in filter(facts.sends, found):
            admitted.setdefault((facts.ignore_file, place), []).append(facts)
    dockerfiles = {facts.dockerfile for facts in builds}
    for (ignore_file, place), sharing in sorted(admitted.items(), key=lambda each: each[0]):
        if place in dockerfiles:
            continue
        pattern = _ignore_pattern(sharing[0], place, found)
        secret = found[place]
        for_secrets = names.is_read_by_name(place) or secret.kind in (PRIVATE, look.BY_NAME)
        if place in repository.tracked_set and (names.is_program(place) or not for_secrets):
            pattern = ""  # the image may need the program or the settings around the secret
        yield _admitted_finding(ignore_file, place, sharing, secret, pattern)


def _history_finding(path: str, secret: Secret) -> Finding:
    """Return the finding for a secret in a Dockerfile."""
    message = (
        f"{secret.kind} is in an instruction: the image's history shows it to everybody who can "
        "pull the image, also if a later instruction removes it"
    )
    return Finding("SEC002", path, message, _TAKE_OUT, secret.line, severity=_weigh(secret))


def _ignore_pattern(facts: BuildFacts, place: str, found: Container[str]) -> str:
    """Return `**/name` if the name means a secret wherever it is sent, else the whole path."""
    name = place.rpartition("/")[2]
    always_secret = names.is_secret_name(name) and all(
        facts.root_path(path) in found
        for path in facts.sent
        if name in path and name in path.split("/")
    )
    return (
        f"**/{docker_pattern(name)}" if always_secret else docker_pattern(facts.context_path(place))
    )


def _admitted_finding(
    ignore_file: str, place: str, sharing: list[BuildFacts], secret: Secret, pattern: str
) -> Finding:
    """Return the finding for a secret that `ignore_file` admits to the builds `sharing` it.

    It is one for each file, however many secrets that has: the file as a whole is ignored with
    `pattern`. Without one, it stays in the image.
    """
    # A file for secrets keeps them when it is untracked; of another one they are removed.
    for_secrets = names.is_read_by_name(place) and not names.is_example_of_variables(place)
    stays = bool(pattern) and (for_secrets or secret.kind == PRIVATE)
    causes = () if stays else (place,)
    hint = (
        f"Add the line `{pattern}` to {ignore_file}, "
        "and give the secret to the build with `--secret`, or at run time"
    )
    fix: Fix | None = safe_fix(Append(ignore_file, pattern))
    if not pattern:
        hint = f"Take it out of {place}, and give it to the build with `--secret`, or at run time"
        fix = None
    reached = [
        (each, line) for each in sharing if (line := each.reaching.get(each.context_path(place)))
    ]
    if not reached:
        more = f" and {len(sharing) - 1} more" if sharing[1:] else ""
        message = (
            f"{secret.kind} is in the build context of {sharing[0].dockerfile}{more}: "
            "the next broad COPY puts it into the image"
        )
        # Images of tests are seldom shared, and BuildKit sends nothing to a build that reads none.
        is_weak = all(is_aside(each.dockerfile) or not each.read for each in sharing)
        weight = Severity.NOTE if is_weak else _weigh(secret, Severity.WARNING)
        repeats = f"{secret.kind} {ignore_file}"
        return Finding("SEC003", place, message, hint, secret.line, fix, weight, causes, repeats)
    first, line = reached[0]
    if any(
        not isinstance(each.parsed, DockerfileError)
        and names_source(each.parsed, each.context_path(place))
        for each, _ in reached
    ):
        # Without the file the build fails, so to ignore it would be no fix.
        hint = (
            "Remove it from the COPY that names it, and give the secret to the build with "
            "`--secret`, or at run time"
        )
        fix = None
    more = f" (and of {len(reached) - 1} more Dockerfiles)" if reached[1:] else ""
    message = (
        f"{secret.kind}, {place}, is copied into the image{more}: "
        "everybody who can pull the image has it"
    )
    weight = _weigh(secret)
    return Finding("SEC002", first.dockerfile, message, hint, line, fix, weight, causes)


FAMILY = BuildFamily(
    rules=(
        Rule("SEC001", "tracked secret", Severity.ERROR, "secrets"),
        Rule("SEC002", "secret in the image", Severity.ERROR, "secrets"),
        Rule("SEC003", "secret in the build context", Severity.WARNING, "secrets"),
    ),
    check=check_secrets,
)
