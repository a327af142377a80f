"""How git finds the lines with imports in sources and notebooks."""

import re

from labcoat.core.patterns import lazy_pattern

_IMPORT = lazy_pattern(rb"^[^\S\n]*(?:import|from)[^\S\n]+[A-Za-z_].*", re.MULTILINE)
# A line of a notebook's code; its prose has these words too.
_NOTEBOOK_IMPORT = lazy_pattern(
    rb"""^\s*(?:"source":\s*)?\[?\s*"(?P<line>\s*(?:import[ ]+[A-Za-z_][\w.]*"""
    rb"""(?:[ ]+as[ ]+\w+)?(?:[ ]*,[ ]*[A-Za-z_][\w.]*(?:[ ]+as[ ]+\w+)?)*"""
    rb"""|from[ ]+[A-Za-z_][\w.]*[ ]+import[ ]+[\w*(][^"\\]*))"""
    rb"""[ ]*(?:\#[^"]*)?(?:\\n)?",?\s*\]?,?\s*$""",
    re.MULTILINE,
)
# One thread each: the locks of several cost twice what reading 100,000 small files takes.
GREP = ("grep", "--threads=1")
# Git finds words six times as quickly as regular expressions.
SOURCES = (".py", ".ipynb")
GREP_IMPORTS = (
    *(*GREP, "-h", "-I", "-F", "-w", "-eimport", "-efrom", "--"),
    *(f"*{ending}" for ending in SOURCES),
)


def find_import_lines(found: bytes) -> set[bytes]:
    """Return the imports among the lines that git finds with GREP_IMPORTS."""
    return {*_IMPORT.findall(found), *_NOTEBOOK_IMPORT.findall(found)}
