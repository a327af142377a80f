"""The command line: parse the arguments, run the command, and print errors with hints."""

import argparse
import sys
from collections.abc import Callable, Sequence

from catsdogs import train
from catsdogs.data import layout, split, summary
from catsdogs.errors import CatsdogsError
from catsdogs.extras import cluster, export, submit
from catsdogs.network import features
from catsdogs.network.backbones import BACKBONES
from catsdogs.network.features import Sight
from catsdogs.results import compare, outputs, predict, report, score
from catsdogs.settings import WORDS, Settings, at_home, number, settle
from catsdogs.support import cache, capacity
from catsdogs.support.terminal import print_error
from catsdogs.training import lessons

MOST_FOLDS = 20
INTERRUPTED = 130  # 128 + SIGINT, what shells report


def _data(settings: Settings) -> int:
    _, found = settings.opened()
    rows = split.divide(found.pictures, settings.seed, settings.split)
    split.write(rows, settings.build / outputs.SPLIT)
    summary.write_aside(found, settings.build / outputs.ASIDE)
    summary.write_alike(found, settings.build / outputs.ALIKE)
    print(*summary.understood(found, rows, settings.split), sep="\n")
    print(*summary.describe(found), *summary.parted(found, rows), sep="\n")
    print(f"{split.describe(rows)}: {settings.build / outputs.SPLIT}")
    return 0


def _features(settings: Settings, by: str, address: str) -> int:
    if by not in {"", "local", "ray"}:
        raise CatsdogsError(
            f"invalid value `ENGINE={by}`", "Use `ENGINE=ray`, or leave it empty for this machine"
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


def _train(settings: Settings, lesson: str) -> int:
    scores, about = train.run(settings, settings.fitted(lessons.LESSONS[lesson]))
    print(*about, *score.last_lines(scores, settings.build), sep="\n")
    return 0


def _lessons(settings: Settings, words: str, folds: str) -> int:
    count = number("FOLDS", folds or "0", 0, MOST_FOLDS)
    if count == 1:
        raise CatsdogsError(
            "`FOLDS=1` leaves nothing to train on",
            "Use `FOLDS=5`, or leave it empty to use the test part of the split",
        )
    chosen = [
        settings.fitted(lesson) if lesson.views > 1 else lesson for lesson in lessons.choose(words)
    ]
    results = compare.run(settings, chosen, count)
    part = (
        f"each of {count} parts of the pictures in turn"
        if count
        else f"the test part of split {settings.split}".removesuffix(" ")
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


def _report(settings: Settings) -> int:
    scores, about = train.run(settings, settings.fitted(lessons.LESSONS["frozen"]))
    source, found = settings.opened()
    written = report.write(report.Run(settings, source, found, scores.validation))
    print(*about, *score.last_lines(scores, settings.build), f"report {written}", sep="\n")
    return 0


def _submit(settings: Settings) -> int:
    print(f"submission {submit.write(settings)}")
    return 0


def _export(settings: Settings, form: str) -> int:
    if form not in {"", *export.FILES}:
        raise CatsdogsError(
            f"invalid value `FORMAT={form}`",
            f"Use {' or '.join(export.FILES)}, or leave it empty for both",
        )
    for one in [form] if form else export.FILES:
        written, apart = export.write(one, settings.build)
        print(f"{one} {written}: probabilities differ from the model's by at most {apart:.1e}")
    return 0


def _predict(settings: Settings, files: Sequence[str]) -> int:
    if not files:
        raise CatsdogsError(
            "nothing to predict", "Name the pictures: `make predict FILES='cat.jpg dog.jpg'`"
        )
    unread = 0
    for answer in predict.answers(
        [at_home(file) for file in files], settings.build / outputs.MODEL
    ):
        unread += bool(answer.reason)
        print(predict.line(answer), file=sys.stderr if answer.reason else sys.stdout, flush=True)
    return 1 if unread else 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(prog="catsdogs", description="Transfer learning with VGG16.")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[Settings], int], about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        added.add_argument(
            "--data",
            default="",
            help="a zip file, a folder with a subfolder per class, kaggle, mirror, mirror-full, "
            "or synthetic (the default)",
        )
        added.add_argument(
            "--backbone", default="", help=f"the pretrained network: {', '.join(BACKBONES)}"
        )
        added.add_argument(
            "--weights", default="", help="the backbone's weights: imagenet, a file, or random"
        )
        added.add_argument(
            "--size", default="", help="resize pictures to a square with this side in px"
        )
        added.add_argument("--seed", default="", help="seed of the split and of random numbers")
        added.add_argument(
            "--views", default="", help="views of each picture to train on and to predict from"
        )
        added.add_argument(
            "--split",
            default="",
            help=f"how to split the pictures: {', '.join(split.PRESETS)}, {split.FOLDERS} (as the "
            "authors did), or a manifest; if empty, folders if there are such folders, or full",
        )
        added.add_argument(
            "--classes",
            default="",
            help=f"where the classes are: {', '.join(layout.WAYS)}; if empty, find out",
        )
        added.add_argument(
            "--alike",
            default="",
            help="which pictures stay in one part of the split: near duplicates (near, the "
            "default), or copies of a file (exact)",
        )
        added.add_argument(
            "--winograd",
            default="",
            help="convolutions with fewer multiplications: on (the default) or off",
        )
        added.add_argument("--build", default="build", help="the folder for all output")
        added.set_defaults(run=lambda args: run(_settled(args)))
        return added

    command("data", _data, "read every picture, and split them for training and validation")
    computing = command("features", lambda _: 0, "compute and cache the features of each picture")
    computing.add_argument("--engine", default="", help="ray; if empty, this process alone")
    computing.add_argument(
        "--address", default="", help="the Ray cluster's address; if empty, Ray on this machine"
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
        "train the last block too, on the cached outputs of the frozen blocks",
    )
    comparing = command(
        "lessons", lambda _: 0, "run the lessons, and write one table of their results"
    )
    comparing.add_argument(
        "--lessons", default="", help=f"which of {', '.join(lessons.LESSONS)}; if empty, all"
    )
    comparing.add_argument(
        "--folds",
        default="",
        help="the number of folds for cross-validation; if empty, use the split's test part",
    )
    comparing.set_defaults(run=lambda args: _lessons(_settled(args), args.lessons, args.folds))
    caching = command("cache", lambda _: 0, "show the cached features")
    caching.add_argument(
        "--prune", default="", help="remove stale entries (of other versions, damaged), or all"
    )
    caching.set_defaults(run=lambda args: _cache(_settled(args), args.prune))
    command("report", _report, "train, and write a report as a web page")
    command("submit", _submit, "train, and write Kaggle's submission file")
    exporting = command(
        "export",
        lambda _: 0,
        "export the model for ONNX Runtime and LiteRT, and verify its predictions",
    )
    exporting.add_argument("--format", default="", help="onnx or litert; if empty, both")
    exporting.set_defaults(run=lambda args: _export(_settled(args), args.format))
    predicting = command("predict", lambda _: 0, "predict the class of pictures")
    predicting.add_argument("files", nargs="*", metavar="FILE")
    predicting.set_defaults(run=lambda args: _predict(_settled(args), args.files))
    return top


def _settled(args: argparse.Namespace) -> Settings:
    return settle(args.build, **{word: getattr(args, word) for word in WORDS})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv`, by default the process's arguments; return the exit status."""
    args = parser().parse_args(argv)
    try:
        return int(args.run(args))
    except CatsdogsError as error:
        print_error(error.message, error.hint)
    except OSError as error:
        if not capacity.is_full(error):
            raise
        print_error(
            "the disk is full",
            "Free some space and run the same command again: finished work is kept",
        )
    except MemoryError:
        print_error("not enough memory", "Use a smaller `SIZE=`, or close other programs")
    except KeyboardInterrupt:
        print("catsdogs: interrupted; finished work is kept", file=sys.stderr)
        return INTERRUPTED
    return 1


if __name__ == "__main__":
    sys.exit(main())
