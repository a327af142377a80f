"""What a run says about its test part."""

import pytest

from catsdogs.results import words
from catsdogs.results.score import Score


def scored(*confusion: tuple[int, ...]) -> Score:
    """A score with these counts."""
    right = sum(row[place] for place, row in enumerate(confusion))
    total = sum(map(sum, confusion))
    return Score(right, total, 0.1, right, total, confusion)


@pytest.mark.parametrize(
    ("confusion", "sentence"),
    [
        (
            ((198, 2), (6, 194)),
            "98 of 100 are right; a dog is taken for a cat three times as often as the other way "
            "(6 of 200, and 2 of 200), which may be chance",
        ),
        (
            ((180, 20), (2, 198)),
            "94 of 100 are right; a cat is taken for a dog 10 times as often as the other way "
            "(20 of 200, and 2 of 200)",
        ),
        (
            ((197, 3), (0, 200)),
            "99 of 100 are right; a cat is taken for a dog, never the other way (3 of 200, and 0 "
            "of 200), which may be chance",
        ),
        (
            ((98, 2), (2, 98)),
            "98 of 100 are right; a dog is taken for a cat about as often as the other way "
            "(2 of 100, and 2 of 100)",
        ),
        (
            ((999, 1), (0, 1000)),
            "9995 of 10,000 are right; a cat is taken for a dog, never the other way (1 of 1000, "
            "and 0 of 1000), which may be chance",
        ),
        (
            ((20, 0), (0, 20)),
            "all 40 are right; with 40 pictures, up to 8.8% may still be wrong",
        ),
        (((10, 1), (0, 0)), "91 of 100 are right; there are only pictures of cat"),
    ],
    ids=["3-times", "significant", "one-way", "equal", "per-10000", "all-right", "one-class"],
)
def test_mistakes_are_put_into_words(confusion: tuple[tuple[int, ...], ...], sentence: str) -> None:
    """Which class is mistaken for the other is a matter of shares, and may be chance."""
    assert words.in_words(scored(*confusion), ["cat", "dog"]) == sentence


def test_the_most_common_mistake_of_many_classes() -> None:
    """With more than two classes the sentence names one mistake; plurals are quoted."""
    found = scored((9, 1, 0), (0, 7, 3), (0, 0, 10))
    assert words.in_words(found, ["ant", "Big cats", "dogs"]) == (
        '87 of 100 are right; the most common mistake is that "Big cats" is taken for "dogs": '
        "3 of 10"
    )


def test_always_saying_cat_is_compared_with() -> None:
    """190 cats and 10 dogs: an accuracy of 0.95 is what always saying cat gives."""
    found = scored((190, 0), (10, 0))
    assert found.accuracy == 0.95
    assert words.base_rate(found, ["cat", "dog"]) == (
        "always answering cat gives 0.9500; balanced accuracy, the mean of the classes, 0.5000: "
        "not significantly better than always answering cat"
    )
    assert "not significantly" not in words.base_rate(scored((90, 2), (1, 91)), ["cat", "dog"])


def test_each_class_has_its_interval() -> None:
    """Two classes have a line each; of many, the worst have one."""
    assert words.per_class(scored((198, 2), (6, 194)), ["cat", "dog"]) == [
        "cat 0.9900, 95% interval 0.9643 to 0.9973, 198 of 200",
        "dog 0.9700, 95% interval 0.9361 to 0.9862, 194 of 200",
    ]
    many = [
        tuple(10 - row if row == column else int(column == 0) * row for column in range(8))
        for row in range(8)
    ]
    lines = words.per_class(scored((10, 0, 0, 0, 0, 0, 0, 0), *many[1:]), list("abcdefgh"))
    assert len(lines) == 7
    assert lines[0].startswith("h 0.3000")
    assert lines[-1] == "the other 2 classes are better, or have no pictures"


@pytest.mark.parametrize(
    ("promise", "held_out", "line"),
    [
        (0.99, 1602, "at least 99 in 100 are promised, with 95% confidence from 1602 held-out"),
        (0.95, 70, "99 in 100 take at least 299 right ones in a row"),
        (0.0, 12, "not sure of any: 12 held-out predictions promise nothing; 29 right ones"),
    ],
)
def test_what_is_promised(promise: float, held_out: int, line: str) -> None:
    """With too few pictures the line says what can be promised."""
    found = scored((198, 2), (6, 194))
    assert line in words.sure(found, {"promise": promise, "held_out": held_out})
