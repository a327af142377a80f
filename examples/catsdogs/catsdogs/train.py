"""Training from data to result: every step is one call into the package of its name."""

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from catsdogs.data import manifest, split, summary
from catsdogs.data.manifest import TEST, VALIDATION
from catsdogs.results import bundle, curves, outputs, places, predictions, record, score
from catsdogs.results.score import Scores
from catsdogs.settings import Settings
from catsdogs.support import terminal
from catsdogs.training import calibration, head, learn, models
from catsdogs.training.lessons import Lesson


@dataclass(frozen=True)
class Run:
    """A finished run: the folder of its model, its scores, and lines about the data."""

    folder: Path
    scores: Scores
    about: list[str]


def run(settings: Settings, lesson: Lesson) -> Run:
    """Train as `settings` and `lesson` say, and make the model the current one.

    If nothing has changed since the last such run, nothing is computed.
    """
    started = time.monotonic()
    network = settings.network(lesson.preprocessing)
    build = settings.build

    # Data: read every picture.
    source, found = settings.opened()
    lines = summary.describe(found)
    produced_by = record.produced_by(found, network, settings, lesson)
    name = places.name(lesson.name, produced_by)
    folder = build / places.FOLDER / name
    if scores := record.read(folder, produced_by):
        lines.append("Nothing has changed since this was trained.")
        return Run(folder, scores, [*lines, *places.point(build, folder)])
    summary.write_aside(found, build / outputs.ASIDE)
    summary.write_alike(found, build / outputs.ALIKE)

    # Split: choose the pictures to train on.
    rows = split.divide(found.pictures, settings.seed, settings.split)
    manifest.write(rows, folder / outputs.SPLIT)
    terminal.print_notes(summary.understood(found, rows, settings.split))
    lines += [*summary.parted(found, rows), split.describe(rows)]

    # Features and head: compute the frozen network's features, or load them from the cache; train
    # the layers after it.
    material = learn.Material(source, found.pictures, found.classes, settings.cache)
    learned = learn.learn(lesson, material, rows, network)
    if learned.head is None:
        raise ValueError(f"{lesson.name} produces no model")

    # Result: calibrate on the validation part, then score both parts.
    parts = {part: [row for row in rows if row.part == part] for part in (VALIDATION, TEST)}
    known = learn.labels(parts[VALIDATION], found.classes)
    held_out = learn.held_out(lesson, material, rows, network)
    temperature, sure = learn.calibrated((learned.validation, known), held_out)
    answers = {
        VALIDATION: calibration.answers(learned.validation, temperature),
        TEST: calibration.answers(learned.test, temperature),
    }
    scored = {
        part: score.score(answers[part], members, found.classes, sure.threshold)
        for part, members in parts.items()
        if members
    }
    scores = Scores(scored[VALIDATION], scored.get(TEST))

    for file in outputs.DERIVED:
        (folder / file).unlink(missing_ok=True)  # of the model that this one replaces
    for part, file in ((VALIDATION, outputs.PREDICTIONS), (TEST, outputs.TEST_PREDICTIONS)):
        predictions.write(parts[part], found.classes, answers[part], folder / file)
    interval = scores.validation.interval
    title = score.title(scores.validation, found.classes)
    curves.draw(learned.history, interval, title, folder / outputs.CURVES, lesson.step)
    fitted = learned.head.cooled(temperature)
    head.save(fitted, folder / outputs.HEAD)
    note = bundle.Note(found.classes, settings.size, sure.threshold, lesson.views, sure.promise)
    whole = models.whole(network, fitted, learned.trained)
    bundle.save(whole, note, folder / outputs.MODEL)
    places.write_mounts(settings, folder)
    made_with = asdict(replace(settings, views=lesson.views))
    del made_with["build"]
    more = {
        "name": name,
        "lesson": lesson.name,
        "settings": made_with,
        "classes": found.classes,
        "history": learned.history,
        "temperature": temperature,
        **asdict(sure),
    }
    record.write(folder, produced_by, scores, more, time.monotonic() - started)
    return Run(folder, scores, [*lines, *places.point(build, folder)])
