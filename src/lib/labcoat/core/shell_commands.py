"""The commands of a shell script, a recipe of make or a step of a workflow, each with its words."""

import re
from collections.abc import Iterator, Sequence

from labcoat.core.command_prefixes import (
    changes_user,
    inner_command,
    inner_script,
    is_shell,
    strip_prefixes,
)
from labcoat.core.patterns import lazy_pattern

_OPERATOR = lazy_pattern(r"[;&|()<>\n]+")
_REDIRECTION = lazy_pattern(r"[<>]+&?|&>+|<\(|>\(")
# `<<END` and `<<-'END'`, with the command before it; not `<<<word`.
_DOCUMENT = lazy_pattern(r"""([^;&|\n]*)(?<!<)<<-?[ \t]*(["']?)([A-Za-z_]\w*)\2([^;&|\n]*)""")
_COMMENT = lazy_pattern(r"(?:^|(?<=[\s;&|(]))#.*$")
_STREAM = lazy_pattern(r"(?<=\s)\d(?=[<>])")  # the number of a redirected stream
_BRACKET = lazy_pattern(r"[()]|\\.|'[^']*'", re.DOTALL)
# Parts of a word: letters, after a backslash or in quotes.
_PARTS = r"""[^'"\\%s]++|\\.|'[^']*+'|"(?:[^"\\]++|\\.)*+\""""
_CLOSED = lazy_pattern(f"(?:{_PARTS % ''})*+", re.DOTALL)
_WORD = _PARTS % r" \t\r;&|()<>\n"
_TOKEN = lazy_pattern(rf"[ \t\r]*+(?:([;&|()<>\n]++)|((?:{_WORD})*+))", re.DOTALL)
_QUOTED = lazy_pattern(r"""\\.|'[^']*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_QUOTE = lazy_pattern(r"""['"\\]""")
_ESCAPED = lazy_pattern(r"""\\(["\\])""")
_MOST_NESTED = 4
_MOST_UNCLOSED = 8  # `$(` without an end, each of which is looked for to the end of the line
_MOST = 1 << 18  # characters of a script
# `$(…)` and `` `…` `` are parts of words; until the words are known, a letter that no script uses.
_FIRST, _LAST = 0xE000, 0xF8FF
_HIDDEN = lazy_pattern(f"[{chr(_FIRST)}-{chr(_LAST)}]")


def split_commands(script: str, depth: int = 0) -> Iterator[list[str]]:
    """Yield the words of each command in `script`, without quotes, assignments and redirections.

    Commands in `$(…)` and backticks, and a script given to another shell (`sh -c '…'`), are split
    too; a word keeps its `$(…)` as it is written.
    """
    for line in _logical_lines(script[:_MOST]):
        yield from _split_line(line, depth)


def without_documents(script: str) -> str:
    """Return a script without the here-documents that no shell reads, as of `cat >file <<END`."""
    if "<<" not in script:
        return script
    kept: list[str] = []
    lines = iter(script.split("\n"))
    for line in lines:
        kept.append(line)
        for command, _, end, after in _DOCUMENT.findall(line):
            words = next(split_commands(f"{command} {after}"), [])
            body: list[str] = []
            for each in lines:
                body.append(each)
                if each.strip() == end:
                    break
            else:  # nothing ends it, so it was none
                return "\n".join([*kept, *body])
            if not words or is_shell(words[0]):
                kept += body[:-1]
    return "\n".join(kept)


def _split_line(line: str, depth: int) -> Iterator[list[str]]:
    hidden: list[str] = []
    if "$(" in line or "`" in line:
        line = _hide_substitutions(_HIDDEN.sub("", line), hidden)
    for words in _split_words(line):
        command = strip_prefixes(words)
        inner = inner_script(command) if command else None
        if inner is not None and depth < _MOST_NESTED:
            if changes_user(command):
                yield [_restore(word, hidden) for word in command]
            yield from split_commands(_restore(inner, hidden), depth + 1)
        elif command:
            for found in filter(None, (command, inner_command(command))):
                yield [_restore(word, hidden) for word in found]
    for each in hidden if depth < _MOST_NESTED else ():
        if not each.startswith("$(("):
            yield from split_commands(each[2:-1] if each[0] == "$" else each[1:-1], depth + 1)


def _restore(word: str, hidden: Sequence[str]) -> str:
    if not hidden:
        return word
    return _HIDDEN.sub(lambda found: hidden[ord(found[0]) - _FIRST], word)


def _hide_substitutions(line: str, hidden: list[str]) -> str:
    """Replace each `$(…)` and `` `…` `` outside of single quotes, and add it to `hidden`."""
    parts: list[str] = []
    at, in_quotes, unclosed = 0, False, 0
    while at < len(line):
        letter, end = line[at], at + 1
        if letter == "\\":
            end += 1
        elif letter == "'" and not in_quotes:
            end = line.find("'", end) + 1 or len(line)
        elif letter == '"':
            in_quotes = not in_quotes
        elif (letter == "`" or line.startswith("$(", at)) and unclosed < _MOST_UNCLOSED:
            closed = _end_of_substitution(line, at)
            if closed and len(hidden) <= _LAST - _FIRST:
                hidden.append(line[at:closed])
                parts.append(chr(_FIRST + len(hidden) - 1))
                at = closed
                continue
            unclosed += 1
        parts.append(line[at:end])
        at = end
    return "".join(parts)


def _end_of_substitution(line: str, at: int) -> int:
    """Return where the `$(` or backtick at `at` ends; 0 if nothing closes it."""
    if line[at] == "`":
        return line.find("`", at + 1) + 1
    depth = 0
    for found in _BRACKET.finditer(line, at + 1):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    return 0


def _logical_lines(script: str) -> Iterator[str]:
    """Yield lines without comments, joined where a backslash or an open quote continues them."""
    pending = ""
    for line in script.replace("\\\r\n", " ").replace("\\\n", " ").split("\n"):
        whole = f"{pending}\n{line}" if pending else line
        text = whole if pending else _COMMENT.sub("", whole)
        if not _is_closed(text):
            pending = whole
            continue
        pending = ""
        yield text
    if pending:  # a quote that nothing closes, as in prose: the lines without it
        yield from filter(_is_closed, (_COMMENT.sub("", line) for line in pending.split("\n")))


def _is_closed(line: str) -> bool:
    """Whether all quotes in a line are closed."""
    return _CLOSED.fullmatch(line) is not None


def _split_words(line: str) -> Iterator[list[str]]:
    """Yield the words of each command in a line."""
    words: list[str] = []
    skipped = False  # the file of a redirection
    for token in _split_tokens(_STREAM.sub("", line)):
        if not _OPERATOR.fullmatch(token):
            if not skipped:
                words.append(token)
            skipped = False
        elif _REDIRECTION.fullmatch(token):
            skipped = token in (">", ">>", "<", ">&", "&>", "&>>", "<<<")
        else:
            yield words
            words = []
    yield words


def _split_tokens(line: str) -> Iterator[str]:
    """Yield words without quotes, and operators, up to a quote that nothing closes.

    It is what shlex does with `punctuation_chars`, at a tenth of the time.
    """
    at = 0
    while at < len(line) and (found := _TOKEN.match(line, at)):
        at = found.end()
        operator, word = found.groups()
        if operator:
            yield operator
        elif at < len(line) and line[at] in "'\"\\":
            return
        elif word:
            yield _QUOTED.sub(_unquote, word) if _QUOTE.search(word) else word


def _unquote(found: re.Match[str]) -> str:
    text = found[0]
    if text[0] == '"':
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text[1:-1] if text[0] == "'" else text[1:]
