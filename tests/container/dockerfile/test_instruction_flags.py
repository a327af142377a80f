"""Flags of instructions and the options of `RUN --mount` are read as BuildKit reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcoat.container.dockerfile.instruction_flags import parse_mount, split_flags
from labcoat.container.dockerfile.parser import parse_dockerfile

FLAGS = {
    "none": ("a b", (), "a b"),
    "value": ("--from=build /a /b", (("from", "build"),), "/a /b"),
    "no-value": ("--link a b", (("link", ""),), "a b"),
    "several": ("--link  --from=b\ta b", (("link", ""), ("from", "b")), "a b"),
    "value-with-equals-signs": ("--mount=type=ssh x", (("mount", "type=ssh"),), "x"),
    "end-of-flags": ("--link -- --from=b", (("link", ""),), "--from=b"),
    "double-quotes": ('--exclude="*.a b" x', (("exclude", "*.a b"),), "x"),
    "single-quotes": ("--exclude='a b'c x", (("exclude", "a bc"),), "x"),
    "quotes-in-quotes": ("--mount='\"source=a,b\"' x", (("mount", '"source=a,b"'),), "x"),
    "escaped-quotes": ('--mount=\\"source=a,b\\" x', (("mount", '"source=a,b"'),), "x"),
    "escaped-space": ("--mount=source=a\\ b x", (("mount", "source=a b"),), "x"),
    "open-quote": ('--from="a b', (("from", "a b"),), ""),
    "backslash-at-the-end": ("--from=a\\", (("from", "a"),), ""),
    "dashes-later": ("a --from=b", (), "a --from=b"),
}


@pytest.mark.parametrize(("text", "flags", "rest"), FLAGS.values(), ids=FLAGS.keys())
def test_split_flags(text: str, flags: tuple[tuple[str, str], ...], rest: str) -> None:
    assert split_flags(text) == (flags, rest)


MOUNTS = {
    "default-type": ("target=/x", {"type": "bind", "target": "/x"}),
    "type": ("type=cache,target=/x", {"type": "cache", "target": "/x"}),
    "upper-case": (
        "TYPE=Bind,From=tools,SOURCE=A,Target=/X",
        {"type": "bind", "from": "tools", "source": "A", "target": "/X"},
    ),
    "short-keys": (
        "src=a,dst=/x,ro",
        {"type": "bind", "source": "a", "target": "/x", "readonly": ""},
    ),
    "destination": ("destination=/x", {"type": "bind", "target": "/x"}),
    "last-one-counts": ("source=a,src=b", {"type": "bind", "source": "b"}),
    "quoted-comma": ('"source=a,b",target=/x', {"type": "bind", "source": "a,b", "target": "/x"}),
    "quoted-quote": ('"source=a""b"', {"type": "bind", "source": 'a"b'}),
    "spaces-stay": ("source=a b, target=/x", {"type": "bind", "source": "a b", " target": "/x"}),
    "equals-sign-in-a-value": ("source=a=b", {"type": "bind", "source": "a=b"}),
    "boolean": ("readonly,rw", {"type": "bind", "readonly": "", "rw": ""}),
    "boolean-with-a-value": ("readonly=true", {"type": "bind", "readonly": "true"}),
    "missing-value": ("source", {"type": "bind", "source": ""}),
    "empty-value": ("from=,source=a", {"type": "bind", "from": "", "source": "a"}),
    "nothing": ("", {"type": "bind"}),
    "open-quote": ('type=bind,"source=a', {"type": "bind", "source": "a"}),
    "quote-inside-a-field": ('source=a"b,from=c', {"type": "bind", "source": 'a"b', "from": "c"}),
    "lone-carriage-return": (
        "source=a\rb,from=c",
        {"type": "bind", "source": "a\rb", "from": "c"},
    ),
}


@pytest.mark.parametrize(("value", "options"), MOUNTS.values(), ids=MOUNTS.keys())
def test_parse_mount(value: str, options: dict[str, str]) -> None:
    assert parse_mount(value) == options


def test_mount_larger_than_a_csv_field_may_be() -> None:
    """Python's csv module refuses fields over 128 KiB."""
    assert parse_mount(f"source={'a' * 200_000},from=b")["from"] == "b"


@given(st.text(st.sampled_from("ab=,\"'\\\r\n\0 ")))
def test_malformed_text_never_raises(text: str) -> None:
    split_flags(f"--mount={text}")
    assert parse_mount(text)["type"] is not None


COPIED_FROM = {
    "copy": ("COPY a /b", ("",)),
    "copy-from-a-stage": ("COPY --from=tools a /b", ("tools",)),
    "copy-from-a-quoted-stage": ('COPY --from="tools" a /b', ("tools",)),
    "add": ("ADD a /b", ("",)),
    "run": ("RUN a", ()),
    "mount-of-the-context": ("RUN --mount=target=/x a", ("",)),
    "mount-of-an-image": ("RUN --mount=from=tools,target=/x a", ("tools",)),
    "mount-in-capitals": ("RUN --mount=From=tools,target=/x a", ("tools",)),
    "mount-with-a-quoted-field": (
        "RUN --mount='type=bind,\"source=a,from=b\",from=tools' a",
        ("tools",),
    ),
    "mount-with-an-empty-from": ("RUN --mount=from=,target=/x a", ("",)),
    "cache": ("RUN --mount=type=cache,target=/x a", ()),
    "cache-that-starts-with-an-image": (
        "RUN --mount=type=cache,from=tools,target=/x a",
        ("tools",),
    ),
    "secret": ("RUN --mount=type=secret,id=a a", ()),
    "several": ("RUN --mount=from=one --mount=type=tmpfs --mount=FROM=two a", ("one", "two")),
    "flag-of-another-instruction": ("WORKDIR --mount=from=one /x", ()),
}


@pytest.mark.parametrize(("line", "expected"), COPIED_FROM.values(), ids=COPIED_FROM.keys())
def test_copied_from(line: str, expected: tuple[str, ...]) -> None:
    """Stages and images that an instruction copies from, the context as an empty string."""
    parsed = parse_dockerfile(f"FROM scratch\n{line}\n")
    assert parsed.stages[0].instructions[0].copied_from == expected
