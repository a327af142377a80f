"""The lessons: documented, run, compared, and cached."""

import csv
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from samples import Run, jpeg, make_folder, refused, some_photographs

from catsdogs import settings
from catsdogs.errors import CatsdogsError
from catsdogs.training import learn, lessons
from catsdogs.training.lessons import LESSONS

PHOTOGRAPHS = os.environ.get("CATSDOGS_TEST_PHOTOGRAPHS", "")
README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_a_lesson_documents_its_accuracy_and_command(lesson: lessons.Lesson) -> None:
    """Its docstring has the expected accuracy and the command; the README's table has its title."""
    text = type(lesson).__doc__ or ""
    assert "Expected: " in text
    assert f"LESSONS={lesson.name}" in text
    assert f"| {lesson.title} |" in README


def test_lessons_are_chosen_by_name() -> None:
    """Names are separated by commas or spaces, in any order; empty means all; unknown is an
    error.
    """
    assert [lesson.name for lesson in lessons.choose("frozen, scaled")] == ["frozen", "scaled"]
    assert lessons.choose("") == list(LESSONS.values())
    with pytest.raises(CatsdogsError, match="unknown lesson `thawed`"):
        lessons.choose("thawed")


def test_fine_tuning_needs_two_boundaries() -> None:
    """It starts from the outputs of the block before, and from the features for its first head."""
    network = settings.settle("build").network()
    tuned = learn.sights(LESSONS["finetuned"], network)
    assert {(sight.boundary, sight.view) for sight in tuned} == {
        (boundary, view) for boundary in ("block4_pool", "pooled") for view in range(2)
    }
    assert [sight.boundary for sight in learn.sights(LESSONS["scratch"], network)] == ["rgb"]


@pytest.fixture(scope="module")
def three_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    members = {
        f"{label}/{n}.jpg": jpeg(label, n) for label in ("cat", "dog", "frog") for n in range(10)
    }
    return make_folder(tmp_path_factory.mktemp("three") / "set", members)


def forbid_imports(folder: Path) -> None:
    """Make runs in `folder` that import a large library fail."""
    for library in ("tensorflow", "keras", "matplotlib", "scipy", "sklearn"):
        (folder / f"{library}.py").write_text("raise SystemExit('imported')\n")


def test_all_lessons_in_one_table(
    call: Run, tmp_path: Path, three_classes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every lesson runs on three classes, and the table has a line for each; a second run trains
    nothing and gives the same. An epoch is enough for that.
    """
    for name, lesson in LESSONS.items():
        if lesson.course:
            short = replace(lesson, course=replace(lesson.course, epochs=1))
            monkeypatch.setitem(LESSONS, name, short)
    words = ("lessons", "--data", three_classes, "--weights", "random", "--size", 32, "--folds", 0)
    done = call(*words)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "build/lessons.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [line["lesson"] for line in table] == [lesson.title for lesson in LESSONS.values()]
    assert all(0 <= float(line["accuracy"]) <= 1 and line["published"] for line in table)
    assert all(re.fullmatch(r"\d\.\d{4} to \d\.\d{4}", line["95% interval"]) for line in table)
    assert [bool(line["p, against the line above"]) for line in table] == [
        False,
        *[True] * (len(table) - 1),
    ]
    parameters = {
        line["lesson"]: int(line["trained parameters"].replace(",", "")) for line in table
    }
    assert parameters["frozen, linear head"] == 3 * 513
    assert parameters["last block fine-tuned"] == 3 * 513 + 3 * (512 * 512 * 9 + 512)
    assert (tmp_path / "build/lessons.md").read_text().count("\n| ") == len(table) + 1
    assert (tmp_path / "build/lessons.png").stat().st_size > 10_000

    kept = {path: path.read_bytes() for path in (tmp_path / "build/lessons").glob("*.json")}
    monkeypatch.setattr(learn, "learn", lambda *_: pytest.fail("trained again"))
    again = call(*words)
    assert again.stdout == done.stdout, again.stderr
    assert {path: path.read_bytes() for path in (tmp_path / "build/lessons").glob("*.json")} == kept


def test_folds_and_the_same_twice(run: Run, tmp_path: Path, three_classes: Path) -> None:
    """With folds every picture is tested with; two runs, each in a process of its own, agree in
    everything except their time. Results that are there need no large library.
    """
    found = []
    for build in ("one", "two"):
        words = ("--data", three_classes, "--weights", "random", "--size", 32, "--build", build)
        done = run("lessons", *words, "--lessons", "frozen finetuned", "--folds", 2)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("30 pictures, seed 0\n")
        assert done.stdout.count("| 32 px | 30, 2 folds |") == 2
        results = [
            json.loads(path.read_text())
            for path in sorted((tmp_path / build / "lessons").glob("*.json"))
        ]
        found.append(
            [{name: value for name, value in one.items() if name != "seconds"} for one in results]
        )
    assert len(found[0]) == 2
    assert found[0] == found[1]
    forbid_imports(tmp_path)
    again = run("lessons", *words, "--lessons", "frozen finetuned", "--folds", 2)
    assert again.stdout == done.stdout, again.stderr


def test_finetune_produces_a_model(call: Run, tmp_path: Path, three_classes: Path) -> None:
    """`finetune` ends like `train`, its model predicts a file; `cache` lists entries and prunes."""
    words = ("--data", three_classes, "--weights", "random", "--size", 32)
    done = call("finetune", *words)
    assert done.returncode == 0, done.stderr
    assert "test accuracy" in done.stdout
    assert re.search(
        r"validation accuracy .* of 6 pictures \(.*\)\nmodel  build/model.keras\ncurves",
        done.stdout,
    )
    record = json.loads((tmp_path / "build/result.json").read_text())
    assert record["test"]["total"] == 6
    assert record["temperature"] > 0
    (tmp_path / "frog.jpg").write_bytes(jpeg("frog", 600))
    asked = call("predict", "frog.jpg")
    assert re.fullmatch(r"frog\.jpg: (not sure, perhaps )?\w+ \d\.\d{4}\n", asked.stdout), (
        asked.stderr
    )

    shown = call("cache")
    assert shown.returncode == 0
    assert "4 entries" in shown.stdout
    assert shown.stdout.count("block4_pool of view") == 2
    assert "4 entries" in call("cache", "--prune", "stale").stdout
    assert "0 entries" in call("cache", "--prune", "all").stdout
    assert "invalid value `PRUNE=some`" in refused(call("cache", "--prune", "some"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--lessons", "thawed"), "unknown lesson `thawed`"),
        (("--folds", "1"), "`FOLDS=1` leaves nothing"),
        (("--folds", "many"), "`FOLDS=many` is not a whole number"),
        (("--split", "half"), "invalid value `SPLIT=half`"),
        (("--backbone", "vgg17"), "invalid value `BACKBONE=vgg17`"),
    ],
    ids=lambda value: "" if isinstance(value, str) else value[0].lstrip("-"),
)
def test_mistakes_give_an_error_and_a_hint(call: Run, words: tuple[str, ...], message: str) -> None:
    """Invalid settings give an error, and a hint with valid values."""
    assert message in refused(call("lessons", *words))


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (("--folds", "0"), "if it has 3 distinct ones and 'dog' has 2"),
        ((), "`FOLDS=5` needs at least 5 distinct pictures of a class, but 'dog' has 2"),
    ],
    ids=["split", "folds"],
)
def test_too_few_pictures_are_refused(
    call: Run, tmp_path: Path, words: tuple[str, ...], needed: str
) -> None:
    """If a split leaves nothing to test with, there is an error before anything is computed, and
    the hint states how many pictures are needed.
    """
    make_folder(
        tmp_path / "set",
        {f"{label}/{n}.jpg": jpeg(label, n) for label in ("cat", "dog") for n in range(2)},
    )
    fixed = ("--data", "set", "--weights", "random", "--size", 32, "--lessons", "frozen")
    assert needed in refused(call("lessons", *fixed, *words))


def test_another_manifest_is_another_result(call: Run, tmp_path: Path, three_classes: Path) -> None:
    """A lesson's result on a manifest is cached, and computed again if the manifest changes."""
    words = ("--data", three_classes, "--weights", "random", "--size", 32)
    assert call("data", *words).returncode == 0
    manifest = tmp_path / "own.csv"

    def remembered(text: str) -> int:
        manifest.write_text(text)
        done = call("lessons", *words, "--lessons", "frozen", "--split", manifest)
        assert done.returncode == 0, done.stderr
        return len(list((tmp_path / "build/lessons").iterdir()))

    text = (tmp_path / "build/split.csv").read_text()
    assert remembered(text) == 1
    assert remembered(text) == 1
    assert remembered(text.replace("frog,test", "frog,training")) == 2


def test_prediction_uses_as_many_views_as_training(
    call: Run, tmp_path: Path, three_classes: Path
) -> None:
    """A model trained on three views predicts for a file the same as for that picture in the
    validation part.
    """
    done = call("train", "--data", three_classes, "--weights", "random", "--size", 32, "--views", 3)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "build/predictions.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))[:3]
    asked = call("predict", *(three_classes / line["path"] for line in lines))
    answers = asked.stdout.splitlines()
    for line, shown in zip(lines, answers, strict=True):
        shares = {label: float(line[label]) for label in ("cat", "dog", "frog")}
        best = max(shares, key=lambda label: shares[label])
        answer = re.fullmatch(r".*: (?:not sure, perhaps )?(\w+) (\d\.\d{4})", shown)
        assert answer, asked.stderr
        assert answer[1] == best
        assert float(answer[2]) == pytest.approx(shares[best], abs=2e-3)


@pytest.mark.skipif(
    not PHOTOGRAPHS, reason="CATSDOGS_TEST_PHOTOGRAPHS is not set to a folder with photographs"
)
def test_on_photographs_the_right_inputs_win(run: Run, tmp_path: Path) -> None:
    """On 240 photographs the frozen network is accurate, and less so with inputs divided by 255."""
    some_photographs(Path(PHOTOGRAPHS) / "dogs-vs-cats.zip", tmp_path / "set", each=120)
    weights = next(Path(PHOTOGRAPHS).glob("vgg16*.h5"))
    words = ("--data", "set", "--weights", weights, "--size", 96, "--folds", 5)
    done = run("lessons", *words, "--lessons", "scaled frozen")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "build/lessons.csv").open(newline="") as file:
        scaled, frozen = (float(line["accuracy"]) for line in csv.DictReader(file))
    assert frozen >= 0.9
    assert frozen > scaled
