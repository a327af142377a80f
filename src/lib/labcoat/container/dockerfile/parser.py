"""Parse a Dockerfile into stages and instructions, with its ARGs and ENVs expanded.

Source: BuildKit's frontend/dockerfile (parser, instructions), and the Dockerfile reference.
"""

import re
from collections.abc import Mapping
from functools import cached_property

from labcoat.container.dockerfile.expansion import ExpansionError, expand_variables
from labcoat.container.dockerfile.instruction_flags import Flags, parse_mount, split_flags
from labcoat.container.dockerfile.words import parse_json_words, split_at_spaces, split_words
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record, field

_KNOWN = frozenset({
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
    "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
})  # fmt: skip
_DIRECTIVE = lazy_pattern(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$")
_HEREDOC = lazy_pattern(r"\d*<<(-?)([^<]+)")  # one whole word, quotes kept
# What BuildKit sets by itself, with the values of most machines that build.
PREDEFINED: Mapping[str, str] = {
    f"{which}{part}": value
    for which in ("BUILD", "TARGET")
    for part, value in (
        ("PLATFORM", "linux/amd64"),
        ("OS", "linux"),
        ("ARCH", "amd64"),
        ("VARIANT", ""),
    )
}
_LARGEST = 1 << 22  # characters; parsing takes twenty times the memory


class DockerfileError(ValueError):
    """A Dockerfile that every builder refuses: the line (from 1) and why."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


class Instruction(Record):
    """One instruction: first line, name in capitals, `--flags`, and the rest as written."""

    line: int
    name: str
    rest: str
    flags: Flags = ()
    heredocs: tuple[tuple[str, str], ...] = ()  # names and contents

    def flag(self, name: str) -> str | None:
        """The last value of `--name`: an empty string without `=`, None without the flag."""
        return dict(self.flags).get(name)

    @cached_property
    def mounts(self) -> tuple[Mapping[str, str], ...]:
        """The options of each `--mount` of a RUN, as `parse_mount` returns them."""
        return tuple(parse_mount(value) for name, value in self.flags if name == "mount")

    @cached_property
    def copied_from(self) -> tuple[str, ...]:
        """Stages and images it copies or mounts files from; an empty string for the context."""
        if self.name in ("COPY", "ADD"):
            return (self.flag("from") or "",)
        mounts = [each for each in self.mounts if each.get("from") or each["type"] == "bind"]
        return tuple(each.get("from", "") for each in mounts) if self.name == "RUN" else ()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The arguments: the members of a JSON list, or else words with their quotes.

        Those of COPY, ADD and FROM are split at every space, others as a shell does.
        """
        if self.name == "FROM":
            return tuple(split_at_spaces(self.rest))
        split = split_at_spaces if self.name in ("COPY", "ADD") else split_words
        return parse_json_words(self.rest) or tuple(split(self.rest))


class Stage(Record):
    """A FROM and the instructions after it. `base` is expanded.

    `arguments` are the ARGs before the first FROM, which the stage can declare again; `given` are
    those of `--build-arg`.
    """

    index: int
    line: int
    base: str
    name: str = ""
    instructions: tuple[Instruction, ...] = ()
    arguments: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name or str(self.index)

    @cached_property
    def triggers(self) -> tuple[Instruction, ...]:
        """The instructions behind ONBUILD, which run in images that are built on the stage."""
        return tuple(
            parse_instruction(each.line, each.rest, each.heredocs)
            for each in self.instructions
            if each.name == "ONBUILD"
        )


class Dockerfile(Record):
    """A parsed Dockerfile."""

    stages: tuple[Stage, ...]
    arguments: Mapping[str, str] = field(default_factory=dict)

    def stage(self, reference: str) -> Stage | None:
        """The stage that `COPY --from=reference` names, by name or number; None for an image."""
        for stage in reversed(self.stages):
            if stage.name and stage.name == reference.lower():
                return stage
        if reference.isdecimal() and int(reference) < len(self.stages):
            return self.stages[int(reference)]
        return None

    def base_stage(self, stage: Stage) -> Stage | None:
        """The earlier stage that `stage` builds on; None for an image."""
        for earlier in reversed(self.stages[: stage.index]):
            if earlier.name and earlier.name == stage.base.lower():
                return earlier
        return None


def parse_dockerfile(text: str, arguments: Mapping[str, str] | None = None) -> Dockerfile:
    """Parse the `text` of a Dockerfile; `arguments` are those of `--build-arg`.

    Raise DockerfileError if no builder accepts it.
    """
    if len(text) > _LARGEST:
        raise DockerfileError(1, "the file is larger than 4 MiB")
    instructions = list(_parse_instructions(text))
    given = arguments or {}
    values = {name: given.get(name, value) for name, value in PREDEFINED.items()}
    stages: list[Stage] = []
    bodies: list[list[Instruction]] = []
    for each in instructions:
        if each.name == "FROM":
            stages.append(_parse_from(each, len(stages), values))
            bodies.append([])
        elif stages:
            bodies[-1].append(each)
        elif each.name == "ARG":
            values |= _declared_arguments(each, values, given)
        else:
            raise DockerfileError(each.line, f"{each.name} before the first FROM")
    if not stages:
        raise DockerfileError(1, "no FROM")
    whole = tuple(
        Stage(stage.index, stage.line, stage.base, stage.name, tuple(body), values, given)
        for stage, body in zip(stages, bodies, strict=True)
    )
    return Dockerfile(whole, values)


def _parse_from(each: Instruction, index: int, values: Mapping[str, str]) -> Stage:
    words = each.words
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].lower() != "as"):
        raise DockerfileError(
            each.line, "FROM requires one image, optionally followed by AS and a name"
        )
    name = words[2].lower() if len(words) == 3 else ""
    return Stage(index, each.line, expand_word(each, words[0], values), name)


def _declared_arguments(
    each: Instruction, values: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables that an ARG declares, with their given or default values."""
    found: dict[str, str] = {}
    for word in each.words:
        name, equals, value = word.partition("=")
        if name in given:
            found[name] = given[name]
        elif equals:
            found[name] = expand_word(each, value, {**values, **found})
    return found


def assigned_variables(
    each: Instruction, values: Mapping[str, str], stage: Stage
) -> dict[str, str]:
    """Return the variables that an ARG or ENV in `stage` sets, given the earlier `values`."""
    if each.name == "ARG":
        names = (word.partition("=")[0] for word in each.words if "=" not in word)
        globals_ = {name: stage.arguments[name] for name in names if name in stage.arguments}
        return globals_ | _declared_arguments(each, values, stage.given)
    if each.words and "=" not in each.words[0]:  # the old form, ENV NAME value with spaces
        name, *value = re.split(r"[\t\v\f\r ]+", each.rest, maxsplit=1)
        return {name: expand_word(each, "".join(value).strip(), values)}
    pairs = (word.partition("=") for word in each.words)
    return {name: expand_word(each, value, values) for name, _, value in pairs}


def expand_word(each: Instruction, word: str, values: Mapping[str, str]) -> str:
    """Return `word` with variables and quotes resolved. Raise DockerfileError if malformed."""
    try:
        return expand_variables(word, values)
    except ExpansionError as error:
        raise DockerfileError(each.line, str(error)) from error


def _parse_instructions(text: str) -> list[Instruction]:
    """Return the instructions: without comments, continued lines joined, here-documents apart."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    escape = _escape_character(lines)
    found: list[Instruction] = []
    at = 0
    while at < len(lines):
        first = at
        written, at = _join_continued_lines(lines, at, escape)
        if not written:
            continue
        heredocs, at = _read_heredocs(written, lines, at)
        found.append(parse_instruction(first + 1, written, heredocs))
    return found


def _escape_character(lines: list[str]) -> str:
    """Return the escape character: a backslash, or that of the directive at the top."""
    for line in lines:
        directive = _DIRECTIVE.match(line.strip())
        if not directive:
            break
        if directive[1].lower() == "escape":
            return directive[2] if directive[2] in ("\\", "`") else "\\"
    return "\\"


def _join_continued_lines(lines: list[str], at: int, escape: str) -> tuple[str, int]:
    """Return the instruction that begins at line `at`, or an empty string, and the line after."""
    written = ""
    continues = False
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.lstrip().startswith("#") or (continues and not line.strip()):
            if continues:
                continue
            return "", at
        stripped = line.rstrip()
        continues = stripped == escape or bool(
            re.search(rf"[^{re.escape(escape)}]{re.escape(escape)}$", stripped)
        )
        written += stripped[:-1] if continues else line.strip() if not written else line.rstrip()
        if not continues:
            break
    return written.strip(), at


def _read_heredocs(
    written: str, lines: list[str], at: int
) -> tuple[tuple[tuple[str, str], ...], int]:
    """Return the here-documents that an instruction opens, and the number of the line after them.

    Source: BuildKit's parser.heredocsFromLine.
    """
    words = split_words(re.sub(r"(?i)^ONBUILD\s+", "", written))
    arguments = [word for word in words[1:] if not word.startswith("--")]
    if words[0].upper() not in ("RUN", "COPY", "ADD") or parse_json_words(" ".join(arguments)):
        return (), at
    found = []
    for opened in filter(None, map(_HEREDOC.fullmatch, arguments)):
        try:
            end = expand_variables(opened[2], {})
        except ExpansionError as error:
            raise DockerfileError(at, str(error)) from error
        body: list[str] = []
        while at < len(lines) and (lines[at].lstrip("\t") if opened[1] else lines[at]) != end:
            body.append(lines[at])
            at += 1
        if at >= len(lines):
            raise DockerfileError(at, f"unterminated heredoc {end}")
        at += 1
        found.append((end, "\n".join(body)))
    return tuple(found), at


def parse_instruction(
    line: int, written: str, heredocs: tuple[tuple[str, str], ...] = ()
) -> Instruction:
    """Parse one instruction, a single line. Raise DockerfileError if it is unknown."""
    found = re.match(r"(\S+)\s*", written)
    name = found[1].upper() if found else ""
    if found is None or name not in _KNOWN:
        raise DockerfileError(line, f"unknown instruction: {name}")
    rest = written[found.end() :]
    if name == "ONBUILD":
        parse_instruction(line, rest)
    flags, rest = split_flags(rest)
    return Instruction(line, name, rest.strip(), flags, heredocs)
