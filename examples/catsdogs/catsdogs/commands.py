"""The commands: what each does with its settings, and what it prints."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from catsdogs import train
from catsdogs.data import asked, manifest, split, summary
from catsdogs.errors import CatsdogsError
from catsdogs.extras import cluster, export, submit
from catsdogs.network import engine, features
from catsdogs.network.features import Sight
from catsdogs.results import (
    choice,
    compare,
    outputs,
    places,
    plan,
    predict,
    report,
    table,
    words,
)
from catsdogs.results.choice import Chosen
from catsdogs.settings import Settings, at_home, number
from catsdogs.support import cache
from catsdogs.support.terminal import print_notes
from catsdogs.training import lessons

MOST_FOLDS = 20


def show_data(settings: Settings) -> int:
    """Read every picture, write the split, and print what was found."""
    _, found = settings.opened()
    rows = split.divide(found.pictures, settings.seed, settings.split)
    manifest.write(rows, settings.build / outputs.SPLIT)
    summary.write_aside(found, settings.build / outputs.ASIDE)
    summary.write_alike(found, settings.build / outputs.ALIKE)
    print(*summary.understood(found, rows, settings.split), sep="\n")
    print(*summary.describe(found), *summary.parted(found, rows), sep="\n")
    print(f"{split.describe(rows)}: {settings.build / outputs.SPLIT}")
    return 0


def compute_features(settings: Settings, by: str, address: str) -> int:
    """Compute the features of each picture, `by` this process or `ray` at `address`."""
    if by not in {"", "local", "ray"}:
        raise CatsdogsError(
            f"invalid value `ENGINE={by}`", "Use `ENGINE=ray`, or leave it empty for this machine"
        )
    if by == "ray" and engine.DEVICE.gpu:
        raise CatsdogsError(
            "a cluster's workers compute on processors, not on the GPU of `GPU=`",
            "Leave out `ENGINE=ray` to use this machine's GPU, or `GPU=` to use the cluster",
        )
    fill = cluster.filler(address) if by == "ray" else None
    source, found = settings.opened()
    seen = features.compute(source, found.pictures, Sight(settings.network()), settings.cache, fill)
    print(*summary.describe(found), sep="\n")
    print(
        f"{seen.shards[0].shape[1]} features of each of {len(seen)} distinct pictures: "
        f"{settings.cache}"
    )
    return 0


def train_model(settings: Settings, lesson: str) -> int:
    """Train the model of a lesson, and print its accuracy and its files."""
    done = train.run(settings, settings.fitted(lessons.LESSONS[lesson]))
    print(*done.about, *_last_lines(settings.build, done.folder), sep="\n")
    return 0


def _last_lines(build: Path, folder: Path, *more: Path) -> list[str]:
    """Return the last lines about the model in `folder`, with the paths of its files."""
    files = [folder / outputs.MODEL, folder / outputs.CURVES, *more]
    paths = {file.stem: places.show(build, file) for file in files}
    return words.last_lines(places.read(folder), paths)


def run_lessons(settings: Settings, sized: bool, names: str, folds: str) -> int:
    """Run the lessons in `names`, and write one table of their results.

    `sized` tells whether the user gave a size. Raise `CatsdogsError` if there are no such folds.
    """
    chosen = lessons.choose(names)
    count = number("FOLDS", folds, 0, MOST_FOLDS) if folds else None
    if count == 1:
        raise CatsdogsError(
            "`FOLDS=1` leaves nothing to train on",
            "Use `FOLDS=5`, or `FOLDS=0` to use the test part of the split",
        )
    source, found = settings.opened()
    tasks = plan.plan(settings, chosen, found, sized, count)
    about = f"{len(found.pictures)} pictures, seed {settings.seed}"
    write = partial(table.write, about=about, build=settings.build)
    results = compare.run(tasks, source, found, write)
    files = (f"{kind} {settings.build / file}" for kind, file in table.FILES.items())
    print(about, "", *write(results), "", *files, sep="\n")
    return 0


def show_cache(settings: Settings, prune: str) -> int:
    """Print the entries of the cache, after removing those that `prune` names."""
    if prune not in {"", "stale", "all"}:
        raise CatsdogsError(
            f"invalid value `PRUNE={prune}`",
            "Use `PRUNE=stale` for entries that can no longer be used, or `PRUNE=all`",
        )
    entries = list(cache.kept(settings.cache))
    if prune == "all":
        for entry in entries:
            cache.remove(entry)
        removed = entries
    else:
        removed = cache.prune(entries, features.versions()) if prune else []
    for entry in removed:
        print(f"removed {cache.line(entry)}")
    left = list(cache.kept(settings.cache)) if prune else entries
    print(*map(cache.line, left), sep="\n", end="\n" if left else "")
    print(
        f"{len(left)} entries, {sum(entry.size for entry in left) / 2**20:.0f} MiB: "
        f"{settings.cache / cache.FOLDER}"
    )
    return 0


def _chosen(build: Path, typed: Mapping[str, str], model: str) -> Chosen:
    """Return the model to work on, which becomes the current one unless `model` names it.

    Train it first if needed.
    """
    found = choice.choose(build, typed, at_home(model))
    if isinstance(found, Chosen):
        if not model and found.record:
            places.point(build, found.folder)
        return found
    done = train.run(found.settings, found.settings.fitted(lessons.LESSONS[found.lesson]))
    print(*done.about, sep="\n")
    return choice.read(done.folder / outputs.MODEL, build)


def write_report(build: Path, typed: Mapping[str, str], model: str) -> int:
    """Write a report on a model, which is trained first if needed."""
    chosen = _chosen(build, typed, model)
    if not chosen.record:
        raise CatsdogsError(
            f"no record of how `{chosen.model}` was made: {outputs.RESULT} is not beside it",
            "Run `make train`, or set `MODEL=` to a model in build/models",
        )
    source, found = choice.open_data(chosen)
    written = report.write(report.Subject(chosen, source, found))
    print(f"model {chosen.folder.name}, made of `{chosen.settings.data}`")
    print(*_last_lines(build, chosen.folder, written), sep="\n")
    return 0


def write_submission(build: Path, typed: Mapping[str, str], model: str) -> int:
    """Write Kaggle's submission file with a model, which is trained first if needed."""
    found = choice.choose(build, typed, at_home(model))
    settings = found.settings
    _, data = settings.opened()
    submit.check(data.unlabelled)  # before anything is trained
    chosen = _chosen(build, typed, model)
    source, data = choice.open_data(chosen)
    written = submit.write(chosen, source, data.unlabelled)
    print(f"model {chosen.folder.name}", f"submission {places.show(build, written)}", sep="\n")
    return 0


def export_model(build: Path, model: str, form: str) -> int:
    """Export a model in the format `form`, or in all formats."""
    if form not in {"", *export.FILES}:
        raise CatsdogsError(
            f"invalid value `FORMAT={form}`",
            f"Use {' or '.join(export.FILES)}, or leave it empty for both",
        )
    for one in [form] if form else export.FILES:
        written, apart = export.write(one, places.find(build, at_home(model)))
        shown = places.show(build, written)
        print(f"{one} {shown}: probabilities differ from the model's by at most {apart:.1e}")
    return 0


def predict_classes(build: Path, model: str, files: Sequence[str]) -> int:
    """Print the class of each picture in `files`; return 1 if one of them cannot be read."""
    if not files:
        raise CatsdogsError(
            "nothing to predict", "Name the pictures: `make predict FILES='cat.jpg dog.jpg'`"
        )
    found = asked.find([at_home(file) for file in files], build / "cache")
    known = places.find(build, at_home(model))
    if found.searched:
        print_notes([predict.found_line(found)])
    given = []
    for answer in predict.answers(found, known):
        given.append(answer)
        print(predict.line(answer), file=sys.stderr if answer.reason else sys.stdout, flush=True)
    if found.searched:
        predict.write(given, found.others, build / outputs.PREDICTED)
        print_notes([f"{predict.summed(given)}: {build / outputs.PREDICTED}"])
    return 1 if any(answer.reason for answer in given) else 0
