"""Read what the packages of one level need of its system: here, or with an image's own Python."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from labcoat.inventory.inventory import program_text
from labcoat.system import program
from labcoat.system.records import SystemSurvey

_MODULES = (
    "inventory.regular_files",
    "inventory.records",
    "system.elf",
    "system.loader",
    "system.relations",
    "system.needs",
    "system.program",
)


def survey_command(python: str, prefix: str) -> list[str]:
    """Return the command in which `python` prints the needs of the environment in `prefix`.

    parse_survey reads its output. An empty prefix is that of `python` itself.
    """
    text = program_text([f"labcoat.{name}" for name in _MODULES], "main()")
    return [python, "-ISB", "-c", text, prefix]


def parse_survey(text: str) -> SystemSurvey:
    """Return what the command printed. Raise ValueError for anything else."""
    try:
        return SystemSurvey.from_json(json.loads(text))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a list of needs: {error}") from None


def survey_environment(prefix: Path, sites: Sequence[Path], python: Path) -> SystemSurvey | None:
    """Return the needs of an environment on this machine, whose Python is not run.

    None where programs are not ELF files, as on macOS. Raise OSError if it cannot be read.
    """
    if sys.platform != "linux":
        return None
    found = program.describe_system(
        str(prefix), [str(site) for site in sites], str(python), os.environ
    )
    return SystemSurvey.from_json(found)
