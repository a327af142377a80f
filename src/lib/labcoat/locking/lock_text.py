"""Edit the text of a lock that uv wrote."""

import re
from collections.abc import Mapping

from labcoat.core.patterns import lazy_pattern
from labcoat.locking.markers import fold_marker
from labcoat.locking.requirement_lines import parse_requirements

_PIN = lazy_pattern(r"^(?P<release>[^\s;#]+==\S+)(?: ; (?P<marker>.*?))?(?P<more> \\)?$")


def fold_lock(text: str, minor: str, systems: tuple[str, ...]) -> str:
    """Return a lock of uv's with the markers simplified for Python `minor` and `systems`."""
    lines: list[str] = []
    keeps = True
    for line in text.splitlines():
        if found := _PIN.fullmatch(line):
            marker = fold_marker(found["marker"] or "", minor, systems)
            keeps = marker is not None
            rest = f" ; {marker}" if marker else ""
            line = f"{found['release']}{rest}{found['more'] or ''}"  # noqa: PLW2901
        if keeps:
            lines.append(line)
    return "\n".join(lines) + "\n" if lines else ""


def without_annotation(text: str, cause: str) -> str:
    """Return a lock without `cause` among the `# via` comments."""
    text = re.sub(rf"(?m)^ +# via {re.escape(cause)}\n", "", text)
    text = re.sub(rf"(?m)^ +#   {re.escape(cause)}\n", "", text)
    return re.sub(r"(?m)^( +# via)\n +#   (\S.*)\n(?! +#   )", r"\1 \2\n", text)


def merge_pins(seed: str, pins: Mapping[str, str], *, upgrade: bool) -> str:
    """Return the pins of `seed` with `pins` in place of theirs.

    Lines whose version stays keep their hashes. Packages of other platforms keep their version,
    unless they are to be upgraded.
    """
    if not pins:
        return seed
    lines: list[str] = []
    known: set[str] = set()
    for line in parse_requirements(seed):
        if pins.get(line.name, line.version) != line.version:
            continue
        if line.name not in pins and upgrade:
            continue
        known.add(line.name)
        lines.append(line.text)
    lines += [f"{name}=={version}" for name, version in pins.items() if name not in known]
    return "\n".join(lines) + "\n"
