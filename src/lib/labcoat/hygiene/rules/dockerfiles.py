"""DKF: Dockerfiles that build another image tomorrow, or a careless one."""

import re
from collections.abc import Iterator

from labcoat.container.dockerfile import Dockerfile, DockerfileError, Instruction, Stage
from labcoat.hygiene.builds import BuildFacts
from labcoat.hygiene.model import Family, Finding, Pin, Rule, Severity, unsafe
from labcoat.hygiene.repository import Repository
from labcoat.hygiene.rules.requirements import read

_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_INSTALL = re.compile(r"\b(?:pip[0-9.]*|uv\s+pip)[\"',\s]+(?:-\S+\s+)*(?:install|sync)\b(?P<rest>.*)")
_FILE = re.compile(r"(?:-r|--requirement)[=\s]*(\S+)")
_ROOT = ("root", "0", "root:root", "0:0", "0:root", "root:0")


def check(repository: Repository) -> Iterator[Finding]:
    """Each Dockerfile by itself."""
    done: set[str] = set()
    for facts in repository.builds:
        if facts.dockerfile in done:
            continue
        done.add(facts.dockerfile)
        if isinstance(facts.parsed, DockerfileError):
            message = f"this Dockerfile cannot be read, so that nothing is known of what it builds: {facts.parsed.why}"
            yield Finding("DKF004", facts.dockerfile, message, "Correct the line.", facts.parsed.line, severity=Severity.ERROR)
            continue
        yield from _unpinned(facts, facts.parsed)
        yield from _unlocked(repository, facts, facts.parsed)
        yield from _root(facts, facts.parsed)


def _unpinned(facts: BuildFacts, parsed: Dockerfile) -> Iterator[Finding]:
    for stage in parsed.stages:
        if parsed.base_stage(stage) is None:
            yield from _image(facts, stage.base, stage.line)
        for each in stage.instructions:
            for image in _sources(each):
                if parsed.stage(image) is None:
                    yield from _image(facts, image, each.line)


def _sources(each: Instruction) -> list[str]:
    """What an instruction takes files from that is no context: an image or a stage."""
    if each.name in ("COPY", "ADD"):
        return [source] if (source := each.flag("from")) else []
    mounts = (value for name, value in each.flags if name == "mount" and each.name == "RUN")
    return [found[1] for value in mounts if (found := re.search(r"(?:^|,)from=([^,]+)", value))]


def _image(facts: BuildFacts, image: str, line: int) -> Iterator[Finding]:
    if image == "scratch" or _DIGEST.search(image) or "$" in image:
        return
    if not image or image.endswith((":", "@")):
        message = "the base image has no default: `docker build` without arguments fails, and with them is anybody's guess"
        yield Finding("DKF001", facts.dockerfile, message, "Give the ARG a default, pinned by digest.", line)
        return
    yield Finding(
        "DKF001",
        facts.dockerfile,
        f"{image} is not pinned by its digest: the same Dockerfile builds on another image when the tag moves",
        f"Write {image}@sha256:… with the digest that `docker buildx imagetools inspect {image}` names.",
        line,
        unsafe(Pin(facts.dockerfile, line, image)),
    )


def _unlocked(repository: Repository, facts: BuildFacts, parsed: Dockerfile) -> Iterator[Finding]:
    for stage in parsed.stages:
        for each in stage.instructions:
            for why in _careless(repository, each) if each.name == "RUN" else ():
                todo = "Copy the lock in and install it: `pip install --require-hashes -r requirements.txt`."
                yield Finding("DKF002", facts.dockerfile, why, todo, each.line)


def _careless(repository: Repository, each: Instruction) -> Iterator[str]:
    """Why an installation in a RUN is not the lock's."""
    written = "\n".join([" ".join(each.words) if each.rest.startswith("[") else each.rest, *(body for _, body in each.heredocs)])
    for command in re.split(r"&&|\|\||[;|\n]", written):
        found = _INSTALL.search(command)
        if not found or "--require-hashes" in found["rest"]:
            continue
        rest = found["rest"]
        files = _FILE.findall(rest) or (re.findall(r"\S+\.txt", rest) if re.search(r"\bsync\b", found[0]) else [])
        if files and all(_hashed(repository, file) for file in files):
            continue
        if not files and "--no-deps" in rest and re.search(r"(?:^|\s)(?:-e\s*)?(?:\.|/|\.\/)\S*(?:\s|$)", rest):
            continue  # the project itself, on top of what is locked
        yield (
            f"{files[0]} is installed without hashes: an index can serve anything under its versions"
            if files
            else f"`{' '.join(command.split())}` installs whatever the index has on the day of the build"
        )


def _hashed(repository: Repository, file: str) -> bool:
    """Whether the lock of that name in the repository has hashes; pip and uv then check them without being told."""
    if "$" in file:
        return True
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
    if "nonroot" not in last.base and "rootless" not in last.base:
        yield _root_finding(facts, parsed.stages[-1].line, f"no USER is set on top of {last.base or 'the base image'}")


def _root_finding(facts: BuildFacts, line: int, why: str) -> Finding:
    return Finding(
        "DKF003",
        facts.dockerfile,
        f"{why}: what runs in the image can write everywhere in it, and files it makes in mounted folders belong to root",
        "Make a user with uid 1000 and end with `USER 1000`.",
        line,
    )


FAMILY = Family(
    rules=(
        Rule("DKF001", "an image is not pinned by digest", Severity.WARNING, "dockerfiles"),
        Rule("DKF002", "pip installs without the lock or without hashes", Severity.WARNING, "dockerfiles"),
        Rule("DKF003", "the image runs as root", Severity.WARNING, "dockerfiles"),
        Rule("DKF004", "a Dockerfile that cannot be read", Severity.ERROR, "dockerfiles"),
    ),
    check=check,
)
