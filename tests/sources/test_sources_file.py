"""Each line of a sources file is read as it was written."""

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.sources.sources_file import LockedSource, parse_sources

COMMIT, DIGEST = "5f1c" * 10, "ab" * 32


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (LockedSource("local", "x", path="."), "-e .  # x"),
        (LockedSource("local", "x", path="./my libs/x"), "-e './my libs/x'  # x"),
        (
            LockedSource("git", "x", "1.0", url="https://h/x", commit=COMMIT, revision="main"),
            f"x @ git+https://h/x@{COMMIT}  # x 1.0 main",
        ),
        (
            LockedSource("git", "x", "1.0", url="ssh://git@h/x", commit=COMMIT, folder="a/b"),
            f"x @ git+ssh://git@h/x@{COMMIT}#subdirectory=a/b  # x 1.0",
        ),
        (
            LockedSource(
                "archive",
                "x",
                "1.0",
                url="https://h/x.whl",
                digest=DIGEST,
                marker="os_name != 'nt'",
            ),
            f"x @ https://h/x.whl#sha256={DIGEST} ; os_name != 'nt'  # x 1.0",
        ),
        (
            LockedSource("file", "x", "1.0", path="./x.whl", digest=DIGEST),
            f"./x.whl  # x 1.0 sha256:{DIGEST}",
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, LockedSource) else "",
)
def test_lines_are_read_as_written(source: LockedSource, line: str) -> None:
    assert source.line == line
    assert parse_sources(f"# a comment\n\n{line}\n", "requirements.sources.txt") == (source,)


def test_other_lines_are_named() -> None:
    with pytest.raises(LabcoatError, match=r"requirements\.sources\.txt:1: `numpy==1\.0`"):
        parse_sources("numpy==1.0\n", "requirements.sources.txt")
