"""Put small faults into the source and see whether a test fails.

Run `python tests/campaigns/mutations.py COUNT [SEED [PACKAGE]]`. PACKAGE is a package of labcoat,
such as core or lint; by default any. Each fault is tried in a copy of the repository with the tests
that mirror its module, then with the package's other tests. Tests that need Docker or a package
index are left out. A fault that no test notices is printed: a test is missing, or it is harmless.
"""

import ast
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SOURCE = Path("src/lib/labcoat")
CHOICE = "not (docker or network or index)"
TIMEOUT = 300.0  # seconds for the tests of one fault: a loop that does not end is noticed too
OPPOSITE = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}


@dataclass(frozen=True)
class Fault:
    """A part of a module's source, from `start` to `end` in bytes, and what is put in its place."""

    path: Path
    start: int
    end: int
    text: str

    def put(self, source: bytes) -> bytes:
        """The module's source with the fault in it."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def describe(self, source: bytes) -> str:
        """The file, the line, and the change."""
        line = source.count(b"\n", 0, self.start) + 1
        before = " ".join(source[self.start : self.end].decode().split())
        return f"{self.path}:{line}: {before} → {self.text}"


def faults(path: Path, source: bytes) -> Iterator[Fault]:
    """Yield every fault for a module: negated conditions, removed `not`, numbers off by one."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.expr) or (changed := change(node)) is None:
            continue
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        yield Fault(path, start, end, f"({ast.unparse(changed)})")


def change(node: ast.expr) -> ast.expr | None:
    """Return another expression in place of `node`; None if it has no opposite."""
    changed: ast.expr | None = None
    match node:
        case ast.Compare(ops=[op]) if type(op) in OPPOSITE:
            changed = ast.Compare(node.left, [OPPOSITE[type(op)]()], node.comparators)
        case ast.BoolOp(op=op):
            changed = ast.BoolOp(OPPOSITE[type(op)](), node.values)
        case ast.BinOp(op=op, left=left, right=right) if type(op) in OPPOSITE:
            changed = ast.BinOp(left, OPPOSITE[type(op)](), right)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            changed = operand
        case ast.IfExp(test=test, body=body, orelse=orelse):
            changed = ast.IfExp(test, orelse, body)
        case ast.Constant(value=bool() as value):
            changed = ast.Constant(not value)
        case ast.Constant(value=int() as value):
            changed = ast.Constant(value + 1)
    return changed


def tests_of(root: Path, module: Path) -> list[list[str]]:
    """The tests of a module, the nearest first: of the module, of its package, of all."""
    room = Path("tests") / module.relative_to(SOURCE).parent
    nearest = [room / f"test_{module.stem}.py", room, Path("tests/test_cli.py")]
    return [[str(path)] for path in nearest if (root / path).exists()]


def is_noticed(root: Path, steps: list[list[str]]) -> bool:
    """Whether a test fails in the copy at `root`; a step runs only if the one before passes."""
    options = ["-q", "-x", "-p", "no:cacheprovider", "-m", CHOICE]
    for paths in steps:
        words = [sys.executable, "-m", "pytest", *options, *paths]
        try:
            ended = subprocess.run(
                words, cwd=root, capture_output=True, timeout=TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired:
            return True
        if ended.returncode not in (0, 5):  # 5: there are none to run
            return True
    return False


def copied(root: Path) -> Path:
    """A copy of what git knows or would add, in `root`."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(words, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, root / name, follow_symlinks=False)
    return root


def unnoticed(count: int, seed: int, package: str = "") -> Iterator[str]:
    """Try `count` faults; describe each that no test notices."""
    with tempfile.TemporaryDirectory() as folder:
        root = copied(Path(folder) / "copy")
        modules = sorted((root / SOURCE / package).rglob("*.py"))
        sources = {path.relative_to(root): path.read_bytes() for path in modules}
        found = [fault for path, source in sources.items() for fault in faults(path, source)]
        chosen = random.Random(seed).sample(found, min(count, len(found)))  # noqa: S311
        for number, fault in enumerate(chosen, 1):
            (root / fault.path).write_bytes(fault.put(sources[fault.path]))
            if not is_noticed(root, tests_of(root, fault.path)):
                yield fault.describe(sources[fault.path])
            (root / fault.path).write_bytes(sources[fault.path])
            print(f"\r{number} of {len(chosen)}", end="", file=sys.stderr, flush=True)


def main(count: int, seed: int = 1, package: str = "") -> int:
    """Print the faults that no test notices, and how many there are."""
    left = 0
    for line in unnoticed(count, seed, package):
        print(line, flush=True)
        left += 1
    print(f"\n{left} of {count} faults (seed {seed}) were noticed by no test")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *map(int, sys.argv[2:3]), *sys.argv[3:4]))
