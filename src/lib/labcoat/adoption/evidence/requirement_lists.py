"""Find and read files in pip's format, wherever and whatever they are called."""

import difflib
import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from labcoat.adoption.evidence.conda_specs import is_export, read_specs
from labcoat.adoption.evidence.development_tools import are_tools
from labcoat.adoption.evidence.source import Skipped, Source
from labcoat.adoption.plan import Kind, Wanted
from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.core.process import redact
from labcoat.core.project_files.reader import READERS
from labcoat.core.records import replace
from labcoat.imports.tree import Tree, nearness
from labcoat.locking.input_corrections import correct_line, split_joined
from labcoat.locking.known_packages import is_popular
from labcoat.locking.requirement_lines import FileLine, OptionLine, RequirementLine, parse_lines
from labcoat.locking.requirements_file import requirement_names
from labcoat.names import conda
from labcoat.sources.installable import is_installable_beside_locks

_NAME = lazy_pattern(
    r"(?:[\w.-]*[-_.])?(?:requirements?|reqs?|deps|dependencies|pip[-_]?requires|pip[-_]?freeze)"
    r"(?:[-_. ]?[\w.-]*)?(?:\.(?:txt|in|pip))?",
    re.IGNORECASE,
)
_FOLDER = lazy_pattern(
    r"(?:^|/)(?:requirements?|reqs|deps)/[\w.-]+\.(?:txt|in|pip)$", re.IGNORECASE
)
_EXTENSION = lazy_pattern(r"\.(?:txt|in|pip)$|(?:^|/)[a-z-]*requirements$", re.IGNORECASE)
_DEV = lazy_pattern(
    r"(?:^|[-_./])(?:dev(?:el|elopment)?|tests?|testing|lint(?:ing)?|docs?|documentation|ci|build"
    r"|check(?:s|ing)?|format|style|typing|benchmarks?|pre-?commit|release|tox|rtd|readthedocs)"
    r"(?:[-_./]|$)",
    re.IGNORECASE,
)
# For another machine or another way to run: read only if nothing else lists packages.
_OTHER = lazy_pattern(
    r"(?:^|[-_./])(?:gpu|cuda\d*|rocm|tpu|mac(?:os)?|osx|darwin|win(?:dows)?|arm\d*|m1|colab|conda"
    r"|optional|extras?|full|all|constraints?|lock(?:ed)?|frozen|old|backup|legacy|py2\w*"
    r"|py3\d*|minimal|min|heroku|apt|system|ubuntu|linux|r)(?:[-_./]|$)",
    re.IGNORECASE,
)
_MAIN = ("requirements", "requirement", "reqs", "base", "main", "common", "prod", "production")
_SYSTEM_LISTS = ("packages.txt", "apt.txt", "apt-packages.txt")
_FREEZE_LEAST = 8  # pins in alphabetical order: shorter lists can be sorted by hand
_FREEZE_LONG = 30  # pins in any order: a list by hand is shorter
_PYTHON = lazy_pattern(r"\s*python\s*([<>=~!][^#;]*)", re.IGNORECASE)
_INDEXES = {"-i", "--index-url", "--extra-index-url"}
_SKIPPED = {
    "--editable": "not a package of this repository that Python alone can build beside the lock",
    "--requirement": "no such file, or one that is taken already",
    "--constraint": "constraints are not taken; write the line to requirements.in to keep them",
    "--find-links": "labcoat takes packages from indexes, not from pages of links",
    "-f": "labcoat takes packages from indexes, not from pages of links",
}
_HEADING = lazy_pattern(r"\s*(?:Package\s+Version\b.*|-{3,}(?:\s+-{3,})+\s*)")  # of `pip list`
_OWN = lazy_pattern(r"\./?((?:\[[\w., -]+\])?)")
_LOCAL_BUILD = lazy_pattern(r"^(\S+?) @ file:\S+")


def find_lists(tree: Tree) -> list[Source]:
    """Return the lists of the repository, the likeliest of the project itself first.

    A file that another one includes is part of that one.
    """
    paths = [path for path in tree.paths if _is_list(path)]
    found = {path: read_list(tree, path) for path in sorted(paths, key=_likeliness)}
    kept: list[Source] = []
    included: set[str] = set()
    for path, source in found.items():
        if source.wanted and path not in included:
            kept.append(source)
        included.update(_included(tree, path))
    return [each for each in kept if each.file not in included or each is kept[0]]


def is_other(path: str) -> bool:
    """Whether a list is for another machine or purpose, by its name."""
    return _OTHER.search(_stem(path)) is not None


def is_for_development(name: str) -> bool:
    """Whether a list is for development or tests alone, by its name."""
    return _DEV.search(name) is not None


def read_list(tree: Tree, path: str) -> Source:
    """Return what a file in pip's format asks for, with what it includes.

    The output of `conda list --export` has such a name, too.
    """
    is_dev = is_for_development(_stem(path))
    text = tree.read_text(path).split("\n")
    if is_export(text):
        numbered = [(at, line.strip()) for at, line in enumerate(text, 1)]
        found = read_specs([each for each in numbered if each[1] and each[1][0] != "#"], path)
        kept = (found.wanted, found.python, found.system, is_dev, found.skipped)
        return Source(path, "conda", *kept)
    read = list(_read_lines(tree, path, frozenset()))
    layout = [each for each in read if not isinstance(each, Skipped)]
    kind: Kind = "freeze" if _is_freeze(layout) else "demand"
    lines = tuple(_of_kind(each, kind) if isinstance(each, Wanted) else each for each in layout)
    skipped = tuple(each for each in read if isinstance(each, Skipped))
    is_dev |= not _is_main(path) and are_tools(_list_names(lines))
    python = next((said[1] for each in text if (said := _PYTHON.match(each))), "")
    return Source(path, "requirements", lines, python, dev=is_dev, skipped=skipped)


def read_option(
    tree: Tree, path: str, line: OptionLine, kind: Kind
) -> tuple[list[Wanted], list[Skipped]]:
    """Return what an option of pip in the file `path` asks for: the lines of a file for `-r`."""
    found = list(_read_option(tree, path, line, frozenset({path})))
    wanted = [_of_kind(each, kind) for each in found if isinstance(each, Wanted)]
    return wanted, [each for each in found if isinstance(each, Skipped)]


def _read_own(tree: Tree, path: str, place: str, number: int) -> Wanted | None:
    """Return the line for the repository's own package, if `place` is its root."""
    own = _OWN.fullmatch(place)
    if not own or _is_of_a_project(tree, path) or not is_installable_beside_locks(tree.root):
        return None
    return Wanted(f"-e .{own[1]}", path, number, "own")


def _is_of_a_project(tree: Tree, path: str) -> bool:
    """Whether a file is in the folder of a project below the root."""
    folder = posixpath.dirname(path)
    return any(f"{folder}/{each}" in tree.paths for each in READERS)


def _of_kind(wanted: Wanted, kind: Kind) -> Wanted:
    return wanted if wanted.kind == "own" else replace(wanted, kind=kind)


def _is_list(path: str) -> bool:
    name = path.rpartition("/")[2]
    if not _EXTENSION.search(path) or name.lower() in _SYSTEM_LISTS:
        return False
    if _NAME.fullmatch(name) or _FOLDER.search(path):
        return True
    stem = re.sub(r"\.\w+$", "", name.lower())
    return difflib.SequenceMatcher(None, stem, "requirements").ratio() > 0.8


def _likeliness(path: str) -> tuple[object, ...]:
    stem = _stem(path)
    depth, _ = nearness(path)
    if _FOLDER.search(path):
        depth -= 1  # requirements/base.txt
    name = _main_name(path)
    is_variant = not name.startswith(_MAIN[1])  # requirements_cpu.txt is nearer to the main list
    rank = _MAIN.index(name) if name in _MAIN else len(_MAIN) + is_variant
    is_aside = _DEV.search(stem) is not None
    return is_aside, _OTHER.search(stem) is not None, depth, rank, path


def _main_name(path: str) -> str:
    return re.sub(r"\.\w+$", "", path.rpartition("/")[2].lower())


def _is_main(path: str) -> bool:
    """Whether a file is its folder's list by its name, whatever is in it."""
    return _main_name(path) in _MAIN


def _list_names(lines: Iterable[str | Wanted]) -> list[str]:
    texts = (each.requirement for each in lines if isinstance(each, Wanted))
    return [name for text in texts for name in requirement_names(text)]


def _stem(path: str) -> str:
    return re.sub(r"\.\w+$", "", path)


def _included(tree: Tree, path: str) -> Iterator[str]:
    for line in parse_lines(tree.read_text(path)):
        if isinstance(line, OptionLine) and line.option in {"--requirement", "--constraint"}:
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), line.value))
            if other != path:
                yield other


def _read_lines(tree: Tree, path: str, seen: frozenset[str]) -> Iterator[str | Wanted | Skipped]:
    text = tree.read_text(path)
    lines = parse_lines(text)
    by_number = {line.number: line for line in lines}
    covered = 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = by_number.get(number)
        if line is None:
            if number > covered and raw.strip().startswith("#"):
                yield raw.strip()
            continue
        covered = number
        if _HEADING.fullmatch(raw):
            continue
        if isinstance(line, OptionLine):
            yield from _read_option(tree, path, line, seen | {path})
            continue
        if own := _read_own(tree, path, line.text, number):
            yield own
            continue
        comment = re.search(r"\s#.*$", raw)
        joined = [] if isinstance(line, RequirementLine) else split_joined(line.text)
        if joined and all(map(_is_sure, joined)):
            yield from (Wanted(each, path, number, "demand") for each in joined)
            continue
        yield from _read_requirement(path, line, comment[0].strip() if comment else "")


def _is_sure(requirement: str) -> bool:
    """Whether a part of a line is a requirement of its own, and not the end of a version."""
    has_version = re.search("[<>=~]", requirement) is not None
    return has_version or is_popular(normalize_name(requirement))


def _read_option(
    tree: Tree, path: str, line: OptionLine, seen: frozenset[str]
) -> Iterator[str | Wanted | Skipped]:
    if line.option == "--requirement":
        other = posixpath.normpath(posixpath.join(posixpath.dirname(path), line.value))
        if other not in seen and other in tree.paths and len(seen) < 20:
            yield f"# From {other}:"
            yield from _read_lines(tree, other, seen)
            return
    if line.option == "--editable" and not line.value.startswith((".", "/")):
        yield Wanted(line.text, path, line.number, "demand")
        return
    if line.option == "--editable" and (own := _read_own(tree, path, line.value, line.number)):
        yield own
        return
    yield f"# {line.text}"
    if line.option not in _INDEXES:  # these are explained by their address
        reason = _SKIPPED.get(line.option, "an option of pip, not a package")
        yield Skipped(redact(line.text), reason)


def _read_requirement(path: str, line: FileLine, comment: str) -> Iterator[str | Wanted]:
    text = line.text
    if isinstance(line, RequirementLine):
        # For a package that conda built, pip freeze prints a path on the machine that built it.
        is_built = line.is_local_file and conda.is_build_place(line.url)
        text = _LOCAL_BUILD.sub(r"\1", line.body) if is_built else line.body
    elif corrected := correct_line(text):
        text = corrected
    if normalize_name(text) == "python" or line.name == "python":
        yield f"# {line.text}"
        return
    if comment:
        yield comment
    yield Wanted(text, path, line.number, "demand")


def _is_freeze(layout: list[str | Wanted]) -> bool:
    """Whether `pip freeze` wrote the lines: all pinned, and in alphabetical order but for a few."""
    wanted = [each.requirement for each in layout if isinstance(each, Wanted)]
    pins = [
        each for each in wanted if "==" in each or " @ " in each or each.startswith(("-e", "git+"))
    ]
    if len(pins) < _FREEZE_LEAST or len(pins) < 0.97 * len(wanted):
        return False
    names = [re.split(r"[=@ \[]", each)[0].lower().replace("_", "-") for each in pins]
    in_order = sum(first <= second for first, second in pairwise(names))
    return len(pins) >= _FREEZE_LONG or in_order >= 0.9 * (len(names) - 1)
