"""Arbitrary bytes in the files that labcoat reads never cause a traceback or a hang.

`FUZZ=5000 pytest tests/lint/test_fuzz.py` tries that many random inputs in each test.
"""

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labcoat.core.errors import LabcoatError
from labcoat.lint.fixes import append_line, apply_fixes, reencode_ignore_file, replace_line
from labcoat.lint.runner import Selection, check_repository
from support.repositories import repository

TRIES = int(os.environ.get("FUZZ", "0"))
SLOWEST = 20.0  # seconds of processor time for one check of a handful of files

DOCKER = [
    "FROM python:3.11 AS base",
    "# escape=`",
    "ARG A=${B:-x}",
    'COPY --from=base --chown=1 [ "src", "/x" ]',
    "COPY <<EOF /x",
    "EOF",
    "RUN --mount=type=bind,from=base pip install -r requirements.txt && \\",
    "ADD *.tar.gz $A/${A#x}",
    "ONBUILD USER root",
    'WORKDIR "un',
    "",
]
IGNORE = [
    "*",
    "**",
    "!",
    "!src",
    "[a-z",
    "[z-a]",
    "\\",
    "a{2}",
    "a|b",
    "(",
    "**/a/**",
    "./",
    "../",
    "# labcoat: ignore[X",
    "\\p{L}",
    "\\Q",
]
REQUIREMENTS = [
    "numpy==1.0 \\",
    "    --hash=sha256:x",
    "-r requirements.txt",
    "-c ../x",
    "a @ file:///x",
    "x[y]>=1 ; z",
    "-e .",
    "===",
]
SETTINGS = [
    "[tool.labcoat]",
    "context-budget = 3",
    'large-file = "x"',
    "builds = [1]",
    "ignore = [{}]",
    "[[tool.labcoat.ignore]]",
    "a = [[[",
    '"',
]
FILES = {
    ".dockerignore": IGNORE,
    ".gitignore": IGNORE,
    "Dockerfile": DOCKER,
    "requirements.txt": REQUIREMENTS,
    "requirements.in": REQUIREMENTS,
    "pyproject.toml": SETTINGS,
    ".gitattributes": [
        "*.x filter=lfs",
        ".x filter=lfs -text",
        "\\ filter=lfs",
        '"a b" filter=lfs',
        "[attr]lfs filter=lfs",
    ],
    "Makefile": ["include ../x", "-include $(a)", "include /x y"],
}


def bytes_like(lines: list[str]) -> st.SearchStrategy[bytes]:
    """Bytes composed from `lines`, and random bytes."""
    noise = st.one_of(
        st.sampled_from(lines),
        st.text(max_size=12),
        st.sampled_from(["\0", "\r", "\xa0", "\ufeff", "\x1b[2J", "é"]),
    )
    joined = st.lists(noise, max_size=12).flatmap(
        lambda parts: st.sampled_from(["\n", "", "\r\n", " "]).map(lambda by: by.join(parts))
    )
    encoded = st.tuples(joined, st.sampled_from(["utf-8", "utf-16", "latin-1"])).map(
        lambda each: each[0].encode(each[1], "replace")
    )
    return st.one_of(encoded, encoded, st.binary(max_size=200))


trees = st.fixed_dictionaries(
    {}, optional={name: bytes_like(lines) for name, lines in FILES.items()}
)
fuzzed = settings(
    max_examples=TRIES or 40,
    deadline=None,
    derandomize=not TRIES,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose files are overwritten for each input."""
    files = {
        "src/a.x": "a",
        "a b": "",
        "src/m.py": "import os\n",
        "kaggle.json": "{}",
        "x": "\0" * 10,
    }
    return repository(tmp_path_factory.mktemp("fuzzed") / "r", files)


@fuzzed
@given(tree=trees, unsafe=st.booleans())
def test_any_bytes(root: Path, tree: dict[str, bytes], unsafe: bool) -> None:
    """A check and a fix end in time, with findings or with a LabcoatError."""
    for name in FILES:
        (root / name).unlink(missing_ok=True)
    for name, data in tree.items():
        (root / name).write_bytes(data)
    start = time.process_time()
    try:
        check_repository(root)
        apply_fixes(root, Selection(ignore=("REQ", "DKF001")), unsafe=unsafe)
    except LabcoatError:
        pass
    assert time.process_time() - start < SLOWEST


text = st.binary(max_size=100)


@fuzzed
@given(data=text, line=st.text(alphabet="ab/*!é #", min_size=1, max_size=8))
def test_appending_adds_a_last_line(data: bytes, line: str) -> None:
    """Existing content stays, a new line comes last, and a second time nothing changes."""
    once = append_line(data, line)
    assert once.startswith(data)
    if line.encode() not in data.replace(b"\r\n", b"\n").split(b"\n"):
        assert once.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")[-1] == line.encode()
    assert append_line(once, line) == once


@fuzzed
@given(
    data=text,
    number=st.integers(1, 6),
    new=st.lists(st.text(alphabet="ab", min_size=1), max_size=3),
)
def test_replacing_touches_one_line(data: bytes, number: int, new: list[str]) -> None:
    """All other lines stay, and so does a line with unexpected content."""
    lines = data.splitlines(keepends=True)
    assert replace_line(data, number, "something else entirely", tuple(new)) == data
    if number <= len(lines):
        old = (
            lines[number - 1]
            .rstrip(b"\r\n")
            .removeprefix(b"\xef\xbb\xbf")
            .decode("utf-8", "surrogateescape")
        )
        after = replace_line(data, number, old, tuple(new))
        assert after.startswith(b"".join(lines[: number - 1]))
        assert after.endswith(b"".join(lines[number:]))


@fuzzed
@given(data=text)
def test_reencoding_is_idempotent(data: bytes) -> None:
    """Reencoding an ignore file twice gives the same as once."""
    once = reencode_ignore_file(data)
    assert reencode_ignore_file(once) == once
    assert b"\0" not in once
