"""Training from data to result: every step is one call into the package of its name."""

import time

from catsdogs.data import split, summary
from catsdogs.data.split import TEST, VALIDATION
from catsdogs.results import bundle, curves, outputs, predictions, record, score
from catsdogs.results.score import Scores
from catsdogs.settings import Settings
from catsdogs.support import terminal
from catsdogs.training import calibration, head, learn, models
from catsdogs.training.lessons import Lesson


def run(settings: Settings, lesson: Lesson) -> tuple[Scores, list[str]]:
    """Train as `settings` and `lesson` say; return scores, and lines about the data.

    If nothing has changed since the last run, its scores are returned and nothing is computed.
    """
    started = time.monotonic()
    network = settings.network(lesson.preprocessing)
    build = settings.build

    # Data: read every picture.
    source, found = settings.opened()
    lines = summary.describe(found)
    produced_by = record.produced_by(found, network, settings, lesson)
    if scores := record.read(build, produced_by):
        return scores, [*lines, "Nothing has changed since this was trained."]
    summary.write_aside(found, build / outputs.ASIDE)
    summary.write_alike(found, build / outputs.ALIKE)

    # Split: choose the pictures to train on.
    rows = split.divide(found.pictures, settings.seed, settings.split)
    split.write(rows, build / outputs.SPLIT)
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
    temperature, threshold = learn.calibrated(learned, known)
    answers = {
        VALIDATION: calibration.answers(learned.validation, temperature),
        TEST: calibration.answers(learned.test, temperature),
    }
    scored = {
        part: score.score(answers[part], members, found.classes, threshold)
        for part, members in parts.items()
        if members
    }
    scores = Scores(scored[VALIDATION], scored.get(TEST))

    for part, name in ((VALIDATION, outputs.PREDICTIONS), (TEST, outputs.TEST_PREDICTIONS)):
        predictions.write(parts[part], found.classes, answers[part], build / name)
    interval = scores.validation.interval
    title = score.title(scores.validation, found.classes)
    curves.draw(learned.history, interval, title, build / outputs.CURVES)
    fitted = learned.head.cooled(temperature)
    head.save(fitted, build / outputs.HEAD)
    note = bundle.Note(found.classes, settings.size, threshold, lesson.views)
    whole = models.whole(network, fitted, learned.trained)
    bundle.save(whole, note, build / outputs.MODEL)
    calibrated = {"temperature": temperature, "threshold": threshold}
    more = {"history": learned.history, **calibrated}
    record.write(build, produced_by, scores, more, time.monotonic() - started)
    return scores, lines
