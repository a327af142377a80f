"""`prove --explain` names what decides a result, in at most eight runs."""

import hashlib
from collections.abc import Callable, Mapping
from itertools import combinations, count
from pathlib import Path

import pytest

from labcoat.core.declared_variables import CHOICES
from labcoat.proof.choice_search import find_deciding
from labcoat.proof.choices import MOST_RUNS
from labcoat.proof.explain import explain_earlier, explain_levels
from labcoat.proof.outputs import RunResult
from labcoat.proof.processor import describe_processor
from support import Repository

Program = Callable[[str, Mapping[str, str]], str]
NUMBERS = count()


def kernels(level: str, pinned: Mapping[str, str]) -> str:
    """The venv's OpenBLAS chooses another kernel than the image's."""
    return pinned.get("OPENBLAS_CORETYPE", {"venv": "SkylakeX", "docker": "Haswell"}[level])


def pinned_kernels(level: str, pinned: Mapping[str, str]) -> str:
    """One of the levels has the kernel that the pinned choice selects."""
    return pinned.get("OPENBLAS_CORETYPE", {"venv": "Nehalem", "docker": "Haswell"}[level])


def features(level: str, pinned: Mapping[str, str]) -> str:
    return pinned.get("NPY_DISABLE_CPU_FEATURES", level)


def threads(level: str, pinned: Mapping[str, str]) -> str:
    """The container has one processor."""
    return pinned.get("OMP_NUM_THREADS", {"venv": "2", "docker": "1"}[level])


def kernels_and_threads(level: str, pinned: Mapping[str, str]) -> str:
    """Neither of them alone makes the levels equal."""
    return kernels(level, pinned) + threads(level, pinned)


def kernels_and_features(level: str, pinned: Mapping[str, str]) -> str:
    return kernels(level, pinned) + features(level, pinned)


def onednn(level: str, pinned: Mapping[str, str]) -> str:
    return pinned.get("ONEDNN_MAX_CPU_ISA", level)


def random(level: str, pinned: Mapping[str, str]) -> str:
    return str(next(NUMBERS))


def hashes(level: str, pinned: Mapping[str, str]) -> str:
    return pinned.get("PYTHONHASHSEED") or random(level, pinned)


def release(level: str, pinned: Mapping[str, str]) -> str:
    """Nothing that can be pinned decides."""
    return level


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (kernels, "OPENBLAS_CORETYPE decides it; with it pinned, venv and docker are equal"),
        (pinned_kernels, "OPENBLAS_CORETYPE decides it; with it pinned, venv and docker are equal"),
        (threads, "threads decides it; with it pinned, venv and docker are equal"),
        (features, "NPY_DISABLE_CPU_FEATURES decides it; with it pinned"),
        (
            kernels_and_threads,
            "OPENBLAS_CORETYPE and threads decide it together; with OPENBLAS_CORETYPE and threads"
            " pinned, venv and docker are equal (OPENBLAS_CORETYPE=Nehalem OMP_NUM_THREADS=1 ",
        ),
        (
            kernels_and_features,
            "NPY_DISABLE_CPU_FEATURES decides it, with OPENBLAS_CORETYPE or threads; with"
            " OPENBLAS_CORETYPE, NPY_DISABLE_CPU_FEATURES and threads pinned, venv and docker are",
        ),
        (onednn, "ONEDNN_MAX_CPU_ISA decides it; with it pinned"),
        (random, "the program uses the time or random numbers without a seed"),
        (hashes, "PYTHONHASHSEED decides it; with it pinned"),
        (release, "none of OPENBLAS_CORETYPE, NPY_DISABLE_CPU_FEATURES, threads"),
    ],
    ids=[
        *("kernels", "pinned", "threads", "features", "two", "two others", "onednn", "random"),
        *("hashes", "release"),
    ],
)  # fmt: skip
def test_what_decides_is_named(tmp_path: Path, program: Program, expected: str) -> None:
    runs = 0

    def digest(text: str) -> str:
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def run(level: str, pinned: Mapping[str, str]) -> tuple[Path, dict[str, str]]:
        nonlocal runs
        runs += 1
        return tmp_path, {"out.txt": digest(program(level, pinned))}

    levels = {level: digest(program(level, {})) for level in ("venv", "docker")}
    results = [RunResult("train", "out.txt", levels)]
    package = "torch" if program is onednn else "numpy"
    found = [*explain_levels(results, tmp_path, lambda _: run, str, [package])]
    assert expected in found[-1]
    assert runs <= MOST_RUNS


def test_repeated_run_that_fails_explains_nothing(tmp_path: Path) -> None:
    """Such as when the engine goes away: the levels do not differ in something else then."""
    levels = {"venv": "sha256:1", "docker": "sha256:2"}
    results = [RunResult("train", "out.txt", levels)]

    def run(level: str, pinned: Mapping[str, str]) -> tuple[Path, dict[str, str]]:
        return tmp_path, {"out.txt": "sha256:1" if level == "venv" else "the command failed"}

    expected = "`train`: not explained, because a repeated run failed: docker: the command failed"
    assert [*explain_levels(results, tmp_path, lambda _: run, str)][-1] == expected
    digests = {"out.txt": "sha256:3"}
    results = [RunResult("train", "out.txt", {"docker": "sha256:2"})]
    assert [*explain_earlier(results, digests, tmp_path, lambda _: run, str)] == [expected]


def test_true_choices_are_among_those_named() -> None:
    """Of all sets of choices, within the runs that are left after all were pinned."""
    weights = dict.fromkeys(CHOICES, 0.1)
    sets = [frozenset(c) for n in range(1, 7) for c in combinations(CHOICES, n)]
    for deciding in sets:
        asked: list[frozenset[str]] = []

        def is_equal(pinned: frozenset[str]) -> bool:
            asked.append(pinned)  # noqa: B023
            return deciding <= pinned  # noqa: B023

        found = find_deciding(weights, is_equal, lambda _: len(asked) < 3)  # noqa: B023
        assert deciding in found.sets
        assert deciding <= found.pinned


def test_other_processor_is_explained(tmp_path: Path) -> None:
    """An earlier proof has only digests."""
    now = RunResult("train", "out.txt", {"venv": "sha256:SkylakeX"})

    def run(level: str, pinned: Mapping[str, str]) -> tuple[Path, dict[str, str]]:
        return tmp_path, {"out.txt": f"sha256:{kernels(level, pinned)}"}

    def explain(before: str) -> list[str]:
        digests = {"out.txt": f"sha256:{before}"}
        return [*explain_earlier([now], digests, tmp_path, lambda _: run, str)]

    assert "OPENBLAS_CORETYPE decides it" in explain("Nehalem")[-1]
    assert explain("SkylakeX") == []


def test_levels_that_differ_are_explained(shared_repo: Repository) -> None:
    """The commands run again, on the level and with the variable that the explanation names."""
    command = (
        'if [ "$VIRTUAL_ENV" ]; then n=1; else n=3; fi; n=${OMP_NUM_THREADS:-$n};'
        ' printf "a,0.1\\nb,0.3333333333%s\\n" $n >out.csv -> out.csv'
    )
    output = shared_repo.labcoat(
        "prove", "--explain", "--only", "venv,none", fails=True,
        LABCOAT_PROVE_RUNS=command, LABCOAT_DOCKER="no-such-docker",
    )  # fmt: skip
    assert "out.csv: numbers agree to 1e-10; 1 of 2 rows differ: line 2" in output
    assert "threads decides it; with it pinned, venv and none are equal" in output
    assert not (shared_repo.path / "out.csv").exists()


def test_processor_is_described_by_its_level() -> None:
    text = "model name\t: A 1\nflags\t\t: sse4_2 ssse3 popcnt avx2 fma bmi2\n"
    assert describe_processor(text)["level"] == "x86-64-v3"
    assert "level" not in describe_processor("model name : B")
