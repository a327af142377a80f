r"""Named classes of characters in Go's regular expressions: `\d`, `[:alpha:]`, `\p{Lu}`.

Source: Go's regexp/syntax (perl_groups.go) and unicode package.
"""

from functools import lru_cache
from itertools import pairwise

from labcoat.container.dockerignore.re2_nodes import TOP, WORD, ExpressionError, Ranges

PERL_CLASSES: dict[str, Ranges] = {
    "d": ((48, 57),),
    "s": ((9, 10), (12, 13), (32, 32)),  # no vertical tab, unlike Python's
    "w": WORD,
}
POSIX_CLASSES: dict[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": ((48, 57),),
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}


@lru_cache
def unicode_category(name: str) -> Ranges:
    r"""Return the characters of a Unicode general category such as L or Lu, for `\p{name}`.

    Raise ExpressionError if there is no such category.
    """
    import unicodedata  # half a megabyte that few ignore files need

    if name == "Any":
        return ((0, TOP),)
    every = range(TOP + 1) if name else range(0)
    codes = [code for code in every if unicodedata.category(chr(code)).startswith(name)]
    if not codes or name.startswith("Cn"):
        raise ExpressionError(f"invalid character class range: \\p{{{name}}}")
    starts = [codes[0], *(after for before, after in pairwise(codes) if after != before + 1)]
    ends = [*(before for before, after in pairwise(codes) if after != before + 1), codes[-1]]
    return tuple(zip(starts, ends, strict=True))
