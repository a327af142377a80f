"""The same program on each level of isolation: do its outputs have the same digest?

LABCOAT_PROVE_RUNS names commands and the files they write: `python train.py -> model.json metrics.json`, several parted by `;;`.
"""

import hashlib
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labcoat.core import files, process
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.proof.differences import Difference


@dataclass(frozen=True)
class ProofRun:
    """A line for sh, and the files or folders that it writes, from the project's folder."""

    command: str
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class RunResult:
    """An output, and by level its digest, or in words why there is none."""

    command: str
    output: str
    digests: dict[str, str] = field(default_factory=dict)


def proof_runs(setting: str) -> list[ProofRun]:
    """The runs that LABCOAT_PROVE_RUNS names. Raises Failure, status 2, where one says nothing of its outputs."""
    found = []
    for part in filter(None, (one.strip() for one in setting.split(";;"))):
        command, arrow, outputs = part.rpartition("->")
        if not arrow or not command.strip() or not outputs.split():
            raise LabcoatError(
                f"LABCOAT_PROVE_RUNS does not say what {part!r} writes.",
                "Write: COMMAND -> FILE …; several are parted by ;;",
                status=2,
            )
        found.append(ProofRun(command.strip(), tuple(outputs.split())))
    return found


def run_checks(project: Project, levels: Sequence[str]) -> list[RunResult]:
    """Run each command on each of `levels` and digest what it writes.

    Outputs that are there are put aside meanwhile, so that no program finds its work done, and come back at the end. What
    each level wrote stays in .labcoat/runs. Raises Failure where an output is outside the project.
    """
    wanted = proof_runs(project["PROVE_RUNS"])
    kept = files.state_folder(project.state) / "runs"
    outputs = [output for run in wanted for output in run.outputs]
    _check(project, outputs)
    if (kept / "before").exists():
        _move(kept / "before", project.root, outputs)  # a run that was killed left them there
    files.remove_path(kept)
    _move(project.root, kept / "before", outputs)
    found = [RunResult(run.command, output) for run in wanted for output in run.outputs]
    try:
        for level in levels:
            for run in wanted:
                said = _run(project, level, run.command)
                for result in found:
                    if result.command == run.command:
                        result.digests[level] = said or output_digest(project.root / result.output)
            _move(project.root, kept / level, outputs)
    finally:
        _move(kept / "before", project.root, outputs)
    return found


def compare_outputs(found: Sequence[RunResult]) -> Iterator[Difference]:
    """The outputs that are missing, or that are not those of the first level."""
    for result in found:
        first = next(iter(result.digests))
        for level, value in result.digests.items():
            if not value.startswith("sha256:"):
                yield Difference(level, "run", "", path=result.output, detail=value)
            elif value != result.digests[first] and result.digests[first].startswith("sha256:"):
                yield Difference(level, "result", "", path=result.output, detail=first)


def output_digest(path: Path) -> str:
    """SHA-256 of a file, or of a folder's names and files; in words where there is nothing."""
    if not path.exists():
        return "was not written"
    total = hashlib.sha256()
    for one in [path] if path.is_file() else sorted(path.rglob("*")):
        if one.is_file():
            with one.open("rb") as file:
                own = hashlib.file_digest(file, "sha256").hexdigest()
            total.update(f"{one.relative_to(path)}\0{own}\n".encode())
    return f"sha256:{total.hexdigest()}"


def _run(project: Project, level: str, command: str) -> str:
    """Run `command` at IN=`level`; nothing where it ends well, else in words how it did."""
    print(f"labcoat: running on {level}: {command}", file=sys.stderr)
    words = [
        sys.executable,
        "-I",
        str(Path(__file__).parents[1]),
        "run",
        "--in",
        level,
        "--shell",
        command,
    ]
    with process.popen(words, cwd=project.root, stdout=sys.stderr) as child:
        status = child.wait()
    return f"its command ended with {status}" if status else ""


def _check(project: Project, outputs: Sequence[str]) -> None:
    root = project.root.resolve()
    for output in outputs:
        if root not in (root / output).resolve().parents:
            raise LabcoatError(
                f"{output} is not inside the project.",
                "Name files below its folder in LABCOAT_PROVE_RUNS.",
                status=2,
            )


def _move(source: Path, target: Path, names: Sequence[str]) -> None:
    """Move those of `names` that are in `source`."""
    for name in names:
        if (source / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            files.remove_path(target / name)
            shutil.move(source / name, target / name)
