"""The command line: parse the arguments, run the command, and print errors with hints."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from catsdogs import train
from catsdogs.data import asked, layout, manifest, split, summary
from catsdogs.errors import CatsdogsError
from catsdogs.extras import cluster, export, submit
from catsdogs.network import engine, features
from catsdogs.network.backbones import BACKBONES
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
from catsdogs.settings import WORDS, Settings, at_home, number, settle
from catsdogs.support import cache, capacity
from catsdogs.support.terminal import print_error, print_notes
from catsdogs.training import lessons

MOST_FOLDS = 20
INTERRUPTED = 130  # 128 + SIGINT, what shells report


def _data(settings: Settings) -> int:
    _, found = settings.opened()
    rows = split.divide(found.pictures, settings.seed, settings.split)
    manifest.write(rows, settings.build / outputs.SPLIT)
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


def _train(settings: Settings, lesson: str) -> int:
    done = train.run(settings, settings.fitted(lessons.LESSONS[lesson]))
    print(*done.about, *_last_lines(settings.build, done.folder), sep="\n")
    return 0


def _last_lines(build: Path, folder: Path, *more: Path) -> list[str]:
    """Return the last lines about the model in `folder`, with the paths of its files."""
    files = [folder / outputs.MODEL, folder / outputs.CURVES, *more]
    paths = {file.stem: places.show(build, file) for file in files}
    return words.last_lines(places.read(folder), paths)


def _lessons(settings: Settings, sized: bool, names: str, folds: str) -> int:
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


def _chosen(build: Path, typed: Mapping[str, str], model: str) -> Chosen:
    """Return the model to work on, which becomes the current one unless `model` names it.

    Train it if there is none.
    """
    found = choice.choose(build, typed, at_home(model))
    if isinstance(found, Chosen):
        if not model and found.record:
            places.point(build, found.folder)
        return found
    done = train.run(found.settings, found.settings.fitted(lessons.LESSONS[found.lesson]))
    print(*done.about, sep="\n")
    return choice.read(done.folder / outputs.MODEL, build)


def _report(build: Path, typed: Mapping[str, str], model: str) -> int:
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


def _submit(build: Path, typed: Mapping[str, str], model: str) -> int:
    found = choice.choose(build, typed, at_home(model))
    settings = found.settings
    _, data = settings.opened()
    submit.check(data.unlabelled)  # before anything is trained
    chosen = _chosen(build, typed, model)
    source, data = choice.open_data(chosen)
    written = submit.write(chosen, source, data.unlabelled)
    print(f"model {chosen.folder.name}", f"submission {places.show(build, written)}", sep="\n")
    return 0


def _export(build: Path, model: str, form: str) -> int:
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


def _predict(build: Path, model: str, files: Sequence[str]) -> int:
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
        added.add_argument(
            "--balance", default="", help="1: all classes count the same in training; 0 (default)"
        )
        added.add_argument("--gpu", default="", help="1: compute on a GPU; if empty, on processors")
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
        help="the number of folds for cross-validation; 0: the split's test part; if empty, "
        f"{plan.FOLDS}, and the split for lessons from scratch",
    )
    comparing.set_defaults(
        run=lambda args: _lessons(_settled(args), bool(args.size), args.lessons, args.folds)
    )
    caching = command("cache", lambda _: 0, "show the cached features")
    caching.add_argument(
        "--prune", default="", help="remove stale entries (of other versions, damaged), or all"
    )
    caching.set_defaults(run=lambda args: _cache(_settled(args), args.prune))

    def on_a_model(
        name: str, run: Callable[[argparse.Namespace], int], about: str
    ) -> argparse.ArgumentParser:
        added = command(name, lambda _: 0, about)
        added.add_argument(
            "--model",
            default="",
            help="a file, or the beginning of a name in build/models; if empty, the last model",
        )
        added.set_defaults(run=run)
        return added

    on_a_model(
        "report",
        lambda args: _report(_settled(args).build, _typed(args), args.model),
        "write a report on a model as a web page; train one if there is none",
    )
    on_a_model(
        "submit",
        lambda args: _submit(_settled(args).build, _typed(args), args.model),
        "write Kaggle's submission file; train a model if there is none",
    )
    exporting = on_a_model(
        "export",
        lambda args: _export(_settled(args).build, args.model, args.format),
        "export the model for ONNX Runtime and LiteRT, and verify its predictions",
    )
    exporting.add_argument("--format", default="", help="onnx or litert; if empty, both")
    predicting = on_a_model(
        "predict",
        lambda args: _predict(_settled(args).build, args.model, args.files),
        "predict the class of pictures",
    )
    predicting.add_argument("files", nargs="*", metavar="FILE")
    return top


def _typed(args: argparse.Namespace) -> dict[str, str]:
    return {word: getattr(args, word) for word in WORDS}


def _settled(args: argparse.Namespace) -> Settings:
    engine.choose_device(args.gpu)
    return settle(args.build, **_typed(args))


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
