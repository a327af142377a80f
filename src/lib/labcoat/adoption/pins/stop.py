"""`labcoat init --strict`: stop at the first line that cannot be taken as it is."""

import re
from collections.abc import Mapping

from labcoat.adoption.pins.lines import Line
from labcoat.adoption.plan import Decision, Wanted
from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern

_HINT = "Correct it, or run `labcoat init` without `--strict`, which {does}"
_PYTHON = lazy_pattern(r"python\s*(?:[<>=~!^]|$)", re.IGNORECASE)
_MOST_REASON = 400  # characters
_DOES = {
    "dropped": "leaves it out",
    "moved": "takes `{after}`",
    "renamed": "takes `{after}`",
    "kept": "takes `{after}`",
}


def refuse_changes(outcomes: Mapping[Wanted, Line | Decision]) -> None:
    """Raise LabcoatError for the first line that would not stay as it is."""
    for wanted, outcome in outcomes.items():
        decision = outcome if isinstance(outcome, Decision) else outcome.decide()
        is_same = decision.verdict in {"kept", "added"} and not decision.reason
        if is_same or wanted.kind == "import" or _PYTHON.match(wanted.requirement.strip()):
            continue
        does = _DOES.get(decision.verdict, "").format(after=decision.after)
        raise LabcoatError(
            f"{wanted.file}:{wanted.line}: cannot take `{decision.requirement}` as it is:"
            f" {decision.reason}",
            _HINT.format(does=does),
        )


def warn_unsolved(output: str, *, strict: bool) -> None:
    """Say that uv found no versions that fit together; with `strict`, raise LabcoatError."""
    cause = output.partition("cause:")[2].partition("\nhint:")[0].split()
    reason = _shorten(" ".join(cause)) or output.strip().rpartition("\n")[2]
    message = "found no versions that fit together"
    if strict:
        raise LabcoatError(
            f"{message}: {reason}",
            "Loosen one of these, or run `labcoat init` without `--strict`, which does",
        )
    terminal.print_warning(
        f"{message}: {reason}", "`make requirements` says more; change the lines that it names"
    )


def _shorten(cause: str) -> str:
    """Return the last steps of uv's proof, the conclusion among them; it may have hundreds."""
    *steps, shown = cause.split(". And because ")
    while steps and len(steps[-1]) + len(shown) < _MOST_REASON:
        shown = f"{steps.pop()}. And because {shown}"
    return shown
