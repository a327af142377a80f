"""An environment changed by hand → requirements.in and the lock, at the versions in use."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.inventory import inventory
from labcoat.inventory.inventory import INSTALLERS, Distribution
from labcoat.levels.level import get_level
from labcoat.locking import compiler, requirements_file
from labcoat.toolchain import interpreters

_MARK = "\ufeff"  # the byte order mark, which Windows' editors put before the first line


@dataclass(frozen=True)
class Difference:
    """What was changed by hand in an environment, and the locks do not say.

    `asked_for` somebody installed by name, `came_along` is what these need, `moved` is locked at another version,
    `removed` are names that a requirements.in asks for and that are gone, `wanted` others that are locked and gone, and
    `foreign` came from a path, an address or a repository, which no lock can hold.
    """

    asked_for: tuple[Distribution, ...]
    came_along: tuple[Distribution, ...]
    moved: tuple[Distribution, ...]
    foreign: tuple[Distribution, ...]
    removed: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.asked_for or self.came_along or self.moved or self.removed)

    def lines(self, before: Mapping[str, str]) -> list[str]:
        """For people: a line for each package; `before` are the locked versions."""
        groups = (("added", self.asked_for), ("came along", self.came_along))
        said = [f"{title}: {one.name} {one.version}" for title, group in groups for one in group]
        said += [f"moved: {one.name} {one.version} (was {before[one.name]})" for one in self.moved]
        said += [f"removed: {name} {before[name]}" for name in self.removed]
        return said + [
            f"not there, but needed by others: {name}; make venv brings it back"
            for name in self.wanted
        ]


def difference(
    installed: list[Distribution],
    locked: Mapping[str, str],
    asked: frozenset[str] = frozenset(),
    brought: frozenset[str] = frozenset(),
    made_of: Mapping[str, str] | None = None,
) -> Difference:
    """Hold what is `installed` against `locked`, the locks' names and versions, and `asked`, the names in their inputs.

    What the environment was `made_of` (the locks of now, if None) nobody has changed, whatever the locks say of it by now.
    What the environment itself `brought`, and pip, is no part of what the project asks for.
    """
    made_of = locked if made_of is None else made_of
    by_hand = [one for one in installed if one.origin or made_of.get(one.name) != one.version]
    known = [one for one in by_hand if one.name in locked or one.name not in INSTALLERS | brought]
    new = [one for one in known if one.name not in locked and not one.origin]
    needed = {name for one in new for name in one.requires}
    # An installer that leaves no REQUESTED marks (conda, old pip) is made up for by what nothing else needs.
    asked_for = [one for one in new if one.requested or one.name not in needed]
    gone = sorted((made_of.keys() & locked.keys()) - {one.name for one in installed})
    still_needed = {name for one in installed for name in one.requires}
    return Difference(
        asked_for=tuple(asked_for),
        came_along=tuple(one for one in new if one not in asked_for),
        moved=tuple(
            one
            for one in known
            if one.name in locked and locked[one.name] != one.version and not one.origin
        ),
        foreign=tuple(one for one in known if one.origin),
        removed=tuple(name for name in gone if name in asked),
        wanted=tuple(name for name in gone if name not in asked and name in still_needed),
    )


def make(project: Project, level: str = "venv", *, dry_run: bool = False) -> int:
    """Bring what was changed by hand at IN=`level` into requirements.in and the locks, or with `dry_run` only say so; status 0.

    It is held against what the environment was made of, so that what the locks have got since then from elsewhere stays.

    What came from no index is named and left out; what it needs is kept like anything else that no lock names.
    Raises Failure, changing nothing, where there is no environment, or where what is installed contradicts requirements.in.
    """
    chosen = get_level(level)
    folder = chosen.packages(project)
    if folder is None:
        raise LabcoatError(
            f"There is no environment to freeze at IN={level}.",
            f"Run make {level}, install what you want to try, then make freeze."
            if level in {"venv", "conda"}
            else "Freeze IN=venv or IN=conda.",
        )
    installed = inventory.read_distributions(folder)
    locked = _locked(project)
    asked = frozenset(_asked(_sources(project)))
    made_of = chosen.made_of(project)
    found = difference(installed, locked, asked, chosen.brought(project), made_of)
    if not found and not found.foreign:
        print("nothing was installed by hand that the locks do not say", file=sys.stderr)
    elif found and not dry_run:
        _keep(project, found, locked)
    for line in found.lines(locked):
        print(f"would be {line}" if dry_run else line)
    for one in found.foreign:
        print(
            f"labcoat: {one.name} {one.version} from {one.origin} is left out: no lock can hold it, make venv takes it away.\n"
            "  Publish it to your index, or keep its folder on the path.",
            file=sys.stderr,
        )
    return 0


def _locked(project: Project) -> dict[str, str]:
    """What the locks pin for this machine."""
    return requirements_file.versions(project.locks, interpreters.project_minor(project))


def _sources(project: Project) -> list[Path]:
    """What persons have written: the locks' inputs, and what these include with -r. Raises Failure where one cannot be read."""
    chains = (
        requirements_file.chain(compiler.lock_source(one), constraints=False)
        for one in project.locks
        if compiler.lock_source(one).exists()
    )
    found = {file.resolve(): file for one in chains for file in one}
    # A lock among them, as in requirements-dev.in with `-r requirements.txt`, is made and not written.
    return [
        file
        for file in found.values()
        if compiler.lock_source(file) == file or not compiler.lock_source(file).exists()
    ]


def _asked(sources: Iterable[Path]) -> set[str]:
    return {
        name
        for source in sources
        for name in requirements_file.names(requirements_file.read(source))
    }


def _text(file: Path) -> str:
    """A file's text with its line ends, and its byte order mark if it has one."""
    return file.read_bytes().decode("utf-8")


def _keep(project: Project, found: Difference, locked: Mapping[str, str]) -> None:
    main = compiler.lock_source(project.requirements)
    asked = set() if not main.exists() else _asked(requirements_file.chain(main, constraints=False))
    sources = list(dict.fromkeys([main, *_sources(project)]))
    kept = {file: _text(file) for file in [*sources, *project.locks] if file.exists()}
    moved = {one.name: one.version for one in found.moved}
    versions = {
        **locked,
        **{one.name: one.version for one in (*found.asked_for, *found.came_along, *found.moved)},
    }
    try:
        for source in sources:
            added = (
                [one.name for one in found.asked_for if one.name not in asked]
                if source == main
                else []
            )
            text = kept.get(source, "")
            mark = _MARK if text.startswith(_MARK) else ""
            changed = mark + without(
                with_lines(text.removeprefix(mark), added, moved), found.removed
            )
            if changed != text:
                files.write_file(source, changed)
        with files.file_lock(files.state_folder(project.state) / "lock.flock"):
            for one in compiler.list_locks(project):
                if compiler.lock_source(one).exists() and not (
                    compiler.is_fresh(one) and not found.moved
                ):
                    compiler.compile_lock(
                        project,
                        one,
                        seed=seeded(requirements_file.read(one) if one.exists() else "", versions),
                    )
        _check(project, found)
    except BaseException:
        for file in [*sources, *project.locks]:
            if file in kept:
                files.write_file(file, kept[file])
            else:
                file.unlink(missing_ok=True)
        raise


def _check(project: Project, found: Difference) -> None:
    """Raises Failure where the new lock has other versions than those in use: then requirements.in does not allow them."""
    locked = _locked(project)
    for one in (*found.asked_for, *found.came_along, *found.moved):
        if locked.get(one.name, one.version) != one.version:
            raise LabcoatError(
                f"{one.name} {one.version} is installed, but what requirements.in asks for needs {locked[one.name]}.",
                f"Change what it says of {one.name} or of what needs it, or install {one.name}=={locked[one.name]}.",
            )


def without(text: str, removed: Sequence[str]) -> str:
    """`text` of a requirements.in without the lines that ask for `removed`."""
    return "".join(
        line
        for line in text.splitlines(keepends=True)
        if requirements_file.name(line.strip()) not in removed
    )


def with_lines(text: str, names: list[str], moved: dict[str, str]) -> str:
    """`text` of a requirements.in with a line for each of `names`, and with the `==` of what moved brought up to date."""

    def update(line: re.Match[str]) -> str:
        version = moved.get(requirements_file.normalize(line[1]))
        return f"{line[1]}{line[2]}{version}" if version else line[0]

    text = re.sub(r"(?m)^([A-Za-z0-9][\w.-]*)((?:\[[^\]]*\])?\s*==\s*)([^\s;#]+)", update, text)
    end = "\r\n" if "\r\n" in text else "\n"
    if names and text and not text.endswith("\n"):
        text += end
    return text + "".join(f"{name}{end}" for name in names)


def seeded(text: str, versions: dict[str, str]) -> str:
    """A lock's text with every pin at the version in use, and a pin for what is installed and not in it.

    A locker keeps the versions that the lock before names, so this is how it learns of those in use.
    """
    locked = requirements_file.pins(text)
    pins = {**locked, **versions}
    return "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))
