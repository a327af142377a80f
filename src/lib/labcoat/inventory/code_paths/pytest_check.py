"""Compare byte code of pytest with what pytest makes of its source. Runs as text in a Python.

The arguments are wheels of pytest and what it needs; they are imported, and nothing that is
compared. Input and output are those of byte_code_check, with pytest's tag in place of a level. The
verdict is `unknown` if these wheels do not start, or are not those of the pytest that would read
the byte code.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any

from labcoat.inventory.code_paths.byte_code_check import is_same, limit_resources, read_regular


class _PassHook:
    """The one setting that changes what pytest makes of a source."""

    @staticmethod
    def getini(_name: str) -> bool:
        """Return that the hook pytest_assertion_pass is called."""
        return True


def judge(rewrite: Any, source: str, compiled: str, tag: str) -> str:
    """Return `ok` if pytest ignores byte code, or makes the same of the source."""
    if tag != rewrite.PYTEST_TAG:
        return "unknown"
    for path in (source, compiled):
        read_regular(path)  # raises an error for a pipe, which pytest would wait for
    found = rewrite._read_pyc(Path(source), Path(compiled))
    if found is None:
        return "ok"
    for config in (None, _PassHook()):
        _, expected = rewrite._rewrite_test(Path(source), config)
        if is_same(found, expected):
            return "ok"
    return "differs"


def main() -> None:
    """Print a line for each pair in the standard input."""
    limit_resources()
    warnings.simplefilter("ignore")
    sys.path += sys.argv[1:]
    rewrite: Any
    try:
        rewrite = importlib.import_module("_pytest.assertion.rewrite")
    except Exception:  # noqa: BLE001 - a wheel that it needs may be missing
        rewrite = None
    for source, compiled, tag in json.load(sys.stdin):
        try:
            verdict = judge(rewrite, source, compiled, tag) if rewrite else "unknown"
        except Exception:  # noqa: BLE001 - whatever damaged byte code causes
            verdict = "unreadable"
        print(verdict, flush=True)


if __name__ == "__main__":
    main()
