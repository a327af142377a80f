"""What pip and uv say when they fail, in two lines a person can act on."""

import re
from pathlib import Path

from labcoat.core import files
from labcoat.core.errors import LabcoatError

_NETWORK = (
    r"(?:dns error|failed to lookup address|error sending request|NewConnectionError|Temporary failure in name resolution|"
    r"Name or service not known|Connection refused|Network is unreachable|Network connectivity is disabled|"
    r"ReadTimeoutError|ConnectTimeout|"
    r"Could not connect|tcp connect error|ProxyError|operation timed out)"
)
_CERTIFICATE = r"(?:CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer)"

# (what to look for, what happened, what to do); the first that is found counts. {0} is the first group, on one line.
_CASES = (
    (
        r"(?s)(Hash mismatch for .+?)(?:\n|$)|(?:DO NOT MATCH THE HASHES.*?\n\s+)(\S+.*?)(?:\n| from)",
        "A package is not the one that was locked: {0}.",
        "Somebody has changed the lock or the file on the way. If the change is yours, run make upgrade; otherwise find out who.",
    ),
    (
        _CERTIFICATE,
        "The package index's certificate is not trusted here.",
        "Set LABCOAT_CA_BUNDLE to your network's certificate bundle.",
    ),
    (
        r"No space left on device|os error 28\b",
        "The disk is full.",
        "Make room (the lock's packages, and the cache that labcoat, pip and uv share) and run it again.",
    ),
    (
        _NETWORK,
        "The package index cannot be reached.",
        "See to the network, the proxy, or PIP_INDEX_URL; what is in the package cache needs none.",
    ),
    (
        r"hash(?:es)? (?:is|are) required|In --require-hashes mode, all requirements must have|must be pinned.*--hash",
        "The lock names packages without hashes.",
        "Put what you ask for in requirements.in and run make requirements.",
    ),
    (
        r"(?s)The conflict is caused by:\s*(.+?)(?:\n\s*\n|To fix this|Additionally|$)",
        "Requirements cannot be installed together: {0}.",
        "Loosen one of these in requirements.in.",
    ),
    (
        r"(?s)(?:Because|cause:\s+Because) (\S+) was not found in the package registry",
        "The package index has no package {0}.",
        "Correct its name in requirements.in.",
    ),
    (
        r"Could not find a version that satisfies the requirement (\S+).*\(from versions: none\)",
        "The package index has no package {0}.",
        "Correct its name in requirements.in.",
    ),
    (
        r"Because there (?:is|are) no versions? of ([^\n]+?) and you require|satisfies the requirement (\S+[^(\n]*)",
        "The package index has no version that fits {0}.",
        "Correct the version in requirements.in.",
    ),
    (
        r"has no usable wheels|no (?:source distribution|wheels?) .*?for `?([\w.-]+)",
        "{0} has no wheel for this Python and platform.",
        "Take another version, or name it in LABCOAT_NO_BINARY to build it from source.",
    ),
    (
        r"(?s)(?:No solution found.*?)Because (.+)",
        "Requirements cannot be installed together: because {0}.",
        "Loosen one of these in requirements.in.",
    ),
    (
        r"(?:Expected|Invalid requirement|Couldn't parse)[^\n]*",
        "A line is no requirement: {0}.",
        "Correct it in requirements.in.",
    ),
    (
        r"Permission denied|Read-only file system",
        "A file or folder may not be written.",
        "See to the permissions of the project folder and the cache.",
    ),
)


def explain_installer_error(said: str, otherwise: str, log: Path) -> LabcoatError:
    """A Failure made of what pip, pip-tools or uv said, which is kept in `log`.

    `otherwise` says what failed, for words that are new to us.
    """
    files.write_file(log, said)
    said = _with_conflicts_in_words(said)
    for pattern, what, todo in _CASES:
        if found := re.search(pattern, said):
            detail = next((group for group in found.groups() if group), found[0])
            return LabcoatError(what.format(_one_line(detail)), todo)
    last = [line for line in said.splitlines() if line.strip()][-1:] or ["it said nothing"]
    # The last line of a traceback names the exception's module, which says nothing to the reader.
    end = re.sub(r"^[\w.]+(?:Error|Exception): ", "", last[0])
    return LabcoatError(f"{otherwise}: {_one_line(end)}.", f"All that was said is in {log}.")


def _with_conflicts_in_words(said: str) -> str:
    """pip-tools leaves a conflict as the exception's text (RequirementInformation of resolvelib); say it as pip itself does."""
    asked = re.findall(r"Requirement\('([^']+)'\), parent=(?:None|\w+\('([^' ]+))", said)
    words = dict.fromkeys(
        f"{_release(parent) or 'requirements.in'} asks for {requirement}"
        for requirement, parent in asked
    )
    return f"The conflict is caused by: {', '.join(words)}\n\n{said}" if len(words) > 1 else said


def _release(address: str) -> str:
    """Name and version of the wheel or source archive at `address`, as `tensorflow 2.21.0`."""
    found = re.search(r"([^/]+?)-(\d[^-/]*?)(?:-[^/]*\.whl|\.tar\.gz|\.zip)(?:#|$)", address)
    return f"{found[1]} {found[2]}" if found else ""


def _one_line(text: str) -> str:
    """`text` with its line breaks and indentation folded, cut at 400 characters."""
    folded = re.sub(r"\s*\n\s*", "; ", re.sub(r"[ \t]+", " ", text.strip()))
    return (folded[:397] + "…" if len(folded) > 400 else folded).rstrip(".;: ")
