"""Read conda's environment files without a YAML library: the part of YAML that conda writes.

Anchors, tags and includes are not expanded, so that no file can grow in memory.
"""

import re

from labcoat.adoption.evidence.conda_specs import read_specs, split_spec
from labcoat.adoption.evidence.requirement_lists import read_option
from labcoat.adoption.evidence.source import Source
from labcoat.adoption.plan import Kind, Wanted
from labcoat.core.patterns import lazy_pattern
from labcoat.imports.tree import Tree
from labcoat.locking.requirement_lines import OptionLine, parse_lines

_FILE = lazy_pattern(r"(?:^|/)(?:[\w.-]*(?:environment|conda|env)[\w.-]*)\.ya?ml$", re.IGNORECASE)
# Such a file under another name at the top, such as requirements.yml. Other programs have channels
# and dependencies too.
_CONTENT = tuple(re.compile(rf"^{key}:", re.MULTILINE) for key in ("channels", "dependencies"))
_KEY = lazy_pattern(r"^([^\s#'\"-][^:\n]*):", re.MULTILINE)
_KEYS = frozenset(
    {
        *("name", "channels", "channel_priority", "dependencies", "variables", "prefix"),
        *("platforms", "category"),  # of conda-lock
    }
)
_CHANNEL = lazy_pattern(r"(?:https?://)?[A-Za-z0-9][\w./:-]*")
_KNOWN_CHANNEL = lazy_pattern(
    r"(?:anaconda|bioconda|conda-forge|defaults|dglteam|esri|fastai|huggingface|intel|main|msys2"
    r"|nodefaults|nvidia|omnia|plotly|pyg|pytorch\S*|r|rapidsai\S*|xilinx\S*)(?:/.*)?|https?://.*conda.*"
)
_ITEM = lazy_pattern(r"^(?P<indent>\s*)-\s+(?P<value>.*?)\s*$")


def find_environments(tree: Tree) -> list[Source]:
    """Return the conda environment files of the repository, the nearest to its root first."""
    paths = sorted(
        (path for path in tree.paths if _FILE.search(path) or _is_environment(tree, path)),
        key=lambda path: (path.count("/"), "environment.y" not in path.lower(), path),
    )
    found = (read_environment(tree, path) for path in paths)
    return [each for each in found if each.wanted or each.python]


def _is_environment(tree: Tree, path: str) -> bool:
    is_yaml = "/" not in path and path.lower().endswith((".yml", ".yaml"))
    if not is_yaml:
        return False
    text = tree.read_text(path)
    return all(each.search(text) for each in _CONTENT) and _is_conda_text(text)


def _is_conda_text(text: str) -> bool:
    """Whether all that a file has is conda's, and some of it is of conda alone."""
    if not set(map(str.strip, _KEY.findall(text))) <= _KEYS:
        return False
    specs, lines = _read_items(text)
    channels = _read_channels(text)
    names = [split_spec(spec)[:2] for _, spec in specs]
    if not all(name for name, _ in names) or not all(map(_CHANNEL.fullmatch, channels)):
        return False
    is_sure = bool(lines) or any(name == "python" and version for name, version in names)
    return is_sure or any(map(_KNOWN_CHANNEL.fullmatch, channels))


def _read_channels(text: str) -> list[str]:
    """Return the items of the list `channels`."""
    found: list[str] = []
    is_inside = False
    for raw in text.splitlines():
        line = re.sub(r"(?:^|\s)#.*$", "", raw).rstrip()
        if item := _ITEM.match(line):
            found += [_unquote(item["value"])] if is_inside else []
        elif line:
            is_inside = line.startswith("channels:")
            words = line.removeprefix("channels:").strip(" \t[]").split(",") if is_inside else []
            found += [_unquote(word) for word in words if word.strip()]
    return found


def read_environment(tree: Tree, path: str) -> Source:
    """Return what an environment file asks for, with the names that PyPI has."""
    specs, lines = _read_items(tree.read_text(path))
    found = read_specs(specs, path)
    kind: Kind = "freeze" if found.is_dump else "demand"
    layout, skipped = list(found.wanted), list(found.skipped)
    for number, text in lines:
        line = next(iter(parse_lines(text)), None)
        if isinstance(line, OptionLine):
            below, more = read_option(tree, path, line, kind)
            layout += below
            skipped += more
        elif line is not None:  # also what is no requirement, to be corrected or named
            layout.append(Wanted(text, path, number, kind))
    return Source(
        path,
        "conda",
        _without_repeats(layout),
        found.python,
        found.system,
        skipped=tuple(skipped),
    )


def _without_repeats(layout: list[Wanted]) -> tuple[Wanted, ...]:
    """Return one line for each package: pip's, which installs after conda."""
    kept: dict[str, Wanted] = {}
    for each in layout:
        line = next(iter(parse_lines(each.requirement)), None)
        kept[(line.name if line else "") or each.requirement] = each
    return tuple(kept.values())


def _read_items(text: str) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return the specs for conda and the lines for pip, each with its line's number."""
    specs: list[tuple[int, str]] = []
    lines: list[tuple[int, str]] = []
    section, pip_indent = "", -1
    for number, raw in enumerate(text.splitlines(), 1):
        line = re.sub(r"(?:^|\s)#.*$", "", raw).rstrip()
        if not line.strip() or "{{" in line or "{%" in line:
            continue
        item = _ITEM.match(line)
        if item is None:
            if found := re.match(r"^([\w-]+):\s*(\[.*\])?", line):
                section, pip_indent = found[1], -1
                if section == "dependencies" and found[2]:
                    words = found[2].strip("[]").split(",")
                    specs += [(number, _unquote(word)) for word in words if word.strip()]
            continue
        if section != "dependencies":
            continue
        indent, value = len(item["indent"]), _unquote(item["value"])
        if value.rstrip(": ") == "pip" and value.endswith(":"):
            pip_indent = indent
        elif pip_indent >= 0 and indent > pip_indent:
            lines.append((number, value))
        else:
            pip_indent = -1
            specs.append((number, value))
    return specs, lines


def _unquote(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
