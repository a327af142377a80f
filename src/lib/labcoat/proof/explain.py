"""Why the outputs of a command differ: repeat it with one choice pinned at a time.

A library chooses how to compute by the processor, by how many threads there are, and by Python's
hash seed. Each such choice can be pinned by a variable (core/declared_variables.py).
"""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from labcoat.core.declared_variables import CHOICES
from labcoat.core.project import Project
from labcoat.proof.numbers import compare_outputs
from labcoat.proof.outputs import RunResult, repeat_run
from labcoat.proof.proof import Proof

MOST_RUNS = 8
# The choices that decide most often, the last of them the least often.
_OFTEN = ("OPENBLAS_CORETYPE", "threads", "NPY_DISABLE_CPU_FEATURES")
# Runs the command on a level with these variables, and returns the directory of its outputs and
# their digests by name.
Runner = Callable[[str, Mapping[str, str]], tuple[Path, dict[str, str]]]


def explain_proof(
    project: Project, proof: Proof, earlier: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """Yield what explains the outputs of `proof` that differ between levels or from `earlier`.

    `earlier` is the JSON of an earlier proof. Each command runs at most MOST_RUNS times.
    """

    def run_of(command: str) -> Runner:
        names = [one.output for one in proof.results if one.command == command]
        return partial(repeat_run, project, command, names)

    kept = project.state / "runs"
    found = [*explain_levels(proof.results, kept, run_of)]
    if not found and earlier:
        found += explain_earlier(proof.results, _earlier_digests(earlier), run_of)
        before, now = earlier.get("processor") or {}, proof.processor
        if found and before and before != now:
            found.append(
                f"the earlier proof ran on {' '.join(before.values())},"
                f" this one on {' '.join(now.values())}"
            )
    yield from found


def _earlier_digests(earlier: Mapping[str, Any]) -> dict[str, str]:
    """Return the digest of each output in an earlier proof: that of its first level."""
    return {
        one["output"]: next(iter(one["digests"].values()))
        for one in earlier.get("results", ())
        if one["digests"]
    }


@dataclass
class _Runs:
    """The runs of one command, and how many are left."""

    run: Runner
    left: int = MOST_RUNS
    done: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def repeat(self, level: str, *choices: str) -> dict[str, str]:
        """Return the digests with these choices pinned; a run is not repeated."""
        key = level, " ".join(choices)
        if key not in self.done:
            self.left -= 1
            pinned = {name: value for one in choices for name, value in CHOICES[one].items()}
            self.done[key] = self.run(level, pinned)[1]
        return self.done[key]


def explain_levels(
    results: Sequence[RunResult], kept: Path, run_of: Callable[[str], Runner]
) -> Iterator[str]:
    """Yield a line for what explains each command whose outputs differ between levels.

    `kept` has what each level wrote. `run_of` returns how a command is repeated.
    """
    for command in dict.fromkeys(one.command for one in results):
        wanted = [one for one in results if one.command == command]
        pair = _differing_levels(wanted)
        if pair is None:
            continue
        first, second = pair
        for one in wanted:
            if one.digests[first] != one.digests[second]:
                agreement = compare_outputs(kept / first / one.output, kept / second / one.output)
                yield f"{one.output}: {agreement or 'no numbers that can be compared'}"
        yield f"`{command}`: " + _find_reason(first, second, run_of(command))


def explain_earlier(
    results: Sequence[RunResult], before: Mapping[str, str], run_of: Callable[[str], Runner]
) -> Iterator[str]:
    """Yield what explains outputs that differ from an earlier proof's digests `before`, by name."""
    for command in dict.fromkeys(one.command for one in results):
        wanted = [one for one in results if one.command == command]
        level = next(iter(wanted[0].digests))
        now = {one.output: one.digests[level] for one in wanted}
        then = {name: before[name] for name in now if name in before}
        if not then or all(now[name] == value for name, value in then.items()):
            continue
        runs = _Runs(run_of(command))
        yield f"`{command}`: " + (
            _find_randomness(runs, level, now)
            or _find_choice(runs, level, now, partial(_has, wanted=then))
            or "no choice of labcoat's decides it: compare the data, and the processors"
        )


def _differing_levels(results: Sequence[RunResult]) -> tuple[str, str] | None:
    for one in results:
        written = {name: value for name, value in one.digests.items() if _is_digest(value)}
        first = next(iter(written), "")
        for level, value in written.items():
            if value != written[first]:
                return first, level
    return None


def _is_digest(value: str) -> bool:
    return value.startswith("sha256:")


def _has(got: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(got.get(name) == value for name, value in wanted.items())


def _find_reason(first: str, second: str, run: Runner) -> str:
    """Return which choice makes two levels differ: with it pinned on both, they are equal."""
    runs = _Runs(run)

    def is_equal(*choices: str) -> bool:
        return runs.repeat(first, *choices) == runs.repeat(second, *choices)

    if not is_equal(*CHOICES):
        before = runs.repeat(first, *CHOICES)
        runs.done.clear()
        if runs.repeat(first, *CHOICES) != before:
            return (
                f"{first} itself differs from run to run, whatever is pinned: the program uses the"
                " time or random numbers without a seed"
            )
        return (
            f"none of {', '.join(CHOICES)} decides it: {first} and {second} differ in something"
            " else, such as the release of Python or of a system library"
        )
    half = _OFTEN if is_equal(*_OFTEN) else tuple(one for one in CHOICES if one not in _OFTEN)
    for choice in half[:-1]:
        if is_equal(choice):
            equal = f"with it pinned, {first} and {second} are equal"
            return f"{choice} decides it; {equal} ({_describe(choice)})"
    equal = f"with all choices pinned, {first} and {second} are equal"
    return f"{half[-1]} decides it, alone or with others; {equal} ({_describe(half[-1])})"


def _find_randomness(runs: _Runs, level: str, before: Mapping[str, str]) -> str:
    """Return why the command does not repeat itself on one level; empty if it does."""
    if runs.repeat(level) == before:
        return ""
    for choice in ("PYTHONHASHSEED", "threads"):
        once = runs.repeat(level, choice)
        runs.done.pop((level, choice))
        if runs.repeat(level, choice) == once:
            return f"{choice} decides it: {level} itself differs from run to run without it"
    return (
        f"{level} itself differs from run to run, whatever is pinned: the program uses the time or"
        " random numbers without a seed"
    )


def _find_choice(
    runs: _Runs,
    level: str,
    before: Mapping[str, str],
    is_wanted: Callable[[Mapping[str, str]], bool],
) -> str:
    """Return the choice that gives the wanted outputs, or the first that changes them."""
    changing = []
    for choice in CHOICES:
        if runs.left <= 1:
            break
        got = runs.repeat(level, choice)
        if is_wanted(got):
            return f"{choice} decides it ({_describe(choice)})"
        if got != dict(before):
            changing.append(choice)
    if not changing:
        return ""
    verb = "do" if changing[2:] else "does"
    others = f"; so {verb} {', '.join(changing[1:])}" if changing[1:] else ""
    return f"{changing[0]} changes it ({_describe(changing[0])}){others}"


def _describe(choice: str) -> str:
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in CHOICES[choice].items())
