"""Requirements files are read as pip reads them, and versions compared as packaging does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labcoat.locking import requirement_lines
from labcoat.locking.requirement_lines import (
    FileLine,
    OptionLine,
    RequirementLine,
    marker_applies,
    parse_lines,
    parse_requirements,
    same_version,
    satisfies_pin,
)

COMMIT = "a" * 40


def test_continuation_lines_are_joined_and_comments_removed() -> None:
    """A line has the number of its first; a comment ends a continued line."""
    text = (
        "# why\n\nnumpy==2.0 \\\n  --hash=sha256:00 \\\n  --hash=sha512:11 # a\nscipy \\\n# b\nx\\"
    )
    assert [(line.number, line.name) for line in parse_lines(text)] == [
        (3, "numpy"),
        (6, "scipy"),
        (8, "x"),
    ]
    (numpy, *_) = parse_requirements(text)
    assert (numpy.body, numpy.hashes) == ("numpy==2.0", ("sha256:00", "sha512:11"))
    assert (numpy.has_hashes, numpy.is_hashed) == (True, True)
    (bare,) = parse_requirements("--hash==1\nnumpy==2.0 --hash\n")
    assert (bare.hashes, bare.has_hashes, bare.is_hashed) == ((), False, False)


def test_a_hash_sign_within_an_address_is_not_a_comment() -> None:
    (line,) = parse_requirements(f"x @ https://h.example/x.zip#sha256={COMMIT}  # why\n")
    assert line.url == f"https://h.example/x.zip#sha256={COMMIT}"


@pytest.mark.parametrize(
    ("text", "option", "value"),
    [
        ("-r base.in", "--requirement", "base.in"),
        ("-rbase.in", "--requirement", "base.in"),
        ("--requirement=base.in # why", "--requirement", "base.in"),
        ("-c 'my limits.txt'", "--constraint", "my limits.txt"),
        ("-e .", "--editable", "."),
        ("--index-url https://h.example", "--index-url", "https://h.example"),
        ("--pre", "--pre", ""),
        ("-", "-", ""),
    ],
)
def test_options_have_a_name_and_a_value(text: str, option: str, value: str) -> None:
    (line,) = parse_lines(text)
    assert isinstance(line, OptionLine)
    assert (line.option, line.value) == (option, value)


@pytest.mark.parametrize(
    ("text", "version", "is_pinned"),
    [
        ("foo==1.0", "1.0", True),
        ("foo == 1.0-1", "1.0-1", True),
        ("foo===1.0-custom", "1.0-custom", True),
        ("foo (==1.0)", "1.0", True),
        ("foo[x]==1.0+CPU.1 ; python_version > '3'", "1.0+CPU.1", True),
        ("foo==1.0 --config-settings=a=b", "1.0", True),
        ("foo==1.*", "", False),
        ("foo>=1,==1.2", "", False),
        ("foo", "", False),
        (f"foo @ git+https://h.example/foo@{COMMIT}", "", True),
        ("foo @ git+https://h.example/foo@main", "", False),
        (f"https://h.example/foo.zip#egg=foo&sha256={COMMIT}", "", True),
        ("https://h.example/foo.zip#egg=foo", "", False),
    ],
)
def test_a_pin_allows_one_release(text: str, version: str, is_pinned: bool) -> None:
    (line,) = parse_requirements(text)
    assert (line.name, line.version, line.is_pinned) == ("foo", version, is_pinned)


@pytest.mark.parametrize(
    "text",
    [
        "foo==",
        "foo==nonsense!",
        "foo>=2.*",
        "foo<1+local",
        "foo ; nonsense == '1'",
        f"foo ; {'(' * 5000}os_name == 'nt'{')' * 5000}",
        "foo[",
        "this is prose",
        "{% if x %}",
        "./folder",
        "\\",
        "é",
    ],
)
def test_an_invalid_line_is_not_a_requirement_and_raises_nothing(text: str) -> None:
    assert not parse_requirements(text)
    assert all(type(line) is FileLine for line in parse_lines(text))


def test_a_line_of_a_megabyte_is_read_at_once() -> None:
    """No expression takes quadratic time."""
    many = 500_000
    for text in ("a" + " " * many + "b#", "a" * many + "!", "a@" + "#&" * many, "a[" + "b," * many):
        parse_lines(text)


PARTS = st.sampled_from(
    [
        *[
            "foo",
            "Foo_Bar",
            "-",
            "_",
            ".",
            "[x]",
            "[x,y]",
            " ",
            "\t",
            "==",
            "===",
            ">=",
            "<",
            "~=",
            "!=",
        ],
        *[
            "1",
            "1.0",
            "1.0.0rc1",
            "2.0.post1",
            "1.dev3",
            "+cpu",
            "+cu.1",
            "v1",
            "1!",
            ".*",
            ",",
            ";",
        ],
        *[
            "python_version",
            "sys_platform",
            "extra",
            "'3.8'",
            '"linux"',
            " and ",
            "(",
            ")",
            "@",
            "é",
        ],
    ]
)
STARTS = st.sampled_from(
    ["foo", "foo[x]==", "foo==1.0 ;", "foo==1.0.*", "foo ; python_version", "foo>=1,", "a @"]
)


@settings(max_examples=500, deadline=None)
@given(STARTS, st.lists(PARTS, max_size=8).map("".join))
def test_common_forms_are_read_as_packaging_reads_them(start: str, rest: str) -> None:
    """What is recognized without packaging is what packaging recognizes, with the same parts."""
    body = (start + rest).strip()
    (common,) = parse_lines(body)
    if not isinstance(common, RequirementLine) or common.body != body:
        return
    parsed = requirement_lines._parse_uncommon(FileLine(1, body), body)
    assert isinstance(parsed, RequirementLine)
    assert (common.name, common.version, common.url) == (parsed.name, parsed.version, parsed.url)
    assert common.marker.translate(SPELLING) == parsed.marker.translate(SPELLING)


SPELLING = str.maketrans(
    "'", '"', " \t"
)  # packaging writes a marker with its own quotes and spaces


@pytest.mark.parametrize(
    ("pinned", "installed"),
    [
        ("1.0", "1.0.0"),
        ("1.0", "1"),
        ("2.0", "2.0+cpu"),
        ("1.0c1", "1.0rc1"),
        ("1.0.preview1", "1.0rc1"),
        ("1.0-1", "1.0.post1"),
        ("1.0.post1", "1.0_1"),
        ("1.0+CPU.1", "1.0+cpu-1"),
        ("v1.0", "1.0"),
        ("1.0.alpha.1", "1.0a1"),
    ],
)
def test_equal_versions_satisfy_a_pin(pinned: str, installed: str) -> None:
    """PEP 440 has several spellings of one version."""
    assert satisfies_pin(pinned, installed)


@pytest.mark.parametrize(
    ("pinned", "installed"),
    [
        ("1.0", "1.0.1"),
        ("1.0", "1.0rc1"),
        ("1.0", "1.0.post1"),
        ("2.0+cpu", "2.0"),
        ("2.0+cpu", "2.0+cu121"),
        ("1!1.0", "1.0"),
        ("nonsense", "1.0"),
        ("1.0", "nonsense"),
        ("1" * 5000, "1.0"),
    ],
)
def test_other_versions_do_not_satisfy_a_pin(pinned: str, installed: str) -> None:
    assert not satisfies_pin(pinned, installed)


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("2024.1.2", "2024.01.02", True),
        ("1.0", "1.0.0", True),
        ("1.0-1", "1.0_1", True),
        ("2.0", "2.0+cpu", False),
        ("1.0", "1.0.1", False),
        ("nonsense", "nonsense", True),
        ("nonsense", "1.0", False),
        (None, "1.0", False),
        (None, None, True),
        ("1" * 5000, "1.0", False),
    ],
)
def test_spellings_of_one_version_are_the_same(
    first: str | None, second: str | None, is_same: bool
) -> None:
    """A local version is another release: a lock has one of them."""
    assert same_version(first, second) == is_same


def test_markers_are_evaluated_for_the_given_environment() -> None:
    """Missing values are those of this Python; an invalid marker never holds."""
    assert marker_applies("", {})
    assert marker_applies("python_version < '3.9'", {"python_version": "3.8"})
    assert not marker_applies("python_version < '3.9'", {"python_version": "3.10"})
    assert not marker_applies("extra == 'x'", {})
    assert marker_applies("os_name == 'posix'", {})
    assert not marker_applies("nonsense", {})


_HASH = "--hash=sha256:" + "ab" * 32
_PIECES = (
    "foo==1.0",
    "Foo.Bar_b[x, y] == 2.0+cpu",
    "a>=1,<2",
    "-r other.in",
    f"-e . \\\nfoo==1.0 \\\n    {_HASH}\n",
    "b @ https://example.com/b.whl",
    ' ; os_name == "x"',
    "; os_name == 'a b'",
    f" \\\n    {_HASH}",
    f" \\\n    {_HASH} \\\n    {_HASH}\n",
    f"\\\n{_HASH}",
    f" {_HASH}\n",
    " \\\n    --hash=sha256:" + "a # b" * 12 + "abcd\n",
    " \\\n    --hash=sha256:" + "\\" * 64 + "\n",
    "\n    # via\n    #   x\n",
    "# c \\\n",
    "  # d",
    " ",
    "\\",
    "\n",
    "\n\n",
    "\r\n",
    "\f",
)


@given(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
@settings(max_examples=400, deadline=None)
def test_entries_of_a_lock_are_read_as_any_other_line(text: str) -> None:
    """They are read at once; the lines of the rest are joined one by one."""
    one_by_one = tuple(requirement_lines._parse_piece(text, 1))
    assert requirement_lines.parse_lines(text) == one_by_one
