"""Change a virtual environment at random, and see whether `labcoat prove` finds what matters.

Run `python tests/campaigns/tampering.py PROJECT COUNT [SEED]`. PROJECT is a directory with a
Makefile that includes labcoat and an environment in `.venv` that is equal to its lock; it is copied
back after each change. Each change is judged by an oracle: strace sees which files the programs of
the environment open and start, before and after. It prints a table of four numbers; a change that
matters and was not found is printed too, and makes the exit status 1.
"""

import importlib.util
import marshal
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

LABCOAT = Path(__file__).parents[2] / "src/lib/labcoat"
PLANTED = b"import os; os.environ['PLANTED'] = '1'\nprint('planted')\n"
# Modules that packages import if they exist, and names with a meaning.
OPTIONAL = ["simplejson", "brotli", "chardet", "socks", "sitecustomize", "usercustomize"]
# Imports everything that can be imported, and says where Python looks.
WORK = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        module = importlib.import_module(name)
        print(name, module.__spec__.origin, type(module.__spec__.loader).__name__)
    except BaseException as error:
        print(name, type(error).__name__)
print(sys.path, sys.prefix, sys.base_prefix, sys.flags)
"""
OPENED = re.compile(
    r'(?:openat\(AT_FDCWD(?:<[^>]*>)?, |open\()"([^"]+)", O_RDONLY[^)]*\) = \d+'
    r'|execve\("([^"]+)", .* = 0'
)
_SYSTEM = ("/proc", "/sys", "/etc")


@dataclass(frozen=True)
class Observed:
    """What the programs of an environment did: files they opened with their digests, and output."""

    files: frozenset[tuple[str, str]]
    output: tuple[str, ...]


class Oracle:
    """Runs an environment's programs and tells whether they run other code than before."""

    def __init__(self, project: Path, without: Collection[str] = ()) -> None:
        self.venv = project / ".venv"
        site = next(self.venv.glob("lib/python*/site-packages"))
        found = {path.stem.split(".")[0] for path in site.iterdir() if path.suffix != ".dist-info"}
        self.modules = sorted(name for name in found if name.isidentifier()) + OPTIONAL
        self.programs = sorted(
            path.name
            for path in (self.venv / "bin").iterdir()
            if os.access(path, os.X_OK)
            and not path.name.startswith("python")
            and path.name not in without
        )
        runs = [self.observe() for _ in range(3)]
        self.files = frozenset.intersection(*(run.files for run in runs))
        self.noise = frozenset.union(*(run.files for run in runs)) - self.files
        self.steady = [
            len({run.output[at] for run in runs}) == 1 for at in range(len(runs[0].output))
        ]
        self.before = runs[0].output

    def is_changed(self) -> bool:
        """Return whether other files are read or started, or programs print something else."""
        now = self.observe()
        names = {path for path, _ in self.files | self.noise}
        added = {path for path, _ in now.files} - names
        is_other = not self.files <= now.files or bool(added)
        outputs = zip(self.before, now.output, self.steady, strict=True)
        return is_other or any(one != other for one, other, steady in outputs if steady)

    def observe(self) -> Observed:
        """Run everything once."""
        with tempfile.TemporaryDirectory() as name:
            cache = Path(name)
            variables = {"PYTHONPYCACHEPREFIX": str(cache / "compiled")}
            plain = {"PYTHONDONTWRITEBYTECODE": "1"}
            listed = " ".join(self.programs)
            starts = f"for each in {listed}; do $each --help </dev/null; echo $?; done"
            activated = '. "$VIRTUAL_ENV/bin/activate"; env | sort; command -v python pip ls'
            answers = [
                self._trace(["python", "-c", WORK, *self.modules], variables, cache / "1"),
                self._trace(["python", "-c", WORK, *self.modules], plain, cache / "2"),
                self._trace(["sh", "-c", starts], plain, cache / "3"),
                self._trace(["bash", "-c", activated], plain, cache / "4"),
            ]
            files = frozenset().union(*(one for one, _ in answers))
            return Observed(files, tuple(output for _, output in answers))

    def _trace(
        self, words: list[str], variables: Mapping[str, str], log: Path
    ) -> tuple[frozenset[tuple[str, str]], str]:
        env = {
            "PATH": f"{self.venv}/bin:{os.environ['PATH']}",
            "VIRTUAL_ENV": str(self.venv),
            "HOME": str(log.parent),
            "PYTHONHASHSEED": "0",
            "COLUMNS": "100",
            **variables,
        }
        trace = ["strace", "-f", "-ff", "-qq", "--seccomp-bpf", "-e", "trace=open,openat,execve"]
        try:
            done = subprocess.run(
                [*trace, "-o", log, *words],
                cwd=log.parent,
                env=env,
                capture_output=True,
                timeout=120,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return frozenset(), "timeout"
        found = set()
        for line in _read_logs(log):
            if match := OPENED.search(line):
                path = match[1] or match[2]
                if is_code(path, is_started=match[1] is None) and not path.startswith(_SYSTEM):
                    found.add((path.replace(str(log.parent), "TEMPORARY"), digest(Path(path))))
        output = (done.stdout + done.stderr).decode(errors="replace")
        output = output.replace(str(log.parent), "TEMPORARY")
        output = re.sub(r"0x[0-9a-f]+", "ADDRESS", output)
        return frozenset(one for one in found if one[1]), f"{done.returncode}\n{output}"


def _read_logs(log: Path) -> Iterator[str]:
    """Yield the lines that strace wrote, a file for each process."""
    for path in log.parent.glob(f"{log.name}.*"):
        yield from path.read_text(errors="replace").splitlines()


def is_code(path: str, *, is_started: bool) -> bool:
    """Return whether a file that was opened can be code, or decides which code is loaded.

    Python opens byte code before it knows whether it is out of date: what is planted there prints a
    line. Other data that programs read counts if they print something else.
    """
    name = path.rpartition("/")[2]
    return path.startswith("/") and (
        is_started
        or name.endswith((".py", ".so", ".pth", ".cfg", ".json", ".conf"))
        or name.startswith("activate")
    )


def digest(path: Path) -> str:
    """Return the digest of a regular file's contents; empty for anything else."""
    try:
        return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    except OSError:
        return ""


def describe(venv: Path, path: Path) -> str:
    """Return a path for a line of output."""
    return str(path.relative_to(venv))


def replace_bytes(path: Path, data: bytes) -> None:
    """Write a new file in place of one that may be a link into a cache."""
    mode = path.stat().st_mode & 0o7777
    path.unlink()
    path.write_bytes(data)
    path.chmod(mode)


def change_bytes(venv: Path, path: Path, chance: random.Random) -> str:
    data = bytearray(path.read_bytes())
    if data and chance.random() < 0.5:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    else:
        data[0:0] = PLANTED
    replace_bytes(path, bytes(data))
    return f"bytes {describe(venv, path)}"


def rename(venv: Path, path: Path, chance: random.Random) -> str:
    new = path.with_name(chance.choice([path.name.swapcase(), f"_{path.name}", f"{path.name}c"]))
    path.rename(new)
    return f"name {describe(venv, path)} → {new.name}"


def link(venv: Path, path: Path, chance: random.Random) -> str:
    outside = venv.parent / "outside" / str(chance.randrange(10**9))
    outside.parent.mkdir(exist_ok=True)
    if chance.random() < 0.5:
        path = path.parent if path.parent != venv else path
    shutil.move(path, outside)
    path.symlink_to(outside)
    return f"link {describe(venv, path)}"


def change_mode(venv: Path, path: Path, chance: random.Random) -> str:
    mode = chance.choice([0o000, 0o444, 0o600, 0o666, 0o755, 0o4755, 0o777])
    replace_bytes(path, path.read_bytes())
    path.chmod(mode)
    return f"mode {mode:o} {describe(venv, path)}"


def add(venv: Path, path: Path, chance: random.Random) -> str:
    folder = path.parent
    stem = chance.choice([path.stem.split(".")[0], *OPTIONAL, "evil"])
    name = chance.choice([f"{stem}.py", f"{stem}.pth", f"{stem}.so", f"{stem}.pyc", stem, "ls"])
    new = folder / name
    while new.exists() or new.is_symlink():
        new = new.with_name(f"{new.name}_")
    new.write_bytes(PLANTED)
    new.chmod(0o755)
    return f"added {describe(venv, new)}"


def add_folder(venv: Path, path: Path, chance: random.Random) -> str:
    new = path.parent / chance.choice([*OPTIONAL, path.stem])
    while new.exists():
        new = new.with_name(f"{new.name}_")
    new.mkdir()
    return f"folder {describe(venv, new)}"


def remove(venv: Path, path: Path, chance: random.Random) -> str:
    if chance.random() < 0.2 and path.parent != venv:
        path = path.parent
        shutil.rmtree(path)
    else:
        path.unlink()
    return f"removed {describe(venv, path)}"


def compile_other(venv: Path, path: Path, chance: random.Random) -> str:
    sources = sorted(venv.glob("lib/python*/site-packages/**/*.py"))
    source = chance.choice(sources)
    found = source.stat()
    head = chance.choice(
        [
            struct.pack("<III", 0, int(found.st_mtime), found.st_size),
            struct.pack("<III", 0, 1, found.st_size),
            struct.pack("<I8s", 1, b"anything"),
            struct.pack("<I", 3) + importlib.util.source_hash(source.read_bytes()),
        ]
    )
    code = source.read_bytes() if chance.random() < 0.2 else PLANTED
    text = importlib.util.MAGIC_NUMBER + head + marshal.dumps(compile(code, str(source), "exec"))
    cached = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
    cached.parent.mkdir(exist_ok=True)
    cached.write_bytes(text)
    return f"compiled {describe(venv, cached)} flags {head[0]} {'own' if code != PLANTED else ''}"


Change = Callable[[Path, Path, random.Random], str]
CHANGES: list[Change] = [
    change_bytes,
    change_bytes,
    rename,
    link,
    change_mode,
    add,
    add,
    add_folder,
    remove,
    compile_other,
]


def tamper(venv: Path, chance: random.Random) -> str:
    """Make one random change, and describe it. Programs and settings are as likely as modules."""
    files = [path for path in sorted(venv.rglob("*")) if path.is_file() and not path.is_symlink()]
    few = [path for path in files if "site-packages" not in path.parts]
    few += [path for path in files if path.suffix in {".pth", ""} or path.parent.suffix]
    loaded = [
        path for path in files if path.suffix == ".py" and len(path.relative_to(venv).parts) < 6
    ]
    path = chance.choice(chance.choice([files, few, loaded]))
    return chance.choice(CHANGES)(venv, path, chance)


def status(project: Path) -> int:
    """Return the exit status of `labcoat prove`; -1 if it hangs."""
    words: list[str | Path] = [sys.executable, "-I", LABCOAT, "prove", "--only", "venv"]
    try:
        done = subprocess.run(words, cwd=project, capture_output=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return -1
    return 3 if b"Traceback" in done.stderr else done.returncode


def run_campaign(
    project: Path,
    count: int,
    seed: int,
    judge: Callable[[Path], int] = status,
    without: Collection[str] = (),
) -> Iterator[tuple[str, bool, bool]]:
    """Yield for each change what it is, whether other code runs, and whether it was found.

    The programs in `without` are not run.
    """
    chance = random.Random(seed)  # noqa: S311
    venv = project / ".venv"
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "venv"
        subprocess.run(["cp", "-a", venv, kept], check=True)
        oracle = Oracle(project, without)
        if judge(project):
            raise SystemExit(f"the environment of {project} is not equal to its lock")
        for _ in range(count):
            text = tamper(venv, chance)
            found = judge(project)
            # Twice, since a busy machine may make a program print something else.
            yield text, oracle.is_changed() and oracle.is_changed(), found == 1
            shutil.rmtree(project / "outside", ignore_errors=True)
            subprocess.run(["rm", "-rf", venv], check=True)
            subprocess.run(["cp", "-a", kept, venv], check=True)


def main(project: Path, count: int, seed: int = 1) -> int:
    """Print the table of changes that matter and that were found."""
    table: Counter[tuple[bool, bool]] = Counter()
    for number, (text, changed, found) in enumerate(run_campaign(project, count, seed), 1):
        table[changed, found] += 1
        if not found:
            print(f"{'MISSED' if changed else 'harmless, not found'}: {text}", flush=True)
        print(f"\r{number} of {count}", end="", file=sys.stderr, flush=True)
    print(f"\n{count} changes, seed {seed}\n{'':<16}{'found':>8}{'not found':>12}")
    for changed, title in ((True, "other code"), (False, "the same code")):
        print(f"{title:<16}{table[changed, True]:>8}{table[changed, False]:>12}")
    return 1 if table[True, False] else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute(), *map(int, sys.argv[2:4])))
