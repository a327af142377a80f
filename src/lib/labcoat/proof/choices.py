"""Why two runs of a command give other outputs: which choice of how to compute decides."""

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from labcoat.core.declared_variables import CHOICES
from labcoat.core.records import MutableRecord, field
from labcoat.proof.choice_search import Choices, Deciding, find_deciding

MOST_RUNS = 8
ALL: Choices = frozenset(CHOICES)
# How often each decides: with these, three questions tell which one does.
_WEIGHTS = {
    "OPENBLAS_CORETYPE": 0.35,
    "threads": 0.25,
    "NPY_DISABLE_CPU_FEATURES": 0.2,
    "PYTHONHASHSEED": 0.15,
}
# The same where a package brings oneMKL or oneDNN.
_ALL_WEIGHTS = {
    "threads": 0.075,
    "OPENBLAS_CORETYPE": 0.06,
    "MKL_CBWR": 0.06,
    "ONEDNN_MAX_CPU_ISA": 0.06,
    "PYTHONHASHSEED": 0.036,
    "NPY_DISABLE_CPU_FEATURES": 0.03,
}
_BUNDLERS = (
    *("ctranslate2", "intel", "jaxlib", "mkl", "mxnet", "onednn", "onnxruntime", "openvino"),
    *("paddle", "tensorflow", "torch"),
)
_KERNELS = ALL - {"threads", "PYTHONHASHSEED"}
_RANDOM = (
    "itself differs from run to run, whatever is pinned: the program uses the time or random"
    " numbers without a seed"
)
# The digests of a run's outputs, by name.
Digests = Mapping[str, str]
# Runs the command on a level with these variables, and returns the directory of its outputs and
# their digests.
Runner = Callable[[str, Mapping[str, str]], tuple[Path, dict[str, str]]]


class RunFailedError(Exception):
    """A run that gave no outputs: on which level, and why."""


class Runs(MutableRecord):
    """The runs of one command, and how many are left.

    `before` has what the levels gave with nothing pinned, `place` the outputs of the last run. Once
    a level gives what it gives with all choices pinned, it does with more of them pinned, too.
    """

    run: Runner
    before: dict[str, Digests] = field(default_factory=dict)
    left: int = MOST_RUNS
    place: Path = Path()
    done: dict[tuple[str, Choices], Digests] = field(default_factory=dict)

    def repeat(self, level: str, choices: Choices) -> Digests:
        """Return the digests with these choices pinned; a run is not repeated.

        Raise RunFailedError if there are none.
        """
        known = self._find_known(level, choices)
        if known is not None:
            return known
        self.left -= 1
        wanted = [CHOICES[one] for one in CHOICES if one in choices]
        pinned = {name: value for one in wanted for name, value in one.items()}
        self.place, found = self.run(level, pinned)
        failed = [one for one in found.values() if not one.startswith("sha256:")]
        if failed:
            raise RunFailedError(f"{level}: {failed[0]}")
        self.done[level, choices] = found
        return found

    def count_runs(self, levels: Iterable[str], choices: Choices) -> int:
        """Return how many runs it takes to know what these levels give."""
        return sum(self._find_known(level, choices) is None for level in levels)

    def _find_known(self, level: str, choices: Choices) -> Digests | None:
        if (level, choices) in self.done:
            return self.done[level, choices]
        pinned = self.done.get((level, ALL))
        if pinned is None:
            return None
        same = [one for at, one in self.done if at == level and self.done[at, one] == pinned]
        if self.before.get(level) == pinned:
            same.append(frozenset())
        return pinned if any(one <= choices for one in same) else None


def find_reason(first: str, second: str, runs: Runs, packages: Iterable[str] = ()) -> str:
    """Return which choices make two levels differ: with them pinned on both, they are equal.

    `packages` are those of the environment.
    """
    both = (first, second)
    if runs.repeat(first, ALL) != runs.repeat(second, ALL):
        before = runs.done.pop((first, ALL))
        if runs.repeat(first, ALL) != before:
            return f"{first} {_RANDOM}"
        return (
            f"none of {', '.join(CHOICES)} decides it: {first} and {second} differ in something"
            " else, such as a path that it writes, the release of Python or of a system library"
        )
    found = find_deciding(
        _weigh(packages),
        lambda one: runs.repeat(first, one) == runs.repeat(second, one),
        lambda one: runs.count_runs(both, one) <= runs.left,
    )
    return describe_deciding(found, f"{first} and {second} are equal")


def find_randomness(runs: Runs, level: str, before: Digests) -> str:
    """Return why the command does not repeat itself on one level; empty if it does."""
    if runs.repeat(level, frozenset()) == before:
        return ""
    for choice in ("PYTHONHASHSEED", "threads"):
        once = runs.repeat(level, frozenset({choice}))
        runs.done.pop((level, frozenset({choice})))
        if runs.repeat(level, frozenset({choice})) == once:
            return f"{choice} decides it: {level} itself differs from run to run without it"
    return f"{level} {_RANDOM}"


def find_choice(
    runs: Runs,
    level: str,
    before: Digests,
    is_wanted: Callable[[Digests], bool],
    packages: Iterable[str] = (),
) -> str:
    """Return the choices that give the wanted outputs, or the first that changes them.

    Return an empty text if nothing changes them.
    """
    weights = _weigh(packages)
    for universe in (ALL, _KERNELS):
        if not is_wanted(runs.repeat(level, universe)):
            continue
        found = find_deciding(
            {name: weight for name, weight in weights.items() if name in universe},
            lambda one: is_wanted(runs.repeat(level, one)),
            lambda one: runs.count_runs((level,), one) <= runs.left,
        )
        return describe_deciding(found, "the outputs are those of the earlier proof")
    changing = []
    for choice in weights:
        if not runs.left:
            break
        got = runs.repeat(level, frozenset({choice}))
        if is_wanted(got):
            return f"{choice} decides it ({describe_choice(choice)})"
        if got != dict(before):
            changing.append(choice)
    if not changing:
        return ""
    verb = "do" if changing[2:] else "does"
    others = f"; so {verb} {', '.join(changing[1:])}" if changing[1:] else ""
    return f"{changing[0]} changes it ({describe_choice(changing[0])}){others}"


def describe_deciding(found: Deciding, equal: str) -> str:
    """Return a text for what a search found; `equal` says what is equal with the choices pinned."""
    pinned = sorted(found.pinned, key=list(CHOICES).index)
    if found.pinned == ALL:
        result = f"with all choices pinned, {equal}"
    else:
        what = "it" if found.sets == (found.pinned,) and not pinned[1:] else _join(pinned)
        values = " ".join(describe_choice(one) for one in pinned)
        result = f"with {what} pinned, {equal} ({values})"
    return f"{_name_deciding(found)}; {result}"


def _name_deciding(found: Deciding) -> str:
    certain = [one for one in CHOICES if one in found.certain]
    others = [one for one in CHOICES if one in found.possible - found.certain]
    if not found.sets:  # answers that contradict each other: the command is not always the same
        return "several choices decide it"
    if not certain:
        if any(len(one) == 1 for one in found.sets):
            return f"one or more of {', '.join(others)} decide it"
        return f"two or more of {', '.join(others)} decide it together"
    verb = "decide it together" if certain[1:] else "decides it"
    if not others:
        return f"{_join(certain)} {verb}"
    if frozenset(certain) in found.sets:
        return f"{_join(certain)} {verb}, alone or with {' or '.join(others)}"
    return f"{_join(certain)} {verb}, with {' or '.join(others)}"


def _weigh(packages: Iterable[str]) -> Mapping[str, float]:
    names = set(packages)
    is_small = names and not any(name.startswith(_BUNDLERS) for name in names)
    return _WEIGHTS if is_small else _ALL_WEIGHTS


def _join(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def describe_choice(choice: str) -> str:
    """Return the variables that pin a choice, as a shell takes them."""
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in CHOICES[choice].items())
