"""Flags of Dockerfile instructions (`COPY --from=build`), and the options of one `RUN --mount`.

Source: BuildKit's frontend/dockerfile/parser/split_command.go (extractBuilderFlags) and
frontend/dockerfile/instructions/commands_runmount.go (parseMount).
"""

Flags = tuple[tuple[str, str], ...]  # names without `--`, each with its value

_ALIASES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}


def split_flags(text: str) -> tuple[Flags, str]:
    """Return the flags at the start of an instruction's `text`, and the rest of it.

    Quotes and backslashes are resolved; a flag without `=` has an empty value.
    """
    flags: list[tuple[str, str]] = []
    rest = text.lstrip()
    while rest.startswith("--"):
        word, end = _read_word(rest)
        rest = rest[end:].lstrip()
        if word == "--":
            break
        name, _, value = word[2:].partition("=")
        flags.append((name, value))
    return tuple(flags), rest


def _read_word(text: str) -> tuple[str, int]:
    """Return the first word without its quotes, and where it ends; an open quote never closes."""
    word: list[str] = []
    quote = ""
    at = 0
    while at < len(text) and (quote or not text[at].isspace()):
        char = text[at]
        at += 1
        if char == quote:
            quote = ""
        elif not quote and char in "\"'":
            quote = char
        elif char == "\\":
            word.append(text[at : at + 1])
            at += 1
        else:
            word.append(char)
    return "".join(word), at


def parse_mount(value: str) -> dict[str, str]:
    """Return the options of a `--mount`, whose `value` is one line of CSV (RFC 4180).

    Keys are lowercase and in their long form (`source`, `target`, `readonly`); `type` is lowercase,
    `bind` by default. An option without `=`, such as `readonly`, has an empty value. Malformed CSV,
    which fails the build, is split at its commas.
    """
    import csv

    try:
        fields = next(csv.reader([value]), [])
    except csv.Error:
        fields = value.split(",")
    options = {"type": "bind"}
    for field in fields:
        key, _, text = field.partition("=")
        key = key.lower()
        options[_ALIASES.get(key, key)] = text.lower() if key == "type" else text
    return options
