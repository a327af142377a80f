"""The proof as text: a line for the lock and each level, then the first differences."""

from collections.abc import Iterator

from labcoat.core.terminal import escape_control, join_some
from labcoat.levels.registry import get_level, level_names
from labcoat.proof.proof import DIFFERENT, NAME, NOT_PROVED, Proof, ProofRow
from labcoat.system.advice import describe_remedy

# Differences that a recreated level would have again.
_UNFIXABLE = {"interpreter", "run", "result", "changed", "library"}
_SHOWN = 20  # differences in the text; proof.json has all


def format_table(proof: Proof) -> str:
    """Return the proof for the screen; the last line is the verdict."""
    return "".join(f"{escape_control(line)}\n" for line in _lines(proof))


def _lines(proof: Proof) -> Iterator[str]:
    yield f"{'':<8}{'Python':<10}{'packages':>8}  {'files':>8}  digest"
    for row in proof.rows:
        yield from _row_lines(row)
    for result in proof.results:
        for level, value in result.digests.items():
            shown = value.removeprefix("sha256:")[:12] if ":" in value else value
            yield f"{level:<8}{result.output}  {shown}"
    found = proof.differences
    for difference in found[:_SHOWN]:
        yield str(difference)
    if len(found) > _SHOWN:
        yield f"and {len(found) - _SHOWN} more, in .labcoat/{NAME}"
    yield from proof.explanations
    fixable = (one.level for one in found if one.kind not in _UNFIXABLE)
    for name in dict.fromkeys(level for level in fixable if level in level_names()):
        yield f"to fix {name}, run `{get_level(name).recreate_command}`"
    for name, packages in proof.system_packages.items():
        yield f"to fix {name}, {describe_remedy(packages, is_image=name == 'docker')}"
    yield _verdict_line(proof)


def _verdict_line(proof: Proof) -> str:
    if proof.verdict == DIFFERENT:
        count = len(proof.differences)
        return f"{count} difference{'s' * (count > 1)}"
    if proof.verdict == NOT_PROVED:
        names = sorted({one.package for one in proof.unproved})
        return f"not proved: no wheel to compare with for {join_some(names)}"
    return f"equal: {', '.join(row.name for row in proof.rows)}"


def _row_lines(row: ProofRow) -> Iterator[str]:
    counts = f"{len(row.packages):>8}  {row.files:>8}"
    yield f"{row.name:<8}{row.python or '-':<10}{counts}  {row.digest[:12] or '-'}"
    for note in row.notes:
        yield f"{'':<8}{note}"
