"""Edit the text of a lock that uv wrote."""

import re

from labcoat.core.patterns import lazy_pattern
from labcoat.locking.markers import fold_marker

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
