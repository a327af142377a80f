"""Compare the pattern engine with RE2 on random patterns of ignore files and random paths.

Run `python tests/campaigns/re2_patterns.py COUNT [SEED]` with a Python that has google-re2. Go's
regular expressions, which read ignore files, and RE2 have the same syntax and meaning. Where one of
the two compiles an expression and the other does not, or they answer differently about a path, the
campaign prints it and ends with 1. The seed chooses the patterns.
"""

import random
import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "src" / "lib"))
from labcoat.container.dockerignore.pattern_regexp import pattern_regexp
from labcoat.container.dockerignore.re2_match import compile_search
from labcoat.container.dockerignore.re2_nodes import ExpressionError
from labcoat.container.dockerignore.re2_parse import parse_expression

re2 = import_module("re2")  # google-re2, which no lock of this repository has
_PARTS = (
    *("a", "b", ".", "*", "**", "?", "/", "**/", "/**", "[ab]", "[^a]", "[a-c]", "[!a]", "\\*"),
    *("\\", "[", "]", "+", "(", ")", "|", "{2}", "{1,2}", "$", "^", "-", "é", "a*", ".b", "[]a]"),
    *("[[:alpha:]]", "\\d", "\\w", "\\b", "\\x61", "(?i)", "[a-", "x{3", "\\Q", "\\E"),
)
_LETTERS = "aabbc./d1-_éA"


def compare(expression: str, paths: list[str]) -> str | None:
    """Return how the engine and RE2 differ about an expression, or None."""
    options = re2.Options()
    options.log_errors = False
    try:
        theirs = re2.compile(expression, options)
    except re2.error:
        theirs = None
    try:
        search = compile_search(parse_expression(expression))
    except ExpressionError as error:
        return None if theirs is None else f"only RE2 compiles {expression!r}: {error}"
    if theirs is None:
        return f"only labcoat compiles {expression!r}"
    for path in paths:
        if search(path) != (theirs.search(path) is not None):
            return f"{expression!r} differs on {path!r}: labcoat {search(path)}"
    return None


def main() -> int:
    """Compare random patterns on random paths; print the figures."""
    count = int(sys.argv[1]) if sys.argv[1:] else 2000
    seed = int(sys.argv[2]) if sys.argv[2:] else 1
    chance = random.Random(seed)  # noqa: S311 - no cryptography
    compared = differences = 0
    for _ in range(count):
        pattern = "".join(chance.choices(_PARTS, k=chance.randint(1, 6)))
        paths = ["".join(chance.choices(_LETTERS, k=chance.randint(1, 8))) for _ in range(20)]
        for old in (False, True):
            kind, expression = pattern_regexp(pattern, old=old)
            if kind != "regexp":
                continue  # compared as text
            compared += 1
            if difference := compare(expression, paths):
                differences += 1
                print(difference)
    print(
        f"{count} patterns, seed {seed}: {compared} expressions compared, {differences} differences"
    )
    return int(differences > 0)


if __name__ == "__main__":
    sys.exit(main())
