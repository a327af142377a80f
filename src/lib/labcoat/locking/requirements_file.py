"""Requirements files as text: what they include, what they pin, by which names."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labcoat.core.errors import LabcoatError

_INCLUDE = re.compile(
    r"^\s*(?:-r|-c|--requirement|--constraint)[\s=]*(\S.*?)\s*(?:\s#.*)?$", re.MULTILINE
)
_REQUIREMENT = re.compile(r"^\s*(?:-r|--requirement)[\s=]*(\S.*?)\s*(?:\s#.*)?$", re.MULTILINE)
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*==\s*([^\s;\\]+)", re.MULTILINE)
_BLOCK = re.compile(
    r"^(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?[ \t]*==[ \t]*(?P<version>[^\s;\\]+)[ \t]*(?:;(?P<marker>[^\\\n#]*))?"
    r"(?P<rest>(?:\\\n|[^\n\\])*)$",
    re.MULTILINE,
)
# A line that no program writes: another file, or a requirement that is neither a pin nor an address.
_BY_HAND = re.compile(
    r"-[rc]|--(?:requirement|constraint)\b|(?!-|[\w.-]+(?:\[[^\]]*\])?\s*(?:===?[^,*;]+(?:;.*)?$|@\s))"
)


@dataclass(frozen=True)
class Pin:
    """One line of a lock: a version, where it applies (a PEP 508 marker, or nothing), and its files' SHA-256 in hexadecimal."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]


def normalize(name: str) -> str:
    """A distribution's name as indexes compare it: https://packaging.python.org/en/latest/specifications/name-normalization/."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(path: Path) -> str:
    """The text of a requirements file. Raises Failure where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise LabcoatError(
            f"There is no {path.name}.",
            "Create it, or correct the line or the setting that names it.",
        ) from None
    except UnicodeDecodeError:
        raise LabcoatError(
            f"{path.name} is not text in UTF-8.",
            "Save it as UTF-8 (PowerShell's `pip freeze >` writes UTF-16).",
        ) from None
    except OSError as error:
        raise LabcoatError(
            f"{path.name} cannot be read: {error.strerror}.", "See to its permissions."
        ) from None


def chain(path: Path, *, missing_ok: bool = False, constraints: bool = True) -> Iterator[Path]:
    """`path`, then every file that it includes through -r and, with `constraints`, -c, each once.

    With `missing_ok` also ones not made yet. Raises Failure where one cannot be read.
    """
    include = _INCLUDE if constraints else _REQUIREMENT
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file.resolve() in seen:
            continue
        seen.add(file.resolve())
        yield file
        if missing_ok and not file.exists():
            continue
        waiting += [
            file.parent / name
            for name in reversed(include.findall(read(file)))
            if "://" not in name
        ]


def versions(locks: Iterable[Path], minor: str) -> dict[str, str]:
    """Names and versions that `locks` pin for Python `minor` on this machine; a lock that is not there pins nothing."""
    pins = [pin for lock in locks if lock.exists() for pin in locked(read(lock))]
    return {name: pin.version for name, pin in applying(pins, {"python_version": minor}).items()}


def asked(text: str) -> list[str]:
    """The lines that ask for something, without comments."""
    lines = (re.sub(r"(?:^|\s+)#.*", "", line).strip() for line in text.splitlines())
    return [line for line in lines if line]


def left_behind(lock: str, source: str) -> list[str]:
    """The lines of a requirements.txt, `lock`, written by hand, that ask for what `source`, the text of its inputs, does not.

    None where a program wrote it: a locker's has hashes or pins alone, pip freeze's (https://pip.pypa.io/en/stable/cli/pip_freeze/)
    pins and addresses.
    """
    lines = asked(lock)
    if "--hash=" in lock or not any(_BY_HAND.match(line) for line in lines):
        return []
    wanted = asked(source)
    known = names(source)
    return [line for line in lines if line not in wanted and name(line) not in known]


def name(line: str) -> str:
    """The normalized name that a requirement starts with; empty for an option, a path or an address."""
    found = re.match(r"([A-Za-z0-9][\w.-]*)\s*(?:[\[<>=!~;@(\s]|$)", line)
    return normalize(found[1]) if found else ""


def names(text: str) -> set[str]:
    """The packages that a requirements file asks for by name."""
    return {name(line) for line in asked(text)} - {""}


def pins(text: str) -> dict[str, str]:
    """The versions that a lock names: normalized name to version."""
    return {normalize(name): version for name, version in _PIN.findall(text)}


def locked(text: str) -> list[Pin]:
    """All that a lock names; one name may be there several times, for different platforms."""
    return [
        Pin(
            normalize(found["name"]),
            found["version"],
            (found["marker"] or "").strip(),
            frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", found["rest"])),
        )
        for found in _BLOCK.finditer(text)
    ]


def applying(pins: list[Pin], environment: Mapping[str, str]) -> dict[str, Pin]:
    """Of `pins`, by name, those that apply in an environment of these marker values (PEP 508); those of this Python otherwise."""
    if not any(pin.marker for pin in pins):
        return {pin.name: pin for pin in pins}
    from labcoat.toolchain import tool_env

    tool_env.use_tools()
    from packaging.markers import Marker

    return {
        pin.name: pin
        for pin in pins
        if not pin.marker or Marker(pin.marker).evaluate({**environment, "extra": ""})
    }
