"""Compare COPY and ADD with BuildKit: `python tests/campaigns/many_copies.py 2000 [seed [done]]`.

The forms are random, and 50 are compared in one build: each has stages of its own, and the image
gets the last stage of each in a folder of its own. Forms that fail to build are left out, and
counted: they copy nothing. With `done`, it continues after as many forms of that seed.
"""

import bisect
import itertools
import random
import re
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src" / "lib")]

from integration.test_real_copies import TREE as SUITE_TREE  # noqa: E402
from labcoat.container.context.build_context import BuildContext  # noqa: E402
from labcoat.container.dockerfile.copy_trace import CopyTracer  # noqa: E402
from labcoat.container.dockerfile.parser import DockerfileError, parse_dockerfile  # noqa: E402
from labcoat.container.dockerignore.matcher import PatternError  # noqa: E402
from support.real_builds import build  # noqa: E402
from support.repositories import Content, write  # noqa: E402

AT_ONCE = 50
PATHS = (
    *("a.py", "b.txt", "src/m.py", "src/n.txt", "src/deep/o.py", "data/x.csv", "data/y.csv"),
    *("conf/.env", "conf-prod/s.py", "conf/s.py", "sp ace/s", "[odd]/p", "v1/q", "v2/q"),
    *("B/a.py", "é/u.py", "src/m.pyc", "x+y/z", "a-b/c/d/e.py", "a/c/d.py", ".hidden/h"),
)
TREE: dict[str, Content] = {path: path for path in PATHS}
TREE |= {
    "pack.tar.gz": SUITE_TREE["pack.tar.gz"],
    "link": Path("src"),
    "src/inner": Path("m.py"),
    "a/up": Path("../v1"),
    ".dockerignore": "data/y.csv\n**/*.txt\n!b.txt\n",
}
FLAGS = ("", "", "", "", "--chmod=644 ", "--link ", "--chown=1:1 ")
PLACES = ("/", "/x/", "/x/y/", ".", "./", "/src/", "/x/deep/", "${TO}/in/", "$TO/")


ODD = ("*", "?odd?", "\\[odd]", "[[]odd]", "*d]")


def random_source(chance: random.Random) -> str:
    """Return a path of the tree, mostly with wildcards that match it."""
    parts = chance.choice([*PATHS, "src", "data", "link", ".", "a", "pack.tar.gz"]).split("/")
    parts = parts[: chance.randint(1, len(parts))]
    for at, part in enumerate(parts):
        if part != "." and chance.random() < 0.5:
            first, rest = part[0], part[1:]
            forms = ("*", f"{first}*", f"*{part[-1]}", f"?{rest}", f"[{first}]{rest}", f"\\{part}")
            forms += (f"[^_]{rest}", f"[+-é]{rest}", "?*", f"*{part[len(part) // 2 :]}", f"{part}*")
            parts[at] = chance.choice(ODD if first == "[" else forms)
    return chance.choice(("", "", "", "./", "/", "../", "src/../")) + "/".join(parts)


def random_copy(chance: random.Random, number: int, stages: int) -> str:
    """Return a COPY or ADD, from the context or from an earlier stage of the form."""
    word = "ADD " if chance.random() < 0.15 else "COPY "
    flags = chance.choice(FLAGS)
    sources = [random_source(chance) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    if stages and word == "COPY " and chance.random() < 0.6:
        flags += f"--from=s{number}x{chance.randrange(stages)} "
        sources = [
            chance.choice((*("/",) * 5, "/*", "*", "/*/*.py", "/x*/*", "/?*/*"))
            for source in sources
        ]
    place = chance.choice(PLACES)
    if len(sources) == 1 and chance.random() < 0.3:  # a file gets this name
        place = f"{chance.choice(('/', '/x/', ''))}n{chance.randrange(10**6)}"
    words = [*sources, place]
    if any(" " in each for each in words) or chance.random() < 0.1:
        quoted = (each.replace("\\", "\\\\") for each in words)
        return word + flags + "[" + ", ".join(f'"{each}"' for each in quoted) + "]"
    return word + flags + " ".join(words)


def random_form(chance: random.Random, number: int) -> str:
    """Return stages with names of their own."""
    lines: list[str] = []
    count = chance.choice((1, 1, 2, 3))
    for stage in range(count):
        below = stage and chance.random() < 0.3
        base = f"s{number}x{stage - 1}" if below else "scratch"
        lines += [f"FROM {base} AS s{number}x{stage}", "ARG TO=/opt"]
        for _ in range(chance.randint(1, 3)):
            if chance.random() < 0.2:
                lines.append(f"WORKDIR {chance.choice(('/w', 'in', '/x', '/src', '..'))}")
            if chance.random() < 0.1:
                lines.append(f"ENV TO={chance.choice(('/env', 'rel', '/x/'))}")
            copy = random_copy(chance, number, stage)
            trigger = "ONBUILD " if stage < count - 1 and chance.random() < 0.1 else ""
            lines.append(trigger + copy)
    return "\n".join(lines)


def our_answer(root: Path, form: str) -> set[str] | None:
    """Return the files of the context in the form's last stage; None for an error.

    Unlike in the layers, a file that a later instruction overwrites is not there.
    """
    try:
        parsed = parse_dockerfile(form)
        tracer = CopyTracer(parsed, BuildContext(root).sent_files(), root, {})
        placed = tracer.trace_stage(parsed.stages[-1]).files_by_path()
    except (DockerfileError, PatternError):
        return None
    lacking = (each for each in tracer.missing if not re.search(r"[*?\[\\]", each[1]))
    return None if any(lacking) else {origin for origin, _ in placed.values()}


def read_origin(content: bytes | Path) -> str:
    """Return which file of the context has this content."""
    if isinstance(content, Path):
        return {"src": "link", "m.py": "src/inner", "../v1": "a/up"}[str(content)]
    if content.startswith(b"\x1f\x8b"):
        return "pack.tar.gz"
    text = content.decode()
    if text.startswith("packed/"):
        return "pack.tar.gz"
    return ".dockerignore" if text == TREE[".dockerignore"] else text


def compare(root: Path, forms: list[str], first: int) -> tuple[list[str], int]:
    """Return a line for each form on which the two differ, and how many forms failed to build."""
    ours = [our_answer(root, form) for form in forms]
    good = [at for at, answer in enumerate(ours) if answer is not None]
    theirs: dict[int, set[str]] = {}
    while good:
        final = "\nFROM scratch\n" + "\n".join(
            f"COPY --from={last_stage(forms[at])} / /{first + at}/" for at in good
        )
        # What was built before the line that failed need not be built again.
        built = build(root, "\n".join(forms[at] for at in good) + final + "\n", again=())
        if not built.error:
            together: dict[int, set[str]] = {at: set() for at in good}
            for path, content in built.contents.items():
                together[int(path.partition("/")[0]) - first].add(read_origin(content))
            theirs = together
            break
        # The builder names the line that failed; what fails copies nothing, whatever labcoat says.
        line = re.search(r"(?m)^\s*(\d+) \| >>>", built.error)
        if not line:
            raise RuntimeError(built.error)
        ends = list(itertools.accumulate(forms[at].count("\n") + 1 for at in good))
        failed = [good[min(bisect.bisect_left(ends, int(line[1])), len(good) - 1)]]
        good = [at for at in good if at not in failed]
    found = []
    for at, answer in enumerate(ours):
        if at in theirs and answer != theirs[at]:
            found.append(f"{forms[at]}\n  labcoat: {answer}\n  BuildKit: {theirs[at]}\n")
    return found, len(ours) - len(theirs)


def last_stage(form: str) -> str:
    """Return the name of the form's last stage."""
    return [line for line in form.splitlines() if line.startswith("FROM ")][-1].rpartition(" ")[2]


def main(count: int, seed: int, done: int = 0) -> int:
    """Try the forms from `done` to `count`. Return 1 if BuildKit copies other files for one."""
    chance = random.Random(seed)  # noqa: S311 - random forms, no secrets
    wrong = tried = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        root = write(Path(folder), TREE)
        while tried < count:
            forms = [random_form(chance, tried + at) for at in range(AT_ONCE)]
            if tried < done:
                tried += len(forms)
                continue
            differences, failures = compare(root, forms, tried)
            for difference in differences:
                wrong += 1
                print(difference, flush=True)
            failed += failures
            tried += len(forms)
            print(f"\r{tried} of {count}, {wrong} differ", end="", file=sys.stderr, flush=True)
    print(f"\n{tried - done} forms (seed {seed}), {failed} that fail to build, {wrong} differ")
    return int(wrong > 0)


if __name__ == "__main__":
    words = [int(each) for each in sys.argv[1:]]
    sys.exit(main(words[0], *(words[1:] or [1])))
