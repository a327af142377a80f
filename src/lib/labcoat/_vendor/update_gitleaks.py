r"""Replace gitleaks/rules.json by the rules of a gitleaks release, converted for Python.

Run `python3 src/lib/labcoat/_vendor/update_gitleaks.py FILE`.

FILE is `config/gitleaks.toml` of a release, or the program, which contains that file. The rules
are data under the MIT licence (gitleaks/LICENSE). Their patterns are written for RE2, and labcoat
searches bytes with `re`:

- `(?i)` in the middle of a pattern becomes a group, `\z` and `$` become `\Z`,
- a class such as `[[:alnum:]]` becomes its letters,
- `[\w.-]{0,50}?` before a name, which matches anything, is left out: it makes `re` slow.
"""

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "gitleaks" / "rules.json"
_BEGIN = b"# This file has been auto-generated. Do not edit manually."
# Its exceptions are keys of documentation, which scanners report.
_LEFT_OUT = ("gcp-api-key",)
_CLASSES = {"[:alnum:]": "0-9A-Za-z", "[:alpha:]": "A-Za-z", "[:digit:]": "0-9"}
_ANYTHING = r"[\w.-]{0,50}?"
_TOKEN = re.compile(r"\\.|\[:\w+:\]|\[\^?\]?|\]|\(\?[a-z]+\)|\(|\)|\||\$|.", re.DOTALL)


def update_rules(source: Path) -> None:
    """Write the rules of `source`."""
    rules = tomllib.loads(_read_config(source.read_bytes()))
    converted = [
        _convert_rule(rule)
        for rule in rules["rules"]
        if "regex" in rule and rule["id"] not in _LEFT_OUT
    ]
    converted.sort(key=lambda rule: str(rule["id"]))
    lines = ",\n".join(json.dumps(rule, sort_keys=True) for rule in converted)
    TARGET.write_text(f"[\n{lines}\n]\n")


def _read_config(data: bytes) -> str:
    """Return the configuration: the whole file, or what the program contains of it."""
    start = data.find(_BEGIN)
    end = data.find(b"\0", start)
    text = data[start : end if end >= 0 else len(data)]
    return text.decode("utf-8", "ignore").rstrip() + "\n"


def _convert_rule(rule: dict[str, Any]) -> dict[str, object]:
    pattern = convert_pattern(rule["regex"])
    found: dict[str, object] = {
        "id": rule["id"],
        "pattern": pattern,
        "named": _ANYTHING in rule["regex"],
        "keywords": rule.get("keywords", []),
        "entropy": rule.get("entropy", 0),
        "group": rule.get("secretGroup", 0),
    }
    if "path" in rule:
        found["path"] = convert_pattern(rule["path"])
    allowed = [_convert_allowlist(each) for each in rule.get("allowlists", ())]
    if allowed:
        found["allow"] = allowed
    return found


def _convert_allowlist(allowlist: dict[str, Any]) -> dict[str, object]:
    return {
        "target": allowlist.get("regexTarget", "secret"),
        "all": allowlist.get("condition", "OR").upper() == "AND",
        "patterns": [convert_pattern(each) for each in allowlist.get("regexes", ())],
        "paths": [convert_pattern(each) for each in allowlist.get("paths", ())],
        "words": [each.lower() for each in allowlist.get("stopwords", ())],
    }


def convert_pattern(pattern: str) -> str:
    """Return an RE2 pattern as Python's `re` writes it. Raise re.error if it cannot be."""
    text = _convert_flags(pattern.replace(_ANYTHING, ""))
    re.compile(text.encode())
    return text


def _convert_flags(pattern: str) -> str:
    """Put what follows `(?i)` in a group of its own, up to the end of the group that it is in."""
    parts: list[str] = []
    opened = [0]  # for each open group, how many flags were set in it
    in_class = False
    for part in _TOKEN.findall(pattern):
        if in_class:
            in_class = part != "]"
            parts.append(_CLASSES.get(part, "\\[" if part == "[" else part))
        elif part.startswith("[") and part not in _CLASSES:
            in_class = True
            parts.append(part)
        elif part.startswith("(?"):
            opened[-1] += 1
            parts.append(f"{part[:-1]}:")
        elif part == "(":
            opened.append(0)
            parts.append(part)
        elif part == ")":
            parts.append(")" * (opened.pop() + 1))
        else:
            parts.append({"$": r"\Z", r"\z": r"\Z"}.get(part, part))
    return "".join(parts) + ")" * opened[0]


if __name__ == "__main__":
    update_rules(Path(sys.argv[1]))
