"""Which Python of this machine has wheels for the most pins, near the one that is declared."""

import re
from collections.abc import Sequence

from labcoat._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet
from labcoat.adoption.pins import fitting
from labcoat.adoption.pins.breaks import Limit
from labcoat.adoption.pins.lines import Line
from labcoat.adoption.plan import Wanted
from labcoat.core import terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.project import Project
from labcoat.core.project_files.lock_of_record import find_record
from labcoat.core.records import Record
from labcoat.locking.wheel_platforms import PROJECT_MINORS
from labcoat.toolchain import installed_pythons, interpreters
from labcoat.toolchain.python_choice import NEWEST, OLDEST, OWN

SUPPORTED = tuple(
    minor for minor in PROJECT_MINORS if OLDEST <= int(minor.partition(".")[2]) <= NEWEST
)
_OLD = ("2.7", *(f"3.{number}" for number in range(OLDEST)))
# The first release of each: https://devguide.python.org/versions/.
_RELEASED = {
    "3.8": "2019-10-14", "3.9": "2020-10-05", "3.10": "2021-10-04", "3.11": "2022-10-24",
    "3.12": "2023-10-02", "3.13": "2024-10-07", "3.14": "2025-10-07", "3.15": "2026-10-01",
}  # fmt: skip
# What says which Python, whatever the packages are locked from.
_LASTING = {OWN, ".python-version", "runtime.txt", "pyproject.toml", "setup.cfg"}
# One minor: conda's =3.7.3=h123_0, ==3.9.*, 3.9, 2.7.
_ONE = lazy_pattern(r"={0,3}\s*([23]\.\d+)(?:\.(?:\d+|\*))?(?:=\w+)?")


class PythonForPins(Record):
    """The `minor` to use; what to write to `.python-version`, if anything; and settings.

    It `is_declared` if a file of the repository asks for it.
    """

    minor: str
    written: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    is_declared: bool = False


class Candidate(Record):
    """A Python, and the lines that it has no wheel for, of how many.

    Of those that are `far`, another Python has a release nearer to what they ask for. It `is_later`
    than the list, whose versions may not run on it, pure as they are.
    """

    minor: str
    lacks: tuple[Line, ...]
    judged: int
    far: tuple[Line, ...] = ()
    is_later: bool = False


def declared_minors(wanted: Sequence[Wanted]) -> tuple[str, ...]:
    """Return the Pythons that requirements on `python` ask for, such as `python==3.9.*`.

    Conda's environments, Pipfiles and Dockerfiles have them. Some may be too old for labcoat.
    """
    for each in wanted:
        asked = re.fullmatch(r"python\b\s*(.*)", each.requirement.strip(), re.IGNORECASE)
        if not asked:
            continue
        if one := _ONE.fullmatch(asked[1]):
            return (one[1],)
        specifier = re.sub(r"^\^", ">=", asked[1])
        try:
            allowed = SpecifierSet(specifier)
        except InvalidSpecifier:
            continue
        known = (*_OLD, *SUPPORTED)
        fits = [m for m in known if any(allowed.contains(f"{m}.{p}") for p in range(30))]
        if fits and asked[1]:
            return tuple(fits)
    return ()


def choose_python(
    project: Project,
    wanted: Sequence[Wanted],
    lines: Sequence[Line],
    known: fitting.Known,
    limits: Sequence[Limit] = (),
) -> PythonForPins:
    """Return the Python for `lines`: as the project says, unless another has more wheels.

    Where nothing says which, `limits` of what sources import count too: a release that still has
    a module may have wheels for older Pythons only.

    LABCOAT_PYTHON is followed. What `.python-version` says is replaced; where another file says
    something else, the answer is the setting LABCOAT_PYTHON. Pythons that this machine lacks are
    named if they would do better.
    """
    try:
        present = interpreters.choose_project_python(project)
    except LabcoatError:
        if project.is_set("PYTHON"):
            raise
        present = None
    if present and project.is_set("PYTHON"):
        return PythonForPins(present.minor)
    own = interpreters.own_interpreter().minor
    has_own = present is None or present.source == OWN
    said = (present.minor,) if present and not has_own else interpreters.named_minors(project)
    here = [minor for minor in installed_pythons.list_minors() if minor in SUPPORTED]
    lock = _passed_over(project, lines)
    allowed = [minor for minor in here if interpreters.is_allowed(project, minor, lock)]
    old = [] if allowed else [one for one in _OLD if interpreters.is_allowed(project, one, lock)]
    declared = declared_minors(wanted) or said or tuple(old)
    judged = lines if declared else [*lines, *_limit_lines(limits)]
    ranked = rank_pythons(judged, known, allowed or here)
    best = choose_candidate(ranked, declared, present.minor if present else own)
    is_declared = best.minor in declared
    _name_unsupported(declared, best)
    _name_missing(judged, known, best, here)
    if present and best.minor == present.minor:
        # Another tool's lock no longer says so where a requirements.in takes its place.
        stays = present.source in _LASTING or not lines or best.minor == own
        written = None if stays else best.minor
        return PythonForPins(best.minor, written, is_declared=is_declared)
    minors = interpreters.named_minors(project, besides=".python-version")
    if best.minor in allowed and not set(minors) - {best.minor}:
        return PythonForPins(best.minor, best.minor, is_declared=is_declared)
    return PythonForPins(best.minor, None, (("LABCOAT_PYTHON", f"python{best.minor}"),))


def _limit_lines(limits: Sequence[Limit]) -> list[Line]:
    return [Line(Wanted(one.text, "", 0, "freeze"), one.text, one.name, "added") for one in limits]


def _passed_over(project: Project, lines: Sequence[Line]) -> str:
    """Return the name of another tool's lock that `lines` are not from; empty if there is none."""
    try:
        record = find_record(project.requirements)
    except LabcoatError:
        return ""
    is_taken = record is None or record.name in {line.wanted.file for line in lines}
    return "" if is_taken or record is None else record.name


def _name_unsupported(declared: Sequence[str], best: Candidate) -> None:
    """Say that the repository asks for a Python that labcoat does not support."""
    if declared and not set(declared) & set(SUPPORTED):
        terminal.print_progress(
            f"the repository asks for Python {declared[-1]}, and labcoat supports 3.{OLDEST} and"
            f" newer: Python {best.minor} takes its place"
        )


def _name_missing(
    lines: Sequence[Line], known: fitting.Known, best: Candidate, here: Sequence[str]
) -> None:
    """Say which Python would have wheels for more lines, if this machine does not have it."""
    others = [minor for minor in SUPPORTED if minor not in here]
    if not best.lacks or not others:
        return
    other = choose_candidate(rank_pythons(lines, known, others), (), "")
    if len(other.lacks) < len(best.lacks):
        terminal.print_progress(
            f"Python {other.minor}, which this machine lacks, has wheels for"
            f" {len(best.lacks) - len(other.lacks)} more of these packages: install it, or write"
            f" {other.minor} to `.python-version` and use `IN=docker`"
        )


def rank_pythons(
    lines: Sequence[Line], known: fitting.Known, minors: Sequence[str]
) -> list[Candidate]:
    """Return `minors` with the lines that each lacks a wheel for."""
    judged = [line for line in lines if line.wanted.kind != "import" and not line.is_fixed]
    day = _last_day(judged, known)
    nearest = {line: fitting.find_nearest(line, known, minors) for line in judged}
    return [
        Candidate(
            minor,
            tuple(line for line in judged if not fitting.is_served(line, known, minor)),
            len(judged),
            tuple(line for line, those in nearest.items() if minor not in those),
            bool(day) and _RELEASED[minor] > day,
        )
        for minor in minors
    ]


def _last_day(lines: Sequence[Line], known: fitting.Known) -> str:
    """Return the day until which a Python may be released to run a list of pins.

    That is a year after the newest version in it; for a list that mostly names none, it is empty.
    """
    days = []
    for line in lines:
        releases = known.get(line.name)
        files = releases.by_version.get(line.pinned, ()) if releases and line.pinned else ()
        days += [min((each.uploaded[:10] for each in files if each.uploaded), default="")]
    pins = list(filter(None, days))
    newest = max(pins) if len(pins) > len(days) // 2 else ""
    return newest and f"{int(newest[:4]) + 1}{newest[4:]}"


def choose_candidate(
    candidates: Sequence[Candidate], declared: Sequence[str], present: str
) -> Candidate:
    """Return the Python with wheels for the most lines.

    Among equals, that is the nearest to a declared one, else the one that has nearer releases of
    what no Python has, else one that is not later than the list, else the oldest; of those,
    `present`, which labcoat takes by default, else the newest. A demand counts as three recorded
    versions, of which a declared Python may lack a tenth: conda had others than the index.
    """
    nearest = {
        each.minor: min((abs(_number(each.minor) - _number(one)) for one in declared), default=0)
        for each in candidates
    }

    def rank(each: Candidate) -> tuple[int, int, int, int, bool, int]:
        lack, far = (
            sum(1 if line.is_limit else 3 for line in lines) for lines in (each.lacks, each.far)
        )
        if each.minor in declared and lack <= each.judged // 10:
            lack = 0
        later = _number(each.minor) if each.is_later else 0
        return lack, nearest[each.minor], far, later, each.minor != present, -_number(each.minor)

    return min(candidates, key=rank)


def _number(minor: str) -> int:
    return int(minor.partition(".")[2])
