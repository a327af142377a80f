"""What somebody probably meant by a line that is not a requirement."""

import re

from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.locking.known_packages import distribution_name
from labcoat.locking.requirement_lines import RequirementLine, parse_lines

LOCAL_HINT = (
    "Ask for a release by name and version, or import it from its directory without installing it"
)
_GENERAL = "Write a package's name and, if it matters, its version, such as `idna==3.10`"
_PATH = lazy_pattern(
    r"[.~]{0,2}[/\\]|\.{1,2}(?:\[.*\])?$|[A-Za-z]:[/\\]"
    r"|[^\s;#]+\.(?:whl|zip|tar\.gz|tgz|tar\.bz2)(?:\[.*\])?$|[^\s@]*[/\\][^\s@]*$"
)
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
# Where another requirement may begin: behind a version, at a letter or after spaces.
_JOINT = lazy_pattern(
    r"(?<=[\w.*])(?:[ \t]+(?=[A-Za-z])|(?<=[\d*])(?=[A-Za-z])|(?<=[a-z])(?=[A-Z]))"
)
_MOST_JOINED = 5
_LONGEST_JOINED = 200  # characters
_VERSION = r"v?\d[\w.*+!-]*"
_SIGNS = {
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "–": "-",
    "—": "-",
    "\u00a0": " ",
    "\u200b": "",
    "\ufeff": "",
    "：": ":",
    "＝": "=",
    "，": ",",
}
PYTHON_HINT = "Python is not a package. Write its version to `.python-version`"


class Meaning(Record):
    """A hint about a line, and whether it names a file or directory of this machine."""

    hint: str
    is_local: bool = False


def explain_address(line: RequirementLine) -> str:
    """Return the hint for a requirement with an address."""
    if line.is_local_file and line.name:
        return (
            f"conda writes such lines, for one machine: ask for `{line.name}`, by its version if"
            " that matters"
        )
    return LOCAL_HINT


def explain_line(text: str) -> Meaning:  # noqa: PLR0911 - of many kinds
    """Return what `text`, which is not a valid requirement, probably means."""
    if re.match(r"(<{7}|>{7}|\|{7})(\s|$)|={7}$", text):
        return Meaning("It is left of a merge conflict: keep one side, and remove the markers")
    if re.match(r"\s*(?:<!doctype|<html|<\?xml|</?\w+[ >])", text, re.IGNORECASE):
        return Meaning("The file is a web page: download the text of the file instead")
    if known := _explain_other_format(text):
        return Meaning(known)
    if joined := split_joined(text):
        names = " and ".join(f"`{each}`" for each in joined)
        return Meaning(
            f"It is {len(joined)} requirements, as when the line before had no end and another was"
            f" appended: write {names} on a line each"
        )
    if corrected := correct_line(text):
        return Meaning(f"Did you mean `{corrected}`?")
    if _PATH.match(text):
        return Meaning(LOCAL_HINT, is_local=True)
    if re.search(r"\$\{?\w+|\{\{|%\(", text):
        return Meaning("Write the value itself: a lock must not depend on variables")
    return Meaning(_explain_version(text) or _GENERAL)


def split_joined(text: str) -> list[str]:
    """Return the requirements with versions that stand on one line; nothing if it is not so.

    `idna==3.10six==1.17` comes from a file whose last line had no end when a line was appended.
    """
    found: list[str] = []
    while len(found) < _MOST_JOINED:
        starts = [each.end() for each in _JOINT.finditer(text[:_LONGEST_JOINED])]
        # The longest first: `rc1` belongs to the version before it.
        firsts = ((text[:at].rstrip(), text[at:]) for at in reversed(starts))
        split = next(
            (each for each in firsts if _is_pinned(each[0]) and _may_follow(each[1])), None
        )
        if split is None:
            return [*found, text] if found and _valid(text) else []
        first, text = split
        found.append(first)
        if _valid(text):
            return [*found, text]
    return []


def _is_pinned(text: str) -> bool:
    return bool(_valid(text)) and re.search(r"[<>=~]=?", text) is not None


def _may_follow(text: str) -> bool:
    """Whether a requirement may begin so, which is not the rest of a version."""
    return (
        re.match(rf"(?!(?:a|b|c|rc|alpha|beta|dev|post|pre|final|and|or)\d*\b){_NAME}", text)
        is not None
    )


def _explain_other_format(text: str) -> str:  # noqa: PLR0911 - of many kinds
    """Return the hint for a line of TOML, YAML, JSON, Python or a shell; else nothing."""
    if re.fullmatch(r"\[\[?[\w.\"' -]+\]\]?", text):
        return "It is a line of TOML: write each package on a line, such as `idna>=3.10`"
    if found := re.fullmatch(rf"[\"']?({_NAME})[\"']?\s*=\s*([\"'{{\[].*)", text):
        meant = _correct_toml(found[1], found[2])
        if found[1].lower() == "python":
            return f"It is a line of TOML. {PYTHON_HINT}"
        return (
            f"It is a line of TOML. Did you mean `{meant}`?"
            if meant
            else ("It is a line of TOML: write each package on a line, such as `idna>=3.10`")
        )
    if found := re.match(r"(?:import|from)\s+(\w+)", text):
        name = distribution_name(found[1]) or found[1]
        return f"It is a line of Python. Did you mean `{name}`?"
    if found := re.match(r"[!%]?\s*(?:python3?\s+-m\s+)?(?:pip3?|conda|uv)\s+\w+\s+(.*)", text):
        names = " and ".join(f"`{each}`" for each in found[1].split() if each[0] != "-")
        return f"It is a command. Write {names or 'each package'}, on a line each"
    if re.fullmatch(r"(?:-\s*)?(?:name|channels|dependencies|pip|prefix):.*", text):
        return "It is a line of conda's environment.yml: write each package on a line"
    if re.match(r"(?:-\s*)?[\"']?python\s*(?:[=<>~!^]|$)", text, re.IGNORECASE):
        return PYTHON_HINT
    if text in {"{", "}", "[", "]", "},", "],"} or re.match(r"[{\[]\s*\"", text):
        return "It is a line of JSON: write each package on a line, such as `idna>=3.10`"
    return ""


def _correct_toml(name: str, value: str) -> str:
    """Return the requirement that a dependency of Poetry's or pipenv's means; else nothing."""
    extras = re.search(r"extras\s*=\s*\[([^\]]*)\]", value)
    version = re.search(r"version\s*=\s*[\"']([^\"']*)[\"']", value)
    plain = re.fullmatch(r"[\"']([^\"']*)[\"'],?", value)
    if not (plain or version):
        return ""
    asked = (plain or version or [""])[1]
    names = re.sub(r"[\"'\s]", "", extras[1]) if extras else ""
    return _valid(f"{name}{f'[{names}]' if names else ''}{_correct_range(asked)}")


def _correct_range(asked: str) -> str:
    """Return versions in Poetry's words as PEP 440 has them: ^1.2 is >=1.2,<2."""
    asked = asked.strip()
    if asked in {"*", "", "latest"}:
        return ""
    if found := re.fullmatch(r"\^\s*v?(\d+(?:\.\d+)*)", asked):
        parts = [int(each) for each in found[1].split(".")]
        at = next((i for i, each in enumerate(parts) if each), len(parts) - 1)
        upper = ".".join(map(str, [*parts[:at], parts[at] + 1]))
        return f">={found[1]},<{upper}"
    if found := re.fullmatch(r"~\s*v?(\d+)((?:\.\d+)*)", asked):
        return f"~={found[1]}{found[2]}" if found[2].count(".") > 1 else f"=={found[1]}{found[2]}.*"
    return asked if asked[0] in "<>=!~" else f"=={asked}"


def correct_line(text: str) -> str:
    """Return the valid requirement that `text` is but for a slip of the pen; else nothing."""
    for sign, plain in _SIGNS.items():
        text = text.replace(sign, plain)
    text = re.sub(r"^(?:[-*+•]|\d+[.)]|@)\s*(?=[\w\"'])", "", text.strip())
    text = text.strip().rstrip(",;\\").strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        text = text[1:-1].strip()
    candidates = [text, _correct_operators(text), _correct_marker(text)]
    return next(filter(None, map(_valid, candidates)), "")


def _correct_operators(text: str) -> str:
    body, semicolon, marker = text.partition(";")
    found = re.fullmatch(rf"({_NAME})\s*(\[[^\]]*\])?\s*(.*)", body.strip())
    if not found:
        return ""
    name, extras, asked = found[1], found[2] or "", found[3].strip()
    if re.fullmatch(rf"=\s*{_VERSION}=\S+", asked):  # conda's name=version=build
        asked = asked.rpartition("=")[0]
    asked = re.sub(r"^\(\s*(.*?)\s*\)$", r"\1", asked)
    if re.fullmatch(_VERSION, asked) or re.fullmatch(rf"[@:]\s*{_VERSION}", asked):
        asked = "==" + asked.lstrip("@: ")
    elif re.fullmatch(rf"[~^]\s*{_VERSION}", asked):
        asked = _correct_range(asked)
    elif re.fullmatch(r"(?:==?|@|:)?\s*(?:latest|\*)", asked):
        asked = ""
    elif asked and asked[0] not in "<>=!~":
        return ""
    else:
        asked = re.sub(r"=\s*([<>])", r"\1=", asked)  # => and =<
        asked = re.sub(r"(?<![<>=!~])=(?!=)", "==", asked)
        asked = re.sub(rf"(?<=[\w*])\s*(?:\band\b|&&?|,)?\s*(?={'[<>!=~]=?'})", ",", asked)
        asked = re.sub(r"([<>]=?)\s*(\d[\d.]*)\.\*", r"\1\2", asked)
        asked = re.sub(r"([<>=!~]=?)\s*v(?=\d)", r"\1", asked)
        asked = re.sub(r"(?<=[<>=!~,])\s+|\s+(?=,)", "", asked)
        asked = re.sub(r"((?:[<>]=?|~=)[\w.]+)\+[\w.]+", r"\1", asked)  # only == may have it
    return f"{name}{extras}{asked}" + (f"{semicolon}{marker}" if semicolon else "")


def _correct_marker(text: str) -> str:
    """Return `text` with the marker's versions in quotes and its variables spelt right."""
    import difflib

    body, semicolon, marker = text.partition(";")
    if not semicolon:
        return ""
    known = (
        *("python_version", "sys_platform", "platform_machine", "platform_system", "os_name"),
        *("python_full_version", "implementation_name", "platform_python_implementation"),
    )

    def correct(word: re.Match[str]) -> str:
        close = difflib.get_close_matches(word[0], known, n=1, cutoff=0.8)
        return close[0] if close else word[0]

    marker = re.sub(r"([<>=!]=?\s*)(\d[\w.]*)", r"\1'\2'", marker)
    marker = re.sub(r"\b[a-z_]*_[a-z_]*\b|\bplatform\b", correct, marker)
    return f"{body.strip()}; {marker.strip()}"


def _explain_version(text: str) -> str:
    if found := re.match(rf"({_NAME})\s*(?:[<>=!~]=?)+\s*([^\s,;]+)", text):
        from labcoat._vendor.packaging.version import InvalidVersion, Version

        try:
            Version(found[2].removesuffix(".*"))
        except InvalidVersion:
            return f"`{found[2]}` is not a version. {_GENERAL}"
    if re.fullmatch(rf"{_NAME}(?:\s+{_NAME})+", text):
        return "Write each package on a line of its own"
    return ""


def _valid(text: str) -> str:
    """Return `text` if it is a requirement of an index's release."""
    line = next(iter(parse_lines(text)), None) if text else None
    is_valid = isinstance(line, RequirementLine) and not line.url and line.body == text
    return text if is_valid else ""
