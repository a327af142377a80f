"""Hold lock and environments against each other, file by file, and write the proof."""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from labcoat import __version__
from labcoat.core import files
from labcoat.core.errors import LabcoatError, UnavailableError
from labcoat.core.project import Project
from labcoat.inventory import wheels
from labcoat.inventory.inventory import Contents
from labcoat.inventory.wheels import Wheel
from labcoat.levels.registry import get_level, level_names
from labcoat.locking import compiler, requirements_file
from labcoat.locking.requirements_file import Pin
from labcoat.proof import differences, outputs
from labcoat.proof.differences import Difference, InstalledEnvironment
from labcoat.proof.outputs import RunResult
from labcoat.toolchain import interpreters

LOCK = "lock"
_ELSEWHERE = {
    "interpreter",
    "run",
    "result",
    "changed",
}  # differences that a level made anew would have again
_SHOWN = 20  # differences on the screen; the proof holds all


@dataclass(frozen=True)
class ProofRow:
    """What one level of isolation turned out to hold of the lock: counts, and a digest over each package's version and files.

    `digest` is empty where not all files are known. `packages` are the digests by name, `notes` what it does not show.
    """

    name: str
    python: str = ""
    files: int = 0
    digest: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    identity: str = ""


@dataclass(frozen=True)
class Proof:
    """The outcome: a row for each level of isolation, and all differences."""

    lock: str
    rows: tuple[ProofRow, ...]
    differences: tuple[Difference, ...]
    results: tuple[RunResult, ...] = ()

    @property
    def text(self) -> str:
        """As JSON."""
        rows = [asdict(row) for row in self.rows]
        found = [_difference_json(one) for one in self.differences]
        said = {
            "labcoat": __version__,
            "lock": self.lock,
            "equal": not found,
            "rungs": rows,
            "differences": found,
        }
        said["results"] = [asdict(one) for one in self.results]
        return json.dumps(said, indent=1) + "\n"


def _difference_json(one: Difference) -> dict[str, str]:
    """A difference with the key that proof.json has always had for its level."""
    return {"rung" if key == "level" else key: value for key, value in asdict(one).items()}


def make_proof(
    project: Project,
    *,
    only: Sequence[str] = (),
    as_json: bool = False,
    against: Path | None = None,
) -> int:
    """Prove, print and write .labcoat/proof.json. Exit status 0 where all is equal, 1 where not.

    Raises Failure, status 2, where there is nothing to look at.
    """
    earlier = _earlier(against) if against else None
    proof = prove_levels(project, only)
    if earlier:
        proof = replace(proof, differences=(*proof.differences, *changes_since(earlier, proof)))
    try:
        files.write_file(files.state_folder(project.state) / "proof.json", proof.text)
    except OSError as error:
        print(f"labcoat: the proof is not written: {error.strerror}", file=sys.stderr)
    print(proof.text if as_json else proof_table(proof), end="")
    return 1 if proof.differences else 0


def prove_levels(project: Project, only: Sequence[str] = ()) -> Proof:
    """Look at the levels of isolation that are there, or at those in `only`, and compare."""
    if not project.requirements.exists():
        raise LabcoatError(
            f"There is no {project['REQUIREMENTS']}.",
            "Write requirements.in, then run make requirements.",
            status=2,
        )
    held = _held(project, only)
    own = {
        pin.name for pin in requirements_file.locked(requirements_file.read(project.requirements))
    }
    known = _known(held)
    matched = {one.level: differences.match_wheels(one, known) for one in held}
    found = [*differences.compare_interpreters(held, interpreters.project_minor(project))]
    for one in held:
        found += [
            *differences.compare_names(one),
            *differences.compare_contents(one, matched[one.level]),
        ]
    for one in held[1:]:
        # Where each is known to be its own wheel, they are equal or named already.
        found += differences.compare_environments(
            held[0], one, matched[held[0].level] | matched[one.level]
        )
    rows = [_row(project, one, matched[one.level], own, held[0]) for one in held]
    lock_row = _lock_row(project, held[0], matched[held[0].level], own)
    digest = files.text_digest(project.requirements.read_bytes())
    results = (
        outputs.run_checks(project, [one.level for one in held]) if project["PROVE_RUNS"] else []
    )
    return Proof(
        digest, (lock_row, *rows), (*found, *outputs.compare_outputs(results)), tuple(results)
    )


def _held(project: Project, only: Sequence[str]) -> list[InstalledEnvironment]:
    """What is there of the levels in `only`, or of all. Raises Failure, status 2, where one asked for or any is missing."""
    chosen = [name for name in only if name != LOCK] or [
        name for name in level_names() if get_level(name).is_isolated
    ]
    found = []
    for name in chosen:
        level = get_level(name)
        try:
            inventory = level.read_inventory(project)
        except UnavailableError as failure:
            if only:
                raise
            print(f"labcoat: {name} is not looked at: {failure.message}", file=sys.stderr)
            continue
        if inventory is None:
            if only:
                raise LabcoatError(
                    f"There is nothing at IN={name} to look at.", f"Run make {name}.", status=2
                )
            continue
        pins = [
            pin
            for file in level.lock_files(project)
            if file.exists()
            for pin in requirements_file.locked(requirements_file.read(file))
        ]
        found.append(
            InstalledEnvironment(
                name,
                inventory,
                requirements_file.applying(pins, dict(inventory.python.markers)),
                level.is_isolated,
            )
        )
    if not found:
        raise LabcoatError(
            "There is no environment to hold against the lock.",
            "Run make venv, make conda or make docker.",
            status=2,
        )
    return found


def _known(held: Sequence[InstalledEnvironment]) -> dict[str, list[Wheel]]:
    """The wheels of all that is locked and there, fetched where need be."""
    pins: dict[str, Pin] = {name: one.pins[name] for one in held for name in one.locked}
    known = {name: wheels.remembered_contents(pin) for name, pin in pins.items()}
    wanted: dict[str, dict[tuple[Pin, tuple[str, ...]], None]] = {}
    for one in held:
        for name, there in one.locked.items():
            if not any(wheels.is_wheel_of(wheel, there.tags) for wheel in known[name]):
                wanted.setdefault(one.inventory.python.minor, {})[one.pins[name], there.tags] = None
    for minor, pairs in wanted.items():
        wheels.fetch_wheel(list(pairs), minor)
        known |= {pin.name: wheels.remembered_contents(pin) for pin, _ in pairs}
    return known


def _row(
    project: Project,
    held: InstalledEnvironment,
    known: Mapping[str, Wheel],
    own: set[str],
    first: InstalledEnvironment,
) -> ProofRow:
    there = {name: one for name, one in held.locked.items() if name in own}
    packages = {name: one.digest for name, one in sorted(there.items())}
    notes = []
    if (state := get_level(held.level).read_state(project)).kind == "stale":
        notes.append(f"stale: {state.about}")
    if by_name := sorted(there.keys() - known.keys()):
        notes.append(f"by their own RECORD alone: {_some(by_name)}")
    if held is not first and (others := differences.other_platforms(first, held)):
        notes.append(f"wheels of another platform than {first.level}: {_some(others)}")
    if held is not first and held.inventory.python.version != first.inventory.python.version:
        notes.append(f"another release of Python than {first.level}")
    if stripped := held.inventory.stripped:
        notes.append(f"without {', '.join(stripped)} of packages, as LABCOAT_STRIP said")
    if on_top := sorted(held.pins.keys() - own):
        notes.append(f"and {len(on_top)} from {', '.join(project['DEV_REQUIREMENTS'].split())}")
    return ProofRow(
        name=held.level,
        python=held.inventory.python.version,
        files=sum(len(one.files) for one in there.values()),
        digest=_digest(packages),
        packages=packages,
        notes=tuple(notes),
        identity=get_level(held.level).read_identity(project),
    )


def _lock_row(
    project: Project, first: InstalledEnvironment, known: Mapping[str, Wheel], own: set[str]
) -> ProofRow:
    """The lock's own row: what its wheels for the first environment's platform hold."""
    pins = {name: pin for name, pin in first.pins.items() if name in own}
    packages, count, unknown = {}, 0, []
    for name, pin in sorted(pins.items()):
        if wheel := known.get(name):
            packages[name] = Contents(name, pin.version, (), wheel.files).digest
            count += len(wheel.files)
        else:
            packages[name] = ""
            unknown.append(name)
    notes = [f"names and versions only: {_some(unknown)}"] if unknown else []
    made_for = compiler.lock_made_for(project.requirements)
    if made_for and made_for != interpreters.project_minor(project):
        notes.append(f"the lock was made for Python {made_for}")
    return ProofRow(
        LOCK,
        files=count,
        digest="" if unknown else _digest(packages),
        packages=packages,
        notes=tuple(notes),
    )


def _digest(packages: Mapping[str, str]) -> str:
    return hashlib.sha256(
        "\n".join(f"{name} {one}" for name, one in sorted(packages.items())).encode()
    ).hexdigest()


def _some(listed: Sequence[str]) -> str:
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return ", ".join(listed[:5]) + more


def proof_table(proof: Proof) -> str:
    """For people: a line for each level, then the first differences."""
    lines = [f"{'':<8}{'Python':<10}{'packages':>8}  {'files':>8}  digest"]
    for row in proof.rows:
        lines.append(
            f"{row.name:<8}{row.python or '-':<10}{len(row.packages):>8}  {row.files:>8}  {row.digest[:12] or '-'}"
            + "".join(f"\n{'':<8}{note}" for note in row.notes)
        )
    for result in proof.results:
        for level, value in result.digests.items():
            lines.append(
                f"{level:<8}{result.output}  {value.removeprefix('sha256:')[:12] if ':' in value else value}"
            )
    found = proof.differences
    lines += [str(one) for one in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"and {len(found) - _SHOWN} more, in .labcoat/proof.json")
    for name in dict.fromkeys(
        one.level for one in found if one.level in level_names() and one.kind not in _ELSEWHERE
    ):
        lines.append(f"{get_level(name).recreate_command} makes {name} anew")
    held = ", ".join(row.name for row in proof.rows)
    lines.append(f"{len(found)} difference{'s' * (len(found) > 1)}" if found else f"equal: {held}")
    return "\n".join(lines) + "\n"


def changes_since(earlier: Mapping[str, Any], now: Proof) -> list[Difference]:
    """What is no longer as an earlier proof, read from its JSON, has it."""
    found = []
    if earlier["lock"] != now.lock:
        found.append(Difference(LOCK, "changed", "", detail="the lock is not the one of the proof"))
    rows = {row.name: row for row in now.rows}
    for before in earlier["rungs"]:
        row = rows.get(before["name"])
        if row is None:
            found.append(
                Difference(
                    before["name"], "changed", "", detail="is in the proof and was not looked at"
                )
            )
            continue
        if row.python != before["python"]:
            found.append(
                Difference(
                    row.name,
                    "changed",
                    "",
                    detail=f"Python was {before['python']}, is {row.python}",
                )
            )
        if row.identity != before["identity"]:
            found.append(
                Difference(
                    row.name, "changed", "", detail="is not the one of the proof, but another"
                )
            )
        for name in sorted(row.packages.keys() | before["packages"].keys()):
            if row.packages.get(name) != before["packages"].get(name):
                found.append(
                    Difference(row.name, "changed", name, detail=f"{name} is not as in the proof")
                )
    outputs = {(one.command, one.output): one.digests for one in now.results}
    for before in earlier.get("results", ()):
        present = outputs.get((before["command"], before["output"]), {})
        for level, value in before["digests"].items():
            if present.get(level, value) != value:
                detail = f"{before['output']} is not as in the proof"
                found.append(Difference(level, "changed", "", path=before["output"], detail=detail))
    return found


def _earlier(file: Path) -> Mapping[str, Any]:
    try:
        said: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if {"lock", "rungs"} <= said.keys():
            return said
    except OSError as error:
        raise LabcoatError(
            f"{file} cannot be read: {error.strerror}.",
            "Name a proof.json that make prove wrote.",
            status=2,
        ) from None
    except (ValueError, AttributeError):
        pass
    raise LabcoatError(f"{file} is no proof.", "Name a proof.json that make prove wrote.", status=2)
