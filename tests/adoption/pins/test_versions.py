"""Limits beside the lines of a solution."""

from collections.abc import Collection, Sequence
from pathlib import Path

import pytest
from tests.support.messages import adoption

from labcoat.adoption.pins import index_releases, solving, stop, versions
from labcoat.adoption.pins.building import Solution
from labcoat.adoption.pins.index_releases import PackageReleases
from labcoat.adoption.pins.lines import Line, read_line
from labcoat.adoption.pins.uv_search import Attempt, Question, Search
from labcoat.adoption.plan import Wanted
from labcoat.toolchain.package_index import ListedFile

_NAMES = ("one", "two", "three")
_OLD = ListedFile(
    "old-1.0-cp39-cp39-manylinux_2_17_x86_64.whl", "", uploaded="2020-05-01T00:00:00Z"
)


def _find_limits(monkeypatch: pytest.MonkeyPatch, *texts: str, refused: str = "") -> list[str]:
    def attempt(
        _self: Search,
        texts: Sequence[str],
        _built: Collection[str],
        *,
        prefer: Sequence[str] = (),
        limit: int = 0,
    ) -> Attempt:
        del prefer, limit
        if refused and refused in texts:
            return Attempt(None, "no solution")
        return Attempt({"numpy": "1.26.4", "old": "1.0"}, "", {"numpy": ["old"]})

    monkeypatch.setattr(Search, "attempt", attempt)
    monkeypatch.setattr(index_releases, "fetch_releases", lambda *_: {})
    lines = [
        read_line(Wanted(text, "requirements.txt", 1, "demand"), frozenset()) for text in texts
    ]
    known = {"old": PackageReleases("old", (_OLD,))}
    found = versions.find_versions(
        Question("3.9"), [each for each in lines if isinstance(each, Line)], set(), known
    )
    return [each.text for each in found.limits]


@pytest.mark.parametrize("numpy", ["numpy", "numpy>=1.16", "numpy!=1.20"])
def test_limit_is_added_where_no_line_has_it(monkeypatch: pytest.MonkeyPatch, numpy: str) -> None:
    """A line without an upper limit leaves the lock free to take a later release."""
    assert _find_limits(monkeypatch, "old", numpy) == ["numpy<1.24"]


@pytest.mark.parametrize("numpy", ["numpy==1.19.5", "numpy<1.24", "numpy~=1.20.0"])
def test_limit_that_a_line_has_is_not_repeated(monkeypatch: pytest.MonkeyPatch, numpy: str) -> None:
    """What a list says stays as it is."""
    assert _find_limits(monkeypatch, "old", numpy) == []


def test_higher_limit_is_taken_where_the_lowest_has_no_solution(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """NumPy 2 breaks more than 1.24 does."""
    assert _find_limits(monkeypatch, "old", "numpy", refused="numpy<1.24") == ["numpy<2"]


def test_version_that_moved_too_far_moves_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no longer fits gets the newest release, which is too new for an older package."""

    def attempt(_self: Search, texts: Sequence[str], *_: object, **__: object) -> Attempt:
        if "numpy==1.15" in texts:
            return Attempt(None, "Because old==1.0 needs numpy>=1.16 and you require numpy==1.15")
        limits = {"numpy<2", "numpy<1.24"} & {*texts}
        if "numpy==2.4" in texts and limits:
            return Attempt(None, "Because you require numpy==2.4 and numpy<2")
        found = "1.23.5" if limits else "2.4"
        return Attempt({"numpy": found, "old": "1.0"}, "", {"numpy": ["old"]})

    monkeypatch.setattr(Search, "attempt", attempt)
    monkeypatch.setattr(index_releases, "fetch_releases", lambda *_: {})
    newest = ListedFile("numpy-2.4-cp39-cp39-manylinux_2_17_x86_64.whl", "")
    lines = [
        read_line(Wanted(text, "requirements.txt", 1, "freeze"), frozenset())
        for text in ("old==1.0", "numpy==1.15")
    ]
    known = {"old": PackageReleases("old", (_OLD,)), "numpy": PackageReleases("numpy", (newest,))}
    found = versions.find_versions(
        Question("3.9"), [each for each in lines if isinstance(each, Line)], set(), known
    )
    assert [each.text for each in found.lines] == ["old==1.0", "numpy==1.23.5"]
    assert found.lines[1].reasons[-1].startswith("old 1.0 is older than numpy 1.24")
    assert not found.limits
    assert found.versions == {"numpy": "1.23.5", "old": "1.0"}


def test_import_that_a_group_failed_for_is_not_tried_with_fixed_versions_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The explanation names no other import: beside more versions it has no solution either."""
    asked: list[set[str]] = []

    def attempt(_self: Search, texts: Sequence[str], *_: object, **__: object) -> Attempt:
        asked.append({*texts})
        if "two" in texts:
            return Attempt(None, "Because all versions of two depend on zero and you require two")
        return Attempt({text.partition("=")[0]: "1" for text in texts})

    monkeypatch.setattr(Search, "attempt", attempt)
    monkeypatch.setattr(index_releases, "fetch_releases", lambda *_: {})
    monkeypatch.setattr(versions, "_MANY", 0)
    lines = [Line(Wanted(text, "a.py", 1, "import"), text, text, "added") for text in _NAMES]
    base = Line(Wanted("base", "requirements.txt", 1, "demand"), "base", "base", "kept")
    found = versions.find_versions(Question("3.11"), [base, *lines], set(), {}, only_once=True)
    assert [each.name for each in found.lines] == ["base", "one", "three"]
    assert [line.name for line, _ in found.dropped] == ["two"]
    assert sum("two" in each for each in asked) == 1


def test_imports_that_many_use_are_tried_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group of what few use may take all the time."""
    asked: list[set[str]] = []

    def attempt(_self: Search, texts: Sequence[str], *_: object, **__: object) -> Attempt:
        asked.append({*texts})
        return Attempt(dict.fromkeys((text.partition("=")[0] for text in texts), "1"))

    monkeypatch.setattr(Search, "attempt", attempt)
    names = [*(f"a{number}" for number in range(versions._GROUP)), "scipy"]
    lines = [Line(Wanted(text, "a.py", 1, "import"), text, text, "added") for text in names]
    versions.find_versions(Question("3.11"), lines, set(), {}, only_once=True)
    with_imports = [texts for texts in asked if texts]
    assert "scipy" in with_imports[0]
    assert "a11" not in with_imports[0]


def test_import_that_takes_all_the_time_takes_none_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Such as a package with hundreds of pre-releases; what many use is in no group with it."""
    asked: list[set[str]] = []

    def attempt(
        _self: Search, texts: Sequence[str], *_: object, limit: int, **__: object
    ) -> Attempt:
        asked.append({*texts})
        if "slow" in texts:
            assert limit <= versions._IMPORTS_ATTEMPT
            return Attempt(None, "`uv` is not done", is_late=True)
        return Attempt(dict.fromkeys((text.partition("=")[0] for text in texts), "1"))

    monkeypatch.setattr(Search, "attempt", attempt)
    monkeypatch.setattr(index_releases, "fetch_releases", lambda *_: {})
    lines = [
        Line(Wanted(text, "a.py", 1, "import"), text, text, "added") for text in ("slow", "numpy")
    ]
    found = versions.Solution([], set(), versions={})
    search = Search(Question("3.11"), Path(), versions.time.monotonic() + 60)
    versions._add_imports(search, found, lines, {})
    assert [each.name for each in found.lines] == ["numpy"]
    assert [decision.reason for _, decision in found.dropped] == [versions._NO_TIME]
    assert sum("slow" in each for each in asked) == 1


@pytest.mark.parametrize("is_late", [True, False])
def test_lines_that_contradict_each_other_again_and_again_are_all_loosened(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, is_late: bool
) -> None:
    """A list of many wrong pins may take more rounds than there is time for."""
    asked: list[set[str]] = []

    def attempt(_self: Search, texts: Sequence[str], *_: object, **__: object) -> Attempt:
        asked.append({*texts})
        if any("=" in text for text in texts):
            return Attempt(None, "it did not end" if not is_late else "you require one==1")
        return Attempt(dict.fromkeys(texts, "2"))

    monkeypatch.setattr(Search, "attempt", attempt)
    monkeypatch.setattr(index_releases, "fetch_releases", lambda *_: {})
    monkeypatch.setattr(solving, "_CAREFUL", -1 if is_late else 40)
    found = versions.find_versions(
        Question("3.11"),
        [
            Line(Wanted(text, "requirements.txt", 1, "demand"), text, text[:-3], "kept")
            for text in ("one==1", "two==1", "three==1")
        ],
        set(),
        {},
    )
    assert asked[1] == {"one", "two", "three"}
    assert "loosening all versions" in capsys.readouterr().err
    assert [each.text for each in found.lines] == ["one==2", "two==2", "three==2"]


def test_list_that_nothing_helps_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a reason there is nothing more to try."""
    asked: list[set[str]] = []

    def attempt(_self: Search, texts: Sequence[str], *_: object, **__: object) -> Attempt:
        asked.append({*texts})
        return Attempt(None, "it did not end")

    monkeypatch.setattr(Search, "attempt", attempt)
    line = Line(Wanted("one==1", "requirements.txt", 1, "demand"), "one==1", "one", "kept")
    found = versions.find_versions(Question("3.11"), [line], set(), {})
    assert asked == [{"one==1"}, {"one"}]
    assert found.versions is None


def test_warning_has_the_end_of_a_long_proof(capsys: pytest.CaptureFixture[str]) -> None:
    """uv's proof for a list of forty pins has thousands of words."""
    steps = "And because " + ". And because ".join(f"p{i} needs q=={i}" for i in range(500))
    proof = f"error: No solution\n  cause: {steps}, your requirements are unsatisfiable."
    stop.warn_unsolved(proof, strict=False)
    said = capsys.readouterr().err
    assert f"{adoption.NOTHING_FITS}: p4" in said
    assert "p499 needs q==499, your requirements are unsatisfiable" in said
    assert len(said) < 700


def test_line_that_a_proof_ends_with_is_left_out_the_last_one_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """uv names all that it has tried; the end names what cannot be together."""
    proof = "Because two needs zero and one needs zero. And because you require one and three"

    def attempt(_self: Search, texts: Sequence[str], *_: object, **__: object) -> Attempt:
        if {"one", "three"} <= {*texts}:
            return Attempt(None, f"{proof}, your requirements are unsatisfiable.\nhint: two")
        return Attempt(dict.fromkeys(texts, "1"))

    monkeypatch.setattr(Search, "attempt", attempt)
    monkeypatch.setattr(index_releases, "fetch_releases", lambda *_: {})
    found = versions.find_versions(
        Question("3.11"),
        [
            Line(Wanted(text, "requirements.txt", 1, "demand"), text, text, "kept")
            for text in (*_NAMES, "four")
        ],
        set(),
        {},
    )
    assert [line.name for line, _ in found.dropped] == ["three"]
    assert [each.name for each in found.lines] == ["one", "two", "four"]


def test_what_was_built_for_a_line_that_is_left_out_is_not_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """pillow has wheels; only the old release that one line asks for has none."""

    def attempt(
        _self: Search, texts: Sequence[str], built: Collection[str], **_: object
    ) -> Attempt:
        if "two" not in texts:
            return Attempt(dict.fromkeys(texts, "1"))
        needs = "you require one and two, your requirements are unsatisfiable."
        return Attempt(None, f"{sorted(built)}: {needs}")

    def build(_question: Question, state: Solution, *_: object) -> bool:
        is_new = "pillow" not in state.built
        state.built.add("pillow")
        return is_new

    monkeypatch.setattr(Search, "attempt", attempt)
    monkeypatch.setattr(solving, "build_sources", build)
    monkeypatch.setattr(index_releases, "fetch_releases", lambda *_: {})
    lines = [
        Line(Wanted(text, "requirements.txt", 1, "demand"), text, text, "kept")
        for text in ("one", "two")
    ]
    found = versions.find_versions(Question("3.11"), lines, {"sourced"}, {})
    assert [line.name for line, _ in found.dropped] == ["two"]
    assert found.built == {"sourced"}


def test_needs_of_a_source_that_nothing_fits_are_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the author of an old source wrote may never have been true."""
    asked: list[bool] = []

    def attempt(self: Search, texts: Sequence[str], *_: object, **__: object) -> Attempt:
        asked.append(bool(self.question.needs))
        if self.question.needs:
            return Attempt(None, "you require zero")
        return Attempt(dict.fromkeys(texts, "1"))

    monkeypatch.setattr(Search, "attempt", attempt)
    monkeypatch.setattr(index_releases, "fetch_releases", lambda *_: {})
    wanted = Wanted("one", "requirements.txt", 1, "demand")
    imported = Wanted("two", "a.py", 1, "import")
    lines = [Line(each, each.requirement, each.requirement, "kept") for each in (wanted, imported)]
    question = Question("3.11", needs={"one": ("zero<1",)})
    found = versions.find_versions(question, lines, {"one"}, {})
    assert [each.name for each in found.lines] == ["one", "two"]
    assert asked[0]
    assert not any(asked[1:])


def test_what_was_built_for_a_version_that_moved_is_not_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The release that the line moves to needs one that has a wheel."""

    def attempt(
        _self: Search, texts: Sequence[str], built: Collection[str], **_: object
    ) -> Attempt:
        if "one==1" in texts:
            return Attempt(None, f"{sorted(built)}: you require one, unsatisfiable.")
        return Attempt({"one": "2", "jax": "2"})

    def build(_question: Question, state: Solution, *_: object) -> bool:
        is_new = "jax" not in state.built
        state.built.add("jax")
        return is_new

    monkeypatch.setattr(Search, "attempt", attempt)
    monkeypatch.setattr(solving, "build_sources", build)
    monkeypatch.setattr(index_releases, "fetch_releases", lambda *_: {})
    line = Line(Wanted("one==1", "requirements.txt", 1, "demand"), "one==1", "one", "kept")
    found = versions.find_versions(Question("3.11"), [line], set(), {})
    assert [each.text for each in found.lines] == ["one==2"]
    assert found.built == set()
