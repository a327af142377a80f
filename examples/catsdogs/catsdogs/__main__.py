"""The command line: parse the arguments, run the command, and print errors with hints."""

import argparse
import sys
from collections.abc import Callable, Sequence

from catsdogs import commands
from catsdogs.data import layout, split
from catsdogs.errors import CatsdogsError
from catsdogs.network import engine
from catsdogs.network.backbones import BACKBONES
from catsdogs.results import plan
from catsdogs.settings import WORDS, Settings, settle
from catsdogs.support import capacity
from catsdogs.support.terminal import print_error
from catsdogs.training import lessons

INTERRUPTED = 130  # 128 + SIGINT, what shells report


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(prog="catsdogs", description="Transfer learning with VGG16.")
    actions = top.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[Settings], int], about: str) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=about, description=about)
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

    command(
        "data", commands.show_data, "read every picture, and split them for training and validation"
    )
    computing = command("features", lambda _: 0, "compute and cache the features of each picture")
    computing.add_argument("--engine", default="", help="ray; if empty, this process alone")
    computing.add_argument(
        "--address", default="", help="the Ray cluster's address; if empty, Ray on this machine"
    )
    computing.set_defaults(
        run=lambda args: commands.compute_features(_settled(args), args.engine, args.address)
    )
    command(
        "train",
        lambda settings: commands.train_model(settings, "frozen"),
        "train the head, and save the model and its curves",
    )
    command(
        "finetune",
        lambda settings: commands.train_model(settings, "finetuned"),
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
        run=lambda args: commands.run_lessons(
            _settled(args), bool(args.size), args.lessons, args.folds
        )
    )
    caching = command("cache", lambda _: 0, "show the cached features")
    caching.add_argument(
        "--prune", default="", help="remove stale entries (of other versions, damaged), or all"
    )
    caching.set_defaults(run=lambda args: commands.show_cache(_settled(args), args.prune))

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
        lambda args: commands.write_report(_settled(args).build, _typed(args), args.model),
        "write a report on a model as a web page; train one first if needed",
    )
    on_a_model(
        "submit",
        lambda args: commands.write_submission(_settled(args).build, _typed(args), args.model),
        "write Kaggle's submission file; train a model first if needed",
    )
    exporting = on_a_model(
        "export",
        lambda args: commands.export_model(_settled(args).build, args.model, args.format),
        "export the model for ONNX Runtime and LiteRT, and verify its predictions",
    )
    exporting.add_argument("--format", default="", help="onnx or litert; if empty, both")
    predicting = on_a_model(
        "predict",
        lambda args: commands.predict_classes(_settled(args).build, args.model, args.files),
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
