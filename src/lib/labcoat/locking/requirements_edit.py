"""Edit the text of a requirements.in or a lock, keeping its other lines."""

import re
from collections.abc import Iterable, Mapping, Sequence

from labcoat.core.package_names import normalize_name
from labcoat.locking import requirements_file


def remove_requirements(text: str, names: Sequence[str]) -> str:
    """Return `text` of a requirements.in without the lines that ask for `names`."""
    return "".join(
        line
        for line in text.splitlines(keepends=True)
        if requirements_file.requirement_name(line.strip()) not in names
    )


def add_requirements(text: str, names: Iterable[str], moved: Mapping[str, str]) -> str:
    """Return `text` of a requirements.in with a line for each of `names`.

    A `==` pin of a package in `moved` (name to version) gets that version.
    """

    def update(line: re.Match[str]) -> str:
        version = moved.get(normalize_name(line[1]))
        return f"{line[1]}{line[2]}{version}" if version else line[0]

    text = re.sub(r"(?m)^([A-Za-z0-9][\w.-]*)((?:\[[^\]]*\])?\s*==\s*)([^\s;#]+)", update, text)
    end = "\r\n" if "\r\n" in text else "\n"
    added = "".join(f"{name}{end}" for name in names)
    if added and text and not text.endswith("\n"):
        text += end
    return text + added


def pin_versions(lock: str, versions: Mapping[str, str]) -> str:
    """Return the pins of the text `lock` at `versions`, with a pin for each version it lacks.

    A locker keeps the versions in the previous lock; this tells it which versions are installed.
    """
    pins = {**requirements_file.pinned_versions(lock), **versions}
    return "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))
