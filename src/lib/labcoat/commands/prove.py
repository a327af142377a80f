"""`labcoat prove`: verify, file by file, that the lock, the environments and the image match."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from labcoat.core.project import Project

_STATUSES = {"equal": 0, "different": 1, "not proved": 3}


def add_arguments(parser: ArgumentParser) -> None:
    """Add which levels to compare, and with what."""
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="LEVEL,…",
        help="only these: lock, venv, docker …",
    )
    parser.add_argument("--json", action="store_true", help="print proof.json instead of a table")
    parser.add_argument(
        "--against", type=Path, metavar="FILE", help="name what changed since this proof.json"
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="another patch release of Python is a difference too",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="repeat commands whose outputs differ, and say what decides",
    )


def run(args: Namespace) -> int:
    """Print the table, or the proof as JSON; return 0 if equal, 1 if different, 3 if not proved."""
    from labcoat.proof import prove, table

    only = [name.strip() for given in args.only for name in given.split(",") if name.strip()]
    proof = prove.make_proof(
        Project.here(),
        only=only,
        against=args.against,
        strict=args.strict,
        explains=args.explain,
    )
    print(proof.json_text if args.json else table.format_table(proof), end="")
    return _STATUSES[proof.verdict]
