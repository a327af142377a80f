"""SEC002: secrets that a build gets as arguments, and that its image then shows."""

import re
from collections.abc import Iterator

from labcoat.container.dockerfile.parser import Dockerfile, DockerfileError, Instruction, Stage
from labcoat.container.dockerfile.used_stages import is_for_tests
from labcoat.core.patterns import lazy_pattern
from labcoat.lint.findings import Finding, Severity
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.secrets.content import is_development
from labcoat.secrets.values import is_secret_variable

_HINT = (
    "Give it to the RUN that needs it with `RUN --mount=type=secret` and `docker build --secret`, "
    "or to the container at run time"
)
# Docker writes their text into the image, with the values of arguments.
_RECORDED = {
    "ENV": "the image's settings show",
    "LABEL": "the image's labels show",
    "RUN": "the image's history shows",
    "ADD": "the image's history shows",
}
# Names with a word for a secret: of caches, of keys that sign packages, and where a program reports
# its faults.
_NO_SECRET = lazy_pattern(
    r"(?i)(?:.*_)?(?:cache|gpg|pgp|apt|rpm|repo(?:sitory)?|partition|sort)_?keys?|.*sentry_dsn"
)


def find_argument_secrets(facts: BuildFacts) -> Iterator[Finding]:
    """Yield the arguments without a default that are named like secrets and end in the image."""
    parsed = facts.parsed
    if isinstance(parsed, DockerfileError):
        return
    shipped = facts.find_shipped(parsed)
    for_tests = is_development(facts.dockerfile) or is_for_tests(shipped)
    for name, declared, use in _find_uses(_list_instructions(parsed, shipped)):
        yield Finding(
            "SEC002",
            facts.dockerfile,
            f"the argument {name} is named like a secret, and {use.name} on line {use.line} "
            f"uses it: {_RECORDED[use.name]} its value to everybody who can pull the image",
            _HINT,
            declared.line,
            severity=Severity.NOTE if for_tests else Severity.WARNING,
            repeats=facts.dockerfile,
        )


def _list_instructions(parsed: Dockerfile, stage: Stage) -> list[tuple[Stage, Instruction]]:
    """Return what runs for a stage: the stages that it is based on, then its own instructions."""
    stages = [stage]
    while base := parsed.base_stage(stages[0]):
        stages.insert(0, base)
    return [(stage, each) for stage in stages for each in stage.instructions]


def _find_uses(
    instructions: list[tuple[Stage, Instruction]],
) -> Iterator[tuple[str, Instruction, Instruction]]:
    """Yield each secret argument, where it is declared, and what first writes it into the image."""
    waiting: dict[str, Instruction] = {}
    for stage, each in instructions:
        if each.name == "ARG":
            waiting |= dict.fromkeys(_list_secrets(stage, each), each)
        elif each.name in _RECORDED:
            text = "\n".join((each.rest, *(content for _, content in each.heredocs)))
            for name in [name for name in waiting if _uses(text, name)]:
                yield name, waiting.pop(name), each


def _list_secrets(stage: Stage, each: Instruction) -> Iterator[str]:
    """Yield the names of an ARG that are those of secrets, and that have no value there."""
    for word in each.words:
        name, _, value = word.partition("=")
        if (
            not (value.strip("\"'") or stage.arguments.get(name))
            and is_secret_variable(name.encode())
            and not _NO_SECRET.fullmatch(name)
        ):
            yield name


def _uses(text: str, name: str) -> bool:
    return re.search(rf"(?<!\\)\$(?:{name}\b|\{{{name}\b)", text) is not None
