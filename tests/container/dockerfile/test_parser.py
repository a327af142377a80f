"""Dockerfiles are split into stages and instructions as BuildKit does.

Also covers words. Flags and mounts are in test_instruction_flags, variables in test_expansion.
"""

import pytest

from labcoat.container.dockerfile.parser import DockerfileError, Instruction, parse_dockerfile


def parse_one(text: str) -> Instruction:
    """Return the only instruction after FROM."""
    (found,) = parse_dockerfile(f"FROM scratch\n{text}\n").stages[0].instructions
    return found


ARGUMENTS = {
    "shell-form": ("RUN echo a", "echo a"),
    "lowercase": ("run echo a", "echo a"),
    "spaces": ("  RUN \t echo a  ", "echo a"),
    "continued": ("RUN echo \\\n  a", "echo   a"),
    "comment-between": ("RUN echo \\\n# no\n  a", "echo   a"),
    "empty-line-between": ("RUN echo \\\n\n  a", "echo   a"),
    "escaped-backslash-at-the-end": ("RUN echo \\\\", "echo \\\\"),
    "comment-inside": ("RUN echo # a", "echo # a"),
    "windows-lines": ("RUN echo a\r", "echo a"),
}


@pytest.mark.parametrize(("text", "rest"), ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_lines(text: str, rest: str) -> None:
    assert (parse_one(text).name, parse_one(text).rest) == ("RUN", rest)


WORDS = {
    "copy": ("COPY a  b\t/c", ("a", "b", "/c")),
    "copy-splits-quotes": ('COPY "a b" /c', ('"a', 'b"', "/c")),
    "copy-of-a-json-list": ('COPY ["a b", "/c"]', ("a b", "/c")),
    "copy-of-a-list-with-a-number": ('COPY ["a", 1]', ('["a",', "1]")),
    "copy-of-a-broken-list": ('COPY ["a" /c', ('["a"', "/c")),
    "env-keeps-quotes-together": ('ENV A="b c" D=e\\ f', ('A="b c"', "D=e\\ f")),
    "env-with-a-quote-inside": ("ENV A=b'c d'e", ("A=b'c d'e",)),
    "env-with-an-open-quote": ('ENV A="b c', ('A="b c',)),
    "run-of-a-json-list": ('RUN ["a", "b c"]', ("a", "b c")),
}


@pytest.mark.parametrize(("text", "words"), WORDS.values(), ids=WORDS.keys())
def test_words(text: str, words: tuple[str, ...]) -> None:
    """Quotes stay for expansion."""
    assert parse_one(text).words == words


HEREDOCS = {
    "one": ("RUN <<E\nb\nE", (("E", "b"),)),
    "tabs-before-the-end": ("RUN <<-E\nb\n\tE", (("E", "b"),)),
    "quoted-name": ("RUN <<'E F'\nb\nE F", (("E F", "b"),)),
    "two": ("COPY <<A <<B /x/\n1\nA\n2\nB", (("A", "1"), ("B", "2"))),
    "in-onbuild": ("ONBUILD RUN <<E\nb\nE", (("E", "b"),)),
    "inside-a-word": ("RUN echo a<<E", ()),
    "in-quotes": ("RUN echo '<<E'", ()),
    "other-instruction": ("WORKDIR <<E", ()),
    "json-list": ('COPY ["<<E", "/x"]', ()),
}


@pytest.mark.parametrize(("text", "heredocs"), HEREDOCS.values(), ids=HEREDOCS.keys())
def test_heredocs(text: str, heredocs: tuple[tuple[str, str], ...]) -> None:
    assert parse_one(text).heredocs == heredocs


def test_escape_directive() -> None:
    """A backtick continues lines, a backslash is then an ordinary character."""
    text = "# syntax=a\n# escape=`\nFROM scratch\nRUN a `\n b\nRUN c:\\\n"
    parsed = parse_dockerfile(text)
    assert [each.rest for each in parsed.stages[0].instructions] == ["a  b", "c:\\"]


def test_instructions_keep_their_line() -> None:
    parsed = parse_dockerfile("# a\n\nFROM scratch\nRUN a \\\n  b\nCOPY <<E /x\nt\nE\nUSER 1\n")
    assert parsed.stages[0].line == 3
    assert [each.line for each in parsed.stages[0].instructions] == [4, 6, 9]


def test_stages_by_name_and_number() -> None:
    """Names are case-insensitive, the last one of a name counts, and only COPY knows numbers."""
    text = "FROM a AS One\nFROM b AS two\nFROM one\nFROM two AS one\nFROM 0\n"
    parsed = parse_dockerfile(text)
    assert [str(stage) for stage in parsed.stages] == ["one", "two", "2", "one", "4"]
    one, two = (parsed.stage(name) for name in ("ONE", "1"))
    assert (one, two) == (parsed.stages[3], parsed.stages[1])
    assert parsed.stage("5") is None
    assert parsed.stage("image") is None
    bases = [parsed.base_stage(stage) for stage in parsed.stages]
    assert bases == [None, None, parsed.stages[0], parsed.stages[1], None]


MALFORMED = {
    "empty": ("", 1, "no FROM"),
    "run-first": ("ARG A\nRUN a", 2, "RUN before the first FROM"),
    "unknown": ("FROM a\n\nNONSENSE b", 3, "unknown instruction: NONSENSE"),
    "unknown-in-onbuild": ("FROM a\nONBUILD NONSENSE", 2, "unknown instruction: NONSENSE"),
    "onbuild-alone": ("FROM a\nONBUILD", 2, "unknown instruction: "),
    "from-with-two-words": ("FROM a b", 1, "FROM requires one image"),
    "from-without-as": ("FROM a like b", 1, "FROM requires one image"),
    "open-heredoc": ("FROM a\nRUN <<E\nb", 3, "unterminated heredoc E"),
}


@pytest.mark.parametrize(("text", "line", "why"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_dockerfiles_name_the_line(text: str, line: int, why: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        parse_dockerfile(text)
    assert caught.value.line == line
    assert why in caught.value.why


def test_large_file_is_refused() -> None:
    """Parsing takes many times its memory."""
    with pytest.raises(DockerfileError, match="larger than 4 MiB"):
        parse_dockerfile("FROM a\n" + "\0" * (5 << 20))
