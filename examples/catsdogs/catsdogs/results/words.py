"""Say in words how good a model is: the last lines of a run, and sentences for the report."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catsdogs.results import record as records
from catsdogs.results.score import Score
from catsdogs.results.statistics import wilson
from catsdogs.training.calibration import PROMISES, faultless

SHOWN = 6  # classes with a line each; of more, those with the lowest accuracy


def last_lines(record: Mapping[str, Any], paths: Mapping[str, Path]) -> list[str]:
    """Return the last lines about a model from its record: validation, the paths of its files, and
    the test part.
    """
    scores, classes = records.scores(record), record["classes"]
    validation = _accuracy(scores.validation)
    return [
        f"validation accuracy {validation} (this part chose the temperature)",
        *_corrected(scores.validation, "validation"),
        *(f"{name:<6} {path}" for name, path in paths.items()),
        *(about_test(scores.test, classes, record) if scores.test else [NO_TEST]),
    ]


NO_TEST = "no test part: too few pictures; the validation accuracy is optimistic"


def about_test(test: Score, classes: list[str], record: Mapping[str, Any]) -> list[str]:
    """Return the lines about the test part, which decided nothing."""
    return [
        f"test accuracy {_accuracy(test)}",
        *_corrected(test, "test"),
        *(f"  {line}" for line in per_class(test, classes)),
        f"  {base_rate(test, classes)}",
        f"  in words: {in_words(test, classes)}",
        f"  {sure(test, record)}",
    ]


def _accuracy(score: Score) -> str:
    low, high = score.interval
    return (
        f"{score.accuracy:.4f}, 95% interval {low:.4f} to {high:.4f}, {score.right} of "
        f"{score.total} pictures"
    )


def _corrected(score: Score, part: str) -> list[str]:
    """Return a line with the score for corrected labels, if any label is corrected."""
    if (score.right, score.total) == (score.trusted_right, score.trusted_total):
        return []
    return [
        f"  {score.trusted_right} of {score.trusted_total} in {part} with known wrong labels "
        "corrected"
    ]


def per_class(score: Score, classes: list[str]) -> list[str]:
    """Return a line for each class with pictures; of many classes, for those that are worst."""
    found = [
        (right / total, name, right, total)
        for name, (right, total) in zip(classes, score.by_class, strict=True)
        if total
    ]
    if len(found) > SHOWN:
        found = sorted(found)[:SHOWN]
    lines = []
    for share, name, right, total in found:
        low, high = wilson(right, total)
        lines.append(
            f"{one_line(name)} {share:.4f}, 95% interval {low:.4f} to {high:.4f}, {right} of "
            f"{total}"
        )
    more = len(classes) - len(found)
    return [*lines, f"the other {more} classes are better, or have no pictures"] if more else lines


def base_rate(score: Score, classes: list[str]) -> str:
    """Return a line with what always answering the most common class gives, to compare with."""
    name = one_line(classes[score.most_common])
    line = (
        f"always answering {name} gives {score.base_rate:.4f}; balanced accuracy, the mean of the "
        f"classes, {score.balanced:.4f}"
    )
    better = score.interval[0] > score.base_rate
    return line if better else f"{line}: not significantly better than always answering {name}"


def sure(test: Score, record: Mapping[str, Any]) -> str:
    """Return a line about the threshold: what it promises, and whether the part keeps it."""
    promise, held_out = record["promise"], record["held_out"]
    first, last = PROMISES[0], PROMISES[-1]
    if not promise:
        return (
            f"not sure of any: {held_out} held-out predictions promise nothing; {faultless(last)} "
            f"right ones in a row would promise {_in_100(last)}"
        )
    kept = (
        f"sure of {test.sure} of {test.total}, of which {test.sure_right} are right; at least "
        f"{_in_100(promise)} are promised, with 95% confidence from {held_out} held-out predictions"
    )
    more = f" ({_in_100(first)} take at least {faultless(first)} right ones in a row)"
    return kept if promise == first else kept + more


def _in_100(promise: float) -> str:
    return f"{round(promise * 100)} in 100"


def in_words(score: Score, classes: list[str]) -> str:
    """Return the accuracy and the kind of its mistakes in a sentence."""
    wrong = score.total - score.right
    if not wrong:
        return f"all {score.total} are right; {_rest(score.total)}"
    mistakes = (
        _both_ways(score, classes) if len(classes) == 2 else _most_common_mistake(score, classes)
    )
    return f"{_of_100(score)} are right; {mistakes}"


def _rest(total: int) -> str:
    return f"with {total} pictures, up to {1 - wilson(total, total)[0]:.1%} may still be wrong"


def _of_100(score: Score) -> str:
    """Return "98 of 100"; per 1,000 or more where 100 would hide all mistakes."""
    for base in (100, 1000, 10_000):
        if round(score.accuracy * base) < base:
            return f"{round(score.accuracy * base)} of {base:,}"
    return f"{score.right:,} of {score.total:,}"


def _both_ways(score: Score, classes: list[str]) -> str:
    """Say which of two classes is mistaken for the other more often, as a share of its pictures."""
    totals = [total for _, total in score.by_class]
    if not all(totals):
        return f"there are only pictures of {one_line(classes[score.most_common])}"
    wrong = [total - right for right, total in score.by_class]
    often = 0 if wrong[0] / totals[0] > wrong[1] / totals[1] else 1
    names = [_one(classes[often]), _one(classes[1 - often])]
    more, less = wrong[often], wrong[1 - often]
    counts = f"{more} of {totals[often]}, and {less} of {totals[1 - often]}"
    overlap = wilson(more, totals[often])[0] <= wilson(less, totals[1 - often])[1]
    chance = ", which may be chance" if overlap else ""
    if not less:
        return f"{names[0]} is taken for {names[1]}, never the other way ({counts}){chance}"
    ratio = more / totals[often] / (less / totals[1 - often])
    if ratio < 1.5:
        return f"{names[0]} is taken for {names[1]} about as often as the other way ({counts})"
    return (
        f"{names[0]} is taken for {names[1]} {_times(ratio)} as often as the other way "
        f"({counts}){chance}"
    )


def _times(ratio: float) -> str:
    words = {2: "twice", 3: "three times", 4: "four times", 5: "five times"}
    nearest = round(ratio)
    return words.get(nearest, f"{nearest} times") if ratio > 1.75 else f"{ratio:.1f} times"


def _most_common_mistake(score: Score, classes: list[str]) -> str:
    _, row, column = max(
        (count / sum(counts), row, column)
        for row, counts in enumerate(score.confusion)
        for column, count in enumerate(counts)
        if row != column and sum(counts)
    )
    count, total = score.confusion[row][column], sum(score.confusion[row])
    return (
        f"the most common mistake is that {_one(classes[row])} is taken for "
        f"{_one(classes[column])}: {count} of {total}"
    )


def _one(name: str) -> str:
    """Return "a cat" for cat, and other names, such as plurals, in quotation marks."""
    if not (name.isalpha() and name.islower()) or name.endswith("s"):
        return f'"{one_line(name)}"'
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def one_line(label: str) -> str:
    """Return a class's name on one line: a folder's name may contain line breaks."""
    return "".join(letter if letter.isprintable() else "?" for letter in label)
