"""Why the outputs of a command differ: repeat it with some choices pinned.

A library chooses how to compute by the processor, by how many threads there are, and by Python's
hash seed. Each such choice can be pinned by a variable (core/declared_variables.py).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from labcoat.core.project import Project
from labcoat.core.records import MutableRecord, field
from labcoat.proof.choices import (
    Digests,
    RunFailedError,
    Runner,
    Runs,
    find_choice,
    find_randomness,
    find_reason,
)
from labcoat.proof.kernels import describe_kernels
from labcoat.proof.output_differences import Converter, describe_difference, table_converter
from labcoat.proof.outputs import RunResult, repeat_run
from labcoat.proof.proof import Proof

_NOT_EXPLAINED = "not explained, because a repeated run failed: {}"
# Returns how a command is repeated.
RunnerOf = Callable[[str], Runner]


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
    convert = table_converter(project, _list_levels(proof.results))
    packages = {name for row in proof.rows for name in row.packages}
    found = [*explain_levels(proof.results, kept, run_of, convert, packages)]
    if pair := next(filter(None, map(_differing_levels, _by_command(proof.results))), None):
        first, second = (proof.kernels.get(level, {}) for level in pair)
        found.append(describe_kernels(pair, (first, second)))
    if not found and earlier:
        before = _earlier_digests(earlier)
        found += explain_earlier(proof.results, before, kept, run_of, convert, packages)
        found += _compare_machines(earlier, proof) if found else ()
    yield from filter(None, found)


def _compare_machines(earlier: Mapping[str, Any], proof: Proof) -> Iterator[str]:
    """Yield how the processor and the kernels differ from those of an earlier proof."""
    processor, now = _texts(earlier.get("processor")), proof.processor
    if processor and processor != now:
        yield (
            f"the earlier proof ran on {' '.join(processor.values())},"
            f" this one on {' '.join(now.values())}"
        )
    level = next(iter(proof.kernels), "")
    kernels = earlier.get("kernels")
    before = _texts(kernels.get(level) if isinstance(kernels, dict) else None)
    names = ("the earlier proof", "this one")
    yield describe_kernels(names, (before, proof.kernels.get(level, {})))


def _texts(found: Any) -> dict[str, str]:
    """Return a mapping in an earlier proof as texts; nothing if it is not one."""
    return {str(one): str(value) for one, value in found.items()} if isinstance(found, dict) else {}


def _by_command(results: Sequence[RunResult]) -> list[list[RunResult]]:
    """Return the results of each command."""
    commands = dict.fromkeys(one.command for one in results)
    return [[one for one in results if one.command == command] for command in commands]


def _list_levels(results: Sequence[RunResult]) -> list[str]:
    return list(dict.fromkeys(level for one in results for level in one.digests))


def _earlier_digests(earlier: Mapping[str, Any]) -> dict[str, str]:
    """Return the digest of each output in an earlier proof: that of its first level."""
    return {
        one["output"]: next(iter(one["digests"].values()))
        for one in earlier.get("results", ())
        if one["digests"]
    }


def explain_levels(
    results: Sequence[RunResult],
    kept: Path,
    run_of: RunnerOf,
    convert: Converter,
    packages: Iterable[str] = (),
) -> Iterator[str]:
    """Yield a line for what explains each command whose outputs differ between levels.

    `kept` has what each level wrote, `packages` are those of the environments.
    """
    for wanted in _by_command(results):
        command = wanted[0].command
        pair = _differing_levels(wanted)
        if pair is None:
            continue
        first, second = pair
        for one in wanted:
            if one.digests[first] != one.digests[second]:
                ours, theirs = (kept / level / one.output for level in pair)
                yield from describe_difference(one.output, ours, theirs, convert)
        runs = Runs(run_of(command))
        for level in pair:
            runs.before[level] = {one.output: one.digests[level] for one in wanted}
        try:
            reason = find_reason(first, second, runs, packages)
        except RunFailedError as error:
            reason = _NOT_EXPLAINED.format(error)
        yield f"`{command}`: {reason}"


def explain_earlier(  # noqa: PLR0913, PLR0917 - each is needed
    results: Sequence[RunResult],
    before: Mapping[str, str],
    kept: Path,
    run_of: RunnerOf,
    convert: Converter,
    packages: Iterable[str] = (),
) -> Iterator[str]:
    """Yield what explains outputs that differ from an earlier proof's digests `before`, by name.

    An earlier proof has no outputs: they are compared with those of a run that gives them again.
    """
    for wanted in _by_command(results):
        command, level = wanted[0].command, next(iter(wanted[0].digests))
        now = {one.output: one.digests[level] for one in wanted}
        then = {name: before[name] for name in now if name in before}
        if not then or all(now[name] == value for name, value in then.items()):
            continue
        runs = Runs(run_of(command))
        again = _EarlierOutputs(then, now, kept / level, runs, convert)
        try:
            text = find_randomness(runs, level, now) or find_choice(
                runs, level, now, again.is_given_by, packages
            )
        except RunFailedError as error:
            text = _NOT_EXPLAINED.format(error)
        yield from again.lines
        reason = text or "no choice of labcoat's decides it: compare the data, and the processors"
        yield f"`{command}`: {reason}"


class _EarlierOutputs(MutableRecord):
    """The digests `then` of an earlier proof; `lines` say how the outputs in `kept` differ."""

    then: Mapping[str, str]
    now: Mapping[str, str]
    kept: Path
    runs: Runs
    convert: Converter
    lines: list[str] = field(default_factory=list)

    def is_given_by(self, got: Digests) -> bool:
        """Return whether the last run gave the earlier outputs again."""
        if any(got.get(name) != value for name, value in self.then.items()):
            return False
        for name in () if self.lines else self.then:
            if self.now[name] != self.then[name]:
                ours, theirs = self.kept / name, self.runs.place / name
                self.lines += describe_difference(name, ours, theirs, self.convert)
        return True


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
