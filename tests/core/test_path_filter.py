"""Searching many paths as one text finds what asking each of them finds."""

from hypothesis import given
from hypothesis import strategies as st

from labcoat.core.path_filter import filter_paths

PARTS = (".env", "setup.py", "ockerfile.", ".mk", "history")
PATHS = st.lists(
    st.lists(
        st.sampled_from([*PARTS, ".ENV", "K", "İ", "ß", "/", "a", ".py", "\udcff", "\n"]),
        max_size=6,
    ).map("".join),
    max_size=6,
    unique=True,
)


@given(PATHS)
def test_ending_finds_what_each_path_by_itself_says(paths: list[str]) -> None:
    endings = (".env", "setup.py", ".mk", "history")
    assert filter_paths(paths, endings=endings) == [
        path for path in paths if path.lower().endswith(endings)
    ]


@given(PATHS)
def test_holding_finds_what_each_path_by_itself_says(paths: list[str]) -> None:
    assert filter_paths(paths, PARTS) == [
        path for path in paths if any(part in path.lower() for part in PARTS)
    ]


def test_beginning_is_found_beside_letters_that_become_two() -> None:
    """İ has two letters in lower case."""
    assert filter_paths(["ENV.İ", "a/env.b", "env"], ["\0env."]) == ["ENV.İ"]
