"""Run the same commands on each level of isolation and compare the digests of their outputs.

LABCOAT_PROVE_RUNS names commands and the files they write, separated by `;;`:
`python train.py -> model.json metrics.json ;; python predict.py -> predictions.csv`.
"""

import hashlib
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from labcoat.core import files, process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record, field
from labcoat.proof import run_environment
from labcoat.proof.difference import Difference
from labcoat.proof.level_program import run_words

_LARGE = 1 << 29  # bytes of a file that takes seconds to read


class ProofRun(Record):
    """A line for sh, and the files or directories that it writes, relative to the project."""

    command: str
    outputs: tuple[str, ...]


class RunResult(Record):
    """An output, and for each level its digest, or why it has no digest."""

    command: str
    output: str
    digests: dict[str, str] = field(default_factory=dict)


def parse_proof_runs(setting: str) -> list[ProofRun]:
    """Parse LABCOAT_PROVE_RUNS. Raise LabcoatError, status 2, if a command names no outputs."""
    found = []
    for part in filter(None, (one.strip() for one in setting.split(";;"))):
        command, arrow, outputs = part.rpartition("->")
        if not arrow or not command.strip() or not outputs.split():
            raise LabcoatError(
                f"`{part}` in LABCOAT_PROVE_RUNS names no outputs",
                "Write `COMMAND -> FILE …`, and `;;` between several",
                status=2,
            )
        found.append(ProofRun(command.strip(), tuple(outputs.split())))
    return found


def run_checks(project: Project, levels: Sequence[str]) -> list[RunResult]:
    """Run each command of LABCOAT_PROVE_RUNS on each of `levels` and digest what it writes.

    Outputs that exist are moved aside meanwhile, so that no program finds its work done, and come
    back at the end. What each level wrote stays in .labcoat/runs. Raise LabcoatError if an output
    is outside the project.
    """
    runs = parse_proof_runs(project["PROVE_RUNS"])
    kept = files.state_folder(project.state) / "runs"
    outputs = [output for run in runs for output in run.outputs]
    _refuse_outside(project, outputs)
    run_environment.warn_of_ignored(os.environ)
    if (kept / "before").exists():
        _move_outputs(kept / "before", project.root, outputs)  # a killed run left them there
    files.remove_path(kept)
    _move_outputs(project.root, kept / "before", outputs)
    found = [RunResult(run.command, output) for run in runs for output in run.outputs]
    try:
        for level in levels:
            for run in runs:
                error = _run_command(project, level, run.command, {})
                for result in found:
                    if result.command == run.command:
                        digest = error or output_digest(project.root / result.output)
                        result.digests[level] = digest
            _move_outputs(project.root, kept / level, outputs)
    finally:
        _move_outputs(kept / "before", project.root, outputs)
    return found


def compare_outputs(found: Sequence[RunResult]) -> Iterator[Difference]:
    """Yield the outputs that are missing or differ from those of the first level."""
    for result in found:
        first = next(iter(result.digests))
        for level, value in result.digests.items():
            if not value.startswith("sha256:"):
                yield Difference(level, "run", "", path=result.output, detail=value)
            elif value != result.digests[first] and result.digests[first].startswith("sha256:"):
                yield Difference(level, "result", "", path=result.output, detail=first)


def output_digest(path: Path) -> str:
    """Return `sha256:` and the digest of a file, or of a directory's names and files.

    Return why there is none if nothing is there, or nothing that can be read.
    """
    if not path.exists():
        return "was not written"
    if not (path.is_file() or path.is_dir()):
        return "is neither a file nor a directory"
    try:
        return _read_digest(path)
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _read_digest(path: Path) -> str:
    total = hashlib.sha256()
    for one in [path] if path.is_file() else sorted(path.rglob("*")):
        if one.is_file():
            if (size := one.stat().st_size) > _LARGE:
                terminal.print_progress(f"reading {one.name} ({size / 1e9:.1f} GB)")
            with one.open("rb") as file:
                own = hashlib.file_digest(file, "sha256").hexdigest()
            total.update(f"{one.relative_to(path)}\0{own}\n".encode())
    return f"sha256:{total.hexdigest()}"


def repeat_run(
    project: Project, command: str, outputs: Sequence[str], level: str, pinned: Mapping[str, str]
) -> tuple[Path, dict[str, str]]:
    """Run `command` on `level` again with the variables `pinned`.

    Return the directory that its outputs are moved to, and their digests. Outputs that exist are
    moved aside meanwhile, as by run_checks.
    """
    kept = files.state_folder(project.state) / "runs"
    _move_outputs(project.root, kept / "before", outputs)
    try:
        error = _run_command(project, level, command, pinned)
        digests = {name: error or output_digest(project.root / name) for name in outputs}
        _move_outputs(project.root, kept / "pinned", outputs)
    finally:
        _move_outputs(kept / "before", project.root, outputs)
    return kept / "pinned", digests


def _run_command(project: Project, level: str, command: str, pinned: Mapping[str, str]) -> str:
    """Run `command` on `level`. Return why it failed; empty if it did not."""
    with_pinned = f" with {terminal.join_some(sorted(pinned))}" if pinned else ""
    terminal.print_progress(f"running on {level}{with_pinned}: {command}")
    words = [*run_words(level), "--shell", command]
    environ = run_environment.run_variables(os.environ)
    if pinned:
        words_of = (f"{name}={shlex.quote(value)}" for name, value in pinned.items())
        environ["LABCOAT_ENV"] = " ".join([project["ENV"], *words_of])
    with process.popen(words, cwd=project.root, stdout=sys.stderr, env=environ) as child:
        status = child.wait()
    return f"the command failed with exit status {status}" if status else ""


def _refuse_outside(project: Project, outputs: Sequence[str]) -> None:
    root = project.root.resolve()
    for output in outputs:
        if root not in (root / output).resolve().parents:
            raise LabcoatError(
                f"`{output}` in LABCOAT_PROVE_RUNS is not inside the project",
                "Name files below the project's directory",
                status=2,
            )


def _move_outputs(source: Path, target: Path, names: Sequence[str]) -> None:
    """Move those of `names` that exist in `source` to `target`."""
    for name in names:
        if (source / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            files.remove_path(target / name)
            shutil.move(source / name, target / name)
