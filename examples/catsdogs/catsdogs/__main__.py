"""The command line: parse, call, and turn a Failure into two lines and an exit status."""

import argparse
import sys
from collections.abc import Callable, Sequence

from catsdogs import train
from catsdogs.data import dataset, split, summary
from catsdogs.errors import Failure
from catsdogs.extras import cluster, export, submit
from catsdogs.network import features
from catsdogs.network.backbones import BACKBONES
from catsdogs.network.features import Sight
from catsdogs.results import compare, outputs, predict, report, score
from catsdogs.settings import WORDS, Settings, at_home, number, settle
from catsdogs.support import cache, capacity
from catsdogs.training import lessons

MOST_FOLDS = 20
INTERRUPTED = 130  # 128 + SIGINT, what shells report


def _data(settings: Settings) -> int:
    _, found = dataset.open_data(settings.data, settings.cache, settings.seed)
    rows = split.divide(found.pictures, settings.seed, settings.split)
    split.write(rows, settings.build / outputs.SPLIT)
    summary.write_aside(found, settings.build / outputs.ASIDE)
    summary.write_alike(found, settings.build / outputs.ALIKE)
    print(*summary.describe(found), sep="\n")
    print(f"{split.describe(rows)}: {settings.build / outputs.SPLIT}")
    return 0


def _features(settings: Settings, by: str, address: str) -> int:
    if by not in {"", "local", "ray"}:
        raise Failure(f"ENGINE={by} is not known.", "Give ray, or nothing for this process alone.")
    fill = cluster.filler(address) if by == "ray" else None
    source, found = dataset.open_data(settings.data, settings.cache, settings.seed)
    seen = features.compute(source, found.pictures, Sight(settings.network()), settings.cache, fill)
    print(*summary.describe(found), sep="\n")
    print(
        f"{seen.shards[0].shape[1]} features of each of {len(seen)} distinct pictures: "
        f"{settings.cache}"
    )
    return 0


def _train(settings: Settings, lesson: str) -> int:
    scores, about = train.run(settings, settings.fitted(lessons.LESSONS[lesson]))
    print(*about, *score.last_lines(scores, settings.build), sep="\n")
    return 0


def _lessons(settings: Settings, words: str, folds: str) -> int:
    count = number("FOLDS", folds or "0", 0, MOST_FOLDS)
    if count == 1:
        raise Failure(
            "FOLDS=1 leaves nothing to train on.",
            "Give FOLDS=5, or none for the test part of the split.",
        )
    chosen = [
        settings.fitted(lesson) if lesson.views > 1 else lesson for lesson in lessons.choose(words)
    ]
    results = compare.run(settings, chosen, count)
    part = (
        f"each of {count} parts of the pictures in turn"
        if count
        else f"the test part of split {settings.split}"
    )
    about = f"{len(results[0].right)} pictures, {part}, {settings.size} px, seed {settings.seed}"
    print(about, "", *compare.write(results, about, settings.build), sep="\n")
    print(
        "",
        f"table {settings.build / compare.TABLE}",
        f"chart {settings.build / compare.CHART}",
        sep="\n",
    )
    return 0


def _cache(settings: Settings, prune: str) -> int:
    if prune not in {"", "stale", "all"}:
        raise Failure(
            f"PRUNE={prune} is not known.",
            "Give PRUNE=stale for what can no longer be used, or PRUNE=all.",
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


def _report(settings: Settings) -> int:
    scores, about = train.run(settings, settings.fitted(lessons.LESSONS["frozen"]))
    source, found = dataset.open_data(settings.data, settings.cache, settings.seed)
    written = report.write(report.Run(settings, source, found, scores.validation))
    print(*about, *score.last_lines(scores, settings.build), f"report {written}", sep="\n")
    return 0


def _submit(settings: Settings) -> int:
    print(f"answers {submit.write(settings)}")
    return 0


def _export(settings: Settings, form: str) -> int:
    if form not in {"", *export.FILES}:
        raise Failure(
            f"FORMAT={form} is not known.",
            f"Give {' or '.join(export.FILES)}, or nothing for both.",
        )
    for one in [form] if form else export.FILES:
        written, apart = export.write(one, settings.build)
        print(f"{one} {written}: its probabilities differ from the model's by {apart:.1e} at most")
    return 0


def _predict(settings: Settings, files: Sequence[str]) -> int:
    if not files:
        raise Failure(
            "There is nothing to predict.", "Name pictures: make predict FILES='cat.jpg dog.jpg'."
        )
    unread = 0
    for answer in predict.answers(
        [at_home(file) for file in files], settings.build / outputs.MODEL
    ):
        unread += bool(answer.reason)
        print(predict.line(answer), file=sys.stderr if answer.reason else sys.stdout, flush=True)
    return 1 if unread else 0


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="catsdogs", description="Transfer learning with VGG16.")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[Settings], int], about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        added.add_argument(
            "--data",
            default="",
            help="a zip file, a folder with a subfolder per class, kaggle, mirror, mirror-full, "
            "or synthetic",
        )
        added.add_argument(
            "--backbone", default="", help=f"the network that is frozen: {', '.join(BACKBONES)}"
        )
        added.add_argument(
            "--weights", default="", help="the backbone's: imagenet, a file, or random"
        )
        added.add_argument(
            "--size", default="", help="side in px of the square that pictures are resized to"
        )
        added.add_argument("--seed", default="", help="decides the split, and whatever is random")
        added.add_argument(
            "--views", default="", help="of each picture that are trained on, and asked about"
        )
        added.add_argument(
            "--split",
            default="",
            help=f"how pictures are divided: {', '.join(split.PRESETS)}, or a manifest",
        )
        added.add_argument(
            "--winograd",
            default="",
            help="convolutions with fewer multiplications: on or off; on, if empty",
        )
        added.add_argument("--build", default="build", help="the folder for all that is made")
        added.set_defaults(run=lambda args: run(_settled(args)))
        return added

    command("data", _data, "look at every picture, and split them into training and validation")
    computing = command("features", lambda _: 0, "compute what VGG16 sees in each picture, once")
    computing.add_argument("--engine", default="", help="ray, or nothing for this process alone")
    computing.add_argument(
        "--address", default="", help="the Ray cluster's; if empty, Ray on this machine alone"
    )
    computing.set_defaults(run=lambda args: _features(_settled(args), args.engine, args.address))
    command(
        "train",
        lambda settings: _train(settings, "frozen"),
        "train the head, and save the model and its curves",
    )
    command(
        "finetune",
        lambda settings: _train(settings, "finetuned"),
        "train the last block too, from what the others give",
    )
    comparing = command(
        "lessons", lambda _: 0, "run the lessons, and write one table of what they come to"
    )
    comparing.add_argument(
        "--lessons", default="", help=f"which of {', '.join(lessons.LESSONS)}; all, if empty"
    )
    comparing.add_argument(
        "--folds",
        default="",
        help="keep each of so many parts back in turn, instead of one test part",
    )
    comparing.set_defaults(run=lambda args: _lessons(_settled(args), args.lessons, args.folds))
    caching = command("cache", lambda _: 0, "show what was computed once and kept")
    caching.add_argument(
        "--prune", default="", help="remove: stale, what other versions made or is damaged; all"
    )
    caching.set_defaults(run=lambda args: _cache(_settled(args), args.prune))
    command("report", _report, "train, and write a page about it")
    command("submit", _submit, "train, and answer for the pictures that have no class")
    exporting = command(
        "export",
        lambda _: 0,
        "write the model for ONNX Runtime and LiteRT, and hold it against itself",
    )
    exporting.add_argument("--format", default="", help="onnx or litert; both if empty")
    exporting.set_defaults(run=lambda args: _export(_settled(args), args.format))
    predicting = command("predict", lambda _: 0, "name what is in pictures")
    predicting.add_argument("files", nargs="*", metavar="FILE")
    predicting.set_defaults(run=lambda args: _predict(_settled(args), args.files))
    return top


def _settled(args: argparse.Namespace) -> Settings:
    return settle(args.build, **{word: getattr(args, word) for word in WORDS})


def main(argv: Sequence[str] | None = None) -> int:
    """Run with `argv`, or the process's own arguments; the exit status."""
    args = parser().parse_args(argv)
    try:
        return int(args.run(args))
    except Failure as failure:
        return _say(failure)
    except OSError as error:
        if not capacity.is_full(error):
            raise
        return _say(
            Failure(
                "The disk is full.",
                "Make room, and run the same command again: what is done is kept.",
            )
        )
    except MemoryError:
        return _say(
            Failure("There is too little memory.", "Give a smaller SIZE=, or close other programs.")
        )
    except KeyboardInterrupt:
        print("catsdogs: interrupted; what is done is kept", file=sys.stderr)
        return INTERRUPTED


def _say(failure: Failure) -> int:
    print(f"catsdogs: {failure.what}\n  {failure.todo}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
