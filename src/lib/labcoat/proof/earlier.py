"""Compare a proof with an earlier one: `labcoat prove --against proof.json`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.inventory import regular_files
from labcoat.proof.difference import Difference
from labcoat.proof.proof import FORMAT, LOCK, Proof, ProofRow

_MOST = 1 << 28  # bytes of a proof
_HINT = "Name a proof.json that `make prove` wrote"


def read_earlier_proof(file: Path) -> Mapping[str, Any]:
    """Return the JSON of an earlier proof.

    Raise LabcoatError, status 2, if `file` has none, or one whose digests cover other files.
    """
    try:
        found: Mapping[str, Any] = json.loads(regular_files.read_regular(str(file), _MOST))
        if {"lock", "rungs"} <= found.keys():
            if found.get("format") == FORMAT:
                return found
            raise LabcoatError(
                f"`{file}` is a proof by labcoat {found.get('labcoat', '?')}, which compares other"
                " files",
                "Check out its lock, and run `make prove` again with this version",
                status=2,
            )
    except OSError as error:
        raise LabcoatError(
            f"cannot read `{file}`: {error.strerror}",
            _HINT,
            status=2,
        ) from None
    except (ValueError, AttributeError, RecursionError):
        pass
    raise LabcoatError(f"`{file}` is not a proof", _HINT, status=2)


def changes_since(earlier: Mapping[str, Any], now: Proof) -> Iterator[Difference]:
    """Yield what is different from an earlier proof, whose JSON is `earlier`."""
    if earlier["lock"] != now.lock:
        yield _change(LOCK, "the lock differs from the earlier proof")
    rows = {row.name: row for row in now.rows}
    for before in earlier["rungs"]:
        if row := rows.get(before["name"]):
            yield from _row_changes(before, row)
        else:
            yield _change(before["name"], "is in the earlier proof and was not checked")
    outputs = {(one.command, one.output): one.digests for one in now.results}
    for before in earlier.get("results", ()):
        present = outputs.get((before["command"], before["output"]), {})
        for level, digest in before["digests"].items():
            if present.get(level, digest) != digest:
                text = f"{before['output']} differs from the earlier proof"
                yield Difference(level, "changed", "", path=before["output"], detail=text)


def _row_changes(before: Mapping[str, Any], row: ProofRow) -> Iterator[Difference]:
    if row.python != before["python"]:
        yield _change(row.name, f"Python was {before['python']}, is {row.python}")
    if row.identity != before["identity"]:
        yield _change(row.name, "is not the one in the earlier proof")
    for name in sorted(row.packages.keys() | before["packages"].keys()):
        if row.packages.get(name) != before["packages"].get(name):
            yield _change(row.name, f"{name} differs from the earlier proof", name)


def _change(level: str, text: str, package: str = "") -> Difference:
    return Difference(level, "changed", package, detail=text)
