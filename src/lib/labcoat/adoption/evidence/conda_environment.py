"""Read conda's environment files without a YAML library: the part of YAML that conda writes.

Anchors, tags and includes are not expanded, so that no file can grow in memory.
"""

import re

from labcoat.adoption.evidence.source import Source
from labcoat.adoption.plan import Kind, Wanted
from labcoat.imports.tree import Tree
from labcoat.locking.requirement_lines import RequirementLine, parse_lines
from labcoat.names import conda

_FILE = re.compile(r"(?:^|/)(?:[\w.-]*(?:environment|conda|env)[\w.-]*)\.ya?ml$", re.IGNORECASE)
_ITEM = re.compile(r"^(?P<indent>\s*)-\s+(?P<value>.*?)\s*$")
_SPEC = re.compile(
    r"^(?:[\w./:-]+::)?(?P<name>[A-Za-z0-9_][\w.-]*)\s*(?:\[.*\])?\s*(?P<version>[<>=!~\d*].*)?$"
)
_RELEASE = re.compile(r"\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.?post\d+)?(?:\.?dev\d+)?")
_DUMPED = 0.5  # the share of specs with a build, from which on conda wrote the file itself


def find_environments(tree: Tree) -> list[Source]:
    """Return the conda environment files of the repository, the nearest to its root first."""
    paths = sorted(
        (path for path in tree.paths if _FILE.search(path)),
        key=lambda path: (path.count("/"), "environment.y" not in path.lower(), path),
    )
    found = (read_environment(tree, path) for path in paths)
    return [each for each in found if each.wanted or each.python]


def read_environment(tree: Tree, path: str) -> Source:
    """Return what an environment file asks for, with the names that PyPI has."""
    specs, lines = _read_items(tree.read_text(path))
    parsed = [(number, *_split_spec(text)) for number, text in specs]
    builds = sum(1 for _, name, _, build in parsed if name and build)
    exact = sum(1 for _, name, version, _ in parsed if name and re.match(r"=?=?\d", version))
    is_dump = bool(parsed) and (
        builds > _DUMPED * len(parsed) or (len(parsed) > 20 and exact > 0.9 * len(parsed))
    )
    layout: list[Wanted] = []
    system: list[str] = []
    python = ""
    for number, name, version, build in parsed:
        if name == "python":
            python = version.strip("= ") if version[:1] not in "<>!~" else version
            continue
        package = conda.pypi_name(name, build)
        if not package:
            if not is_dump and name and conda.is_system(name):
                system.append(name)
            continue
        layout.append(Wanted(package + _translate(version), path, number, "conda"))
    kind: Kind = "freeze" if is_dump else "demand"
    layout += [Wanted(text, path, number, kind) for number, text in lines if _is_requirement(text)]
    return Source(path, "conda", _without_repeats(layout), python, tuple(system))


def _without_repeats(layout: list[Wanted]) -> tuple[Wanted, ...]:
    """Return one line for each package: pip's, which installs after conda."""
    kept: dict[str, Wanted] = {}
    for each in layout:
        line = next(iter(parse_lines(each.requirement)), None)
        kept[(line.name if line else "") or each.requirement] = each
    return tuple(kept.values())


def _is_requirement(text: str) -> bool:
    return isinstance(next(iter(parse_lines(text)), None), RequirementLine)


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


def _split_spec(text: str) -> tuple[str, str, str]:
    """Return the name, version and build of `name=version=build`, or of `name >=1,<2`."""
    found = _SPEC.match(text)
    if not found:
        return "", "", ""
    version = (found["version"] or "").strip()
    build = ""
    if exact := re.fullmatch(r"(={1,2}\s*[^=<>!~,|\s]+)=([^=\s]+)", version):
        version, build = exact[1], exact[2]
    elif spaced := re.fullmatch(r"([\d.]+\S*)\s+(\S+)", version):
        version, build = f"={spaced[1]}", spaced[2]
    return found["name"].lower(), version, build


def _translate(version: str) -> str:
    """Return a version of conda's as a specifier (PEP 440); empty for one that has no equal."""
    if not version or "|" in version:
        return ""
    return ",".join(filter(None, map(_translate_part, version.split(","))))


def _translate_part(part: str) -> str:
    found = re.fullmatch(r"\s*([<>=!~]*)\s*(.*?)\s*", part)
    assert found is not None  # noqa: S101 - it matches everything
    operator, release = found[1], found[2]
    stem = release.removesuffix("*").rstrip(".")
    if not _RELEASE.fullmatch(stem):
        return ""
    is_open = release.endswith("*")
    if operator in {"=", ""}:
        exact = stem.count(".") > 1 and not is_open
        return f"=={stem}" if exact else f"=={stem}.*"
    if operator == "==":
        return f"=={stem}.*" if is_open else f"=={stem}"
    return f"{operator}{stem}" if operator in {">=", "<=", "<", ">", "!=", "~="} else ""
