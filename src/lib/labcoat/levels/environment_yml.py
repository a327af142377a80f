"""environment.yml: written from the lock, with what a person has added to it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.locking import requirements_file
from labcoat.toolchain import interpreters, tool_env

NAME = "environment.yml"


def environment_yml_path(project: Project) -> Path:
    """The project's environment.yml, or that of LABCOAT_VARIANT, as environment-cpu.yml."""
    return project.root / (f"environment-{project['VARIANT']}.yml" if project["VARIANT"] else NAME)


_HEADER = "# Written by labcoat from {lock}, which make requirements makes. Conda packages that you add stay.\n"


def write_environment_yml(project: Project) -> Path:
    """Write environment.yml from the lock, if it does not say the same already; what a person has added stays.

    Raises Failure where there is no lock or the file is not to be read.
    """
    if not project.requirements.exists():
        raise LabcoatError(f"There is no {project['REQUIREMENTS']}.", "Run make requirements.")
    tool_env.use_tools()
    import yaml

    file = environment_yml_path(project)
    # A variant starts from what a person has written in the project's own.
    before = _read(file) or _read(project.root / NAME)
    after = merge_environment_yml(
        before,
        project.root.name,
        interpreters.project_minor(project),
        project["CONDA_PACKAGES"].split(),
        _pip_lines(project),
    )
    if after != before or not file.exists():
        text = yaml.safe_dump(after, sort_keys=False, allow_unicode=True, width=1_000_000)
        files.write_file(file, _HEADER.format(lock=project["REQUIREMENTS"]) + text)
    return file


def merge_environment_yml(
    before: dict[str, Any], name: str, minor: str, packages: Sequence[str], pip: Sequence[str]
) -> dict[str, Any]:
    """The contents of environment.yml, made of those `before`, the Python `minor`, conda `packages` and lines for `pip`.

    Raises Failure where a person asks pip for something without a hash.
    """
    asked = [one for one in before.get("dependencies") or () if isinstance(one, str)]
    own = [one for one in asked if _conda_name(one) not in {"python", "pip"}]
    given = {_conda_name(one) for one in packages}
    pip_before = [
        line
        for one in before.get("dependencies") or ()
        if isinstance(one, dict)
        for line in one.get("pip") or ()
    ]
    for line in pip_before:
        if "--hash=" not in line and not line.startswith(
            ("--require-hashes", "--only-binary", "--no-binary")
        ):
            raise LabcoatError(
                f"environment.yml asks pip for {line}, which the lock does not name.",
                "Move it to requirements.in.",
            )
    kept = [one for one in own if _conda_name(one) not in given]
    return {
        "name": name,
        "channels": ["conda-forge"],
        **before,
        "dependencies": [
            f"python={minor}",
            "pip",
            *packages,
            *kept,
            *([{"pip": list(pip)}] if pip else []),
        ],
    }


def _conda_name(spec: str) -> str:
    """The package that a match spec names: `conda-forge::numpy>=2` is numpy."""
    rest = spec.rpartition("::")[2].strip()
    end = next(
        (at for at, letter in enumerate(rest) if not (letter.isalnum() or letter in "-_.")),
        len(rest),
    )
    return rest[:end].lower()


def _pip_lines(project: Project) -> list[str]:
    pins = requirements_file.locked(requirements_file.read(project.requirements))
    if missing := [pin.name for pin in pins if not pin.hashes]:
        raise LabcoatError(
            f"{project['REQUIREMENTS']} has no hash for {missing[0]}.", "Run make requirements."
        )
    options = [
        "--require-hashes",
        "--only-binary :all:",
        *(f"--no-binary {name}" for name in project["NO_BINARY"].split()),
    ]
    lines = [
        f"{pin.name}=={pin.version}{f' ; {pin.marker}' if pin.marker else ''} "
        + " ".join(f"--hash=sha256:{one}" for one in sorted(pin.hashes))
        for pin in pins
    ]
    return [*options, *lines] if lines else []


def _read(file: Path) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LabcoatError(
            f"environment.yml is not YAML: {' '.join(str(error).split())}.",
            "Correct it or remove it.",
        ) from None
    if found is None:
        return {}
    if not isinstance(found, dict) or not isinstance(found.get("dependencies", []), list):
        raise LabcoatError(
            "environment.yml is no conda environment: it has no list of dependencies.",
            "Correct it or remove it.",
        )
    return found
