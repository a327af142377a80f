"""An environment changed by hand → requirements.in and the lock, at the versions in use."""

import re
import sys
from dataclasses import dataclass

from labcoat import lock
from labcoat.core import files, inventory, requirements
from labcoat.core.errors import Failure
from labcoat.core.inventory import INSTALLERS, Distribution
from labcoat.core.project import Project
from labcoat.rungs import venv


@dataclass(frozen=True)
class Difference:
    """What an environment has that its locks do not say.

    `asked_for` somebody installed by name, `came_along` is what these need, `moved` is locked at another version, and
    `foreign` came from a path, an address or a repository, which no lock can hold.
    """

    asked_for: tuple[Distribution, ...]
    came_along: tuple[Distribution, ...]
    moved: tuple[Distribution, ...]
    foreign: tuple[Distribution, ...]

    def __bool__(self) -> bool:
        return bool(self.asked_for or self.came_along or self.moved)


def difference(installed: list[Distribution], locked: dict[str, str]) -> Difference:
    """Hold what is `installed` against `locked`, the locks' names and versions."""
    known = [one for one in installed if one.name not in INSTALLERS or one.name in locked]
    new = [one for one in known if one.name not in locked and not one.origin]
    needed = {name for one in new for name in one.requires}
    # An installer that leaves no REQUESTED marks (conda, old pip) is made up for by what nothing else needs.
    asked_for = [one for one in new if one.requested or one.name not in needed]
    return Difference(
        asked_for=tuple(asked_for),
        came_along=tuple(one for one in new if one not in asked_for),
        moved=tuple(one for one in known if one.name in locked and locked[one.name] != one.version and not one.origin),
        foreign=tuple(one for one in known if one.origin),
    )


def make(project: Project) -> int:
    """Add what was installed by hand to requirements.in, and lock at the versions in use; exit status 0.

    Raises Failure, changing nothing, where there is no environment or where something came from no index.
    """
    if not (project.venv / "pyvenv.cfg").exists():
        raise Failure(
            f"There is no virtual environment in {project['VENV']}.",
            "Run make venv, install what you want to try, then make freeze.",
        )
    installed = inventory.distributions(venv.site_packages(project.venv))
    locked = {
        name: version
        for file in project.locks
        if file.exists()
        for name, version in requirements.pins(requirements.read(file)).items()
    }
    found = difference(installed, locked)
    if found.foreign:
        listed = ", ".join(f"{one.name} {one.version} from {one.origin}" for one in found.foreign)
        raise Failure(
            f"No lock can hold {listed}.",
            "Publish it to your index, or uninstall it and keep its folder on the path; then make freeze.",
        )
    if not found:
        print("nothing was installed by hand: the locks say all that is there", file=sys.stderr)
        return 0
    _keep(project, found, {one.name: one.version for one in installed})
    return 0


def _keep(project: Project, found: Difference, versions: dict[str, str]) -> None:
    source = lock.source(project.requirements)
    before = source.read_text(encoding="utf-8") if source.exists() else ""
    files.write(
        source,
        with_lines(before, [one.name for one in found.asked_for], {one.name: one.version for one in found.moved}),
    )
    try:
        with files.alone(files.state_folder(project.state) / "lock.flock"):
            for one in lock.locks(project):
                if lock.source(one).exists() and not (lock.is_fresh(one) and not found.moved):
                    lock.compile_lock(project, one, seed=seeded(requirements.read(one) if one.exists() else "", versions))
    except BaseException:
        files.write(source, before)
        raise
    for title, group in (("added", found.asked_for), ("came along", found.came_along), ("moved", found.moved)):
        for distribution in group:
            print(f"{title}: {distribution.name} {distribution.version}")


def with_lines(text: str, names: list[str], moved: dict[str, str]) -> str:
    """`text` of a requirements.in with a line for each of `names`, and with the `==` of what moved brought up to date."""

    def update(line: re.Match[str]) -> str:
        version = moved.get(requirements.normalize(line[1]))
        return f"{line[1]}{line[2]}{version}" if version else line[0]

    text = re.sub(r"(?m)^([A-Za-z0-9][\w.-]*)((?:\[[^\]]*\])?\s*==\s*)([^\s;#]+)", update, text)
    if names and text and not text.endswith("\n"):
        text += "\n"
    return text + "".join(f"{name}\n" for name in names)


def seeded(text: str, versions: dict[str, str]) -> str:
    """A lock's text with every pin at the version in use, and a pin for what is installed and not in it.

    A locker keeps the versions that the lock before names, so this is how it learns of those in use.
    """
    locked = requirements.pins(text)
    pins = {**locked, **versions}
    return "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))
