"""environment.yml: written from the lock, with what users have added to it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labcoat.core import files, originals, reading
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.locking import requirements_file
from labcoat.toolchain import interpreters, tool_env

NAME = "environment.yml"


def environment_yml_path(project: Project) -> Path:
    """Return environment.yml, or with LABCOAT_VARIANT=cpu environment-cpu.yml."""
    return project.root / (f"environment-{project['VARIANT']}.yml" if project["VARIANT"] else NAME)


_HEADER = "# Written by labcoat from {lock}. Conda packages that you add are kept.\n"


def write_environment_yml(project: Project) -> Path:
    """Write environment.yml from the lock if its contents change, and return its path.

    What users have added is kept. Raise LabcoatError if there is no lock or the file is invalid.
    """
    if not project.requirements.exists():
        raise LabcoatError(f"`{project['REQUIREMENTS']}` does not exist", "Run `make requirements`")
    tool_env.use_tools()
    import yaml

    file = environment_yml_path(project)
    # A variant starts from what users have added to the project's own.
    before = _read_yaml(file) or _read_yaml(project.root / NAME)
    after = merge_environment_yml(
        before,
        project.root.name,
        interpreters.project_minor(project),
        project["CONDA_PACKAGES"].split(),
        _pip_lines(project),
    )
    if after != before or not file.exists():
        text = yaml.safe_dump(after, sort_keys=False, allow_unicode=True, width=1_000_000)
        text = _HEADER.format(lock=project["REQUIREMENTS"]) + text
        is_foreign = file.exists() and b"labcoat" not in reading.read_file(file)
        originals.record_replacement(
            project.state, project.root, file, text.encode(), always=is_foreign
        )
        files.write_file(file, text)
    return file


def merge_environment_yml(
    before: dict[str, Any], name: str, minor: str, packages: Sequence[str], pip: Sequence[str]
) -> dict[str, Any]:
    """Merge the contents `before` with the Python `minor`, conda `packages` and lines for `pip`.

    Raise LabcoatError if `before` has a line for pip without a hash: pip would refuse all others.
    """
    specs = [one for one in before.get("dependencies") or () if isinstance(one, str)]
    own = [one for one in specs if _conda_name(one) not in {"python", "pip"}]
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
                f"environment.yml asks pip for `{line}`, which is not in the lock",
                "Move it to `requirements.in`",
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
    """Return the package that a match spec names: numpy for `conda-forge::numpy>=2`."""
    rest = spec.rpartition("::")[2].strip()
    end = next(
        (at for at, letter in enumerate(rest) if not (letter.isalnum() or letter in "-_.")),
        len(rest),
    )
    return rest[:end].lower()


def _pip_lines(project: Project) -> list[str]:
    pins = requirements_file.parse_pins(requirements_file.read_requirements(project.requirements))
    if missing := [pin.name for pin in pins if not pin.hashes]:
        raise LabcoatError(
            f"`{project['REQUIREMENTS']}` has no hash for `{missing[0]}`",
            "Run `make requirements`",
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


def _read_yaml(file: Path) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LabcoatError(
            f"cannot parse environment.yml: {' '.join(str(error).split())}",
            "Correct or remove it",
        ) from None
    if found is None:
        return {}
    if not isinstance(found, dict) or not isinstance(found.get("dependencies", []), list):
        raise LabcoatError(
            "environment.yml has no list of dependencies",
            "Correct or remove it",
        )
    return found
