"""Explain what pip, pip-tools and uv print when they fail, in two lines that help."""

import re
from collections.abc import Sequence
from pathlib import Path

from labcoat.core import files
from labcoat.core.errors import LabcoatError

_NETWORK = (
    r"(?:dns error|failed to lookup address|error sending request|NewConnectionError|"
    r"Temporary failure in name resolution|Name or service not known|Connection refused|"
    r"Network is unreachable|Network connectivity is disabled|"
    r"ReadTimeoutError|ConnectTimeout|"
    r"Could not connect|tcp connect error|ProxyError|operation timed out)"
)
_CERTIFICATE = r"(?:CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer)"

# (pattern, message, hint); the first match counts. {0} is its first group, on one line.
# What is wrong on this machine, whatever packages the output names.
_LOCAL = (
    (
        r"The wheel '[^']*?([^/']+\.whl)' has a file '[^']*' trying to install outside"
        r"|(?:Unknown scheme key used in|Unexpected file in) \S*?([^/\s]+\.whl):",
        "the wheel {0} would write files outside of the environment",
        "Do not install this package, and report it to the package index",
    ),
    (
        _CERTIFICATE,
        "the certificate of the package index is not trusted",
        "Set LABCOAT_CA_BUNDLE to the certificate bundle of your network",
    ),
    (
        r"No space left on device|os error 28\b",
        "the disk is full",
        "Free space for the packages and the caches of labcoat, pip and uv, and try again",
    ),
    (
        r"Network connectivity is disabled",
        "cannot reach the package index: UV_OFFLINE is set",
        "Unset UV_OFFLINE; cached packages need no network",
    ),
    (
        r"(?s)Failed to (?:download and )?build [`']?([\w.-]+?)(?:==|[`'@ ]).*"
        r"'install',[^\n]*'--(?:extra-)?index-url',",
        "cannot build {0} from source: its build installs packages from another index",
        "Remove it from LABCOAT_NO_BINARY, and what needs it from your requirements",
    ),
    (
        r"Failed to (?:download and )?build [`']?([\w.-]+)",
        "cannot build {0} from source",
        "The log in .labcoat says why: it may need a compiler or libraries. Or choose a version"
        " with a wheel, and remove it from LABCOAT_NO_BINARY",
    ),
)
_CASES = (
    (
        r"(?s)(Hash mismatch for .+?)(?:\n|$)"
        r"|(?:DO NOT MATCH THE HASHES.*?\n\s+)(\S+.*?)(?:\n| from)",
        "a package does not have the locked hash: {0}",
        "If you changed the lock or the index, run `make upgrade`; otherwise find out who changed"
        " the file",
    ),
    (
        _NETWORK,
        "cannot reach the package index",
        "Check the network, the proxy and PIP_INDEX_URL; cached packages need no network",
    ),
    (
        r"[Hh]ash(?:es)? (?:is|are) required"
        r"|In `?--require-hashes`? mode, all requirements must have|must be pinned.*--hash",
        "the lock has packages without hashes",
        "Write your requirements to requirements.in and run `make requirements`",
    ),
    (
        r"(?s)The conflict is caused by:\s*(.+?)(?:\n\s*\n|To fix this|Additionally|$)",
        "requirements conflict: {0}",
        "Loosen one of them in requirements.in",
    ),
    (
        r"IncompleteDownloadError|incomplete-download",
        "a download was cut off before its end",
        "Try again; the index, the network or a full disk ended it",
    ),
    (
        r"The conflict is with a lock that limits it: ([^\n]+)",
        "requirements conflict: {0}, and the lock that it is on top of has another version",
        "Ask for that in the input of the first lock too, such as requirements.in",
    ),
    (
        r"(?s)(?:Because|cause:\s+Because) (\S+) was not found in the package registry",
        "the package index has no package {0}",
        "Correct its name in requirements.in",
    ),
    (
        r"Could not find a version that satisfies the requirement (\S+).*\(from versions: none\)",
        "the package index has no package {0}",
        "Correct its name in requirements.in",
    ),
    (
        r"Because there (?:is|are) no versions? of ([^\n]+?) and you require"
        r"|satisfies the requirement (\S+[^(\n]*)",
        "the package index has no version that matches {0}",
        "Correct the version in requirements.in",
    ),
    (
        r"([\w.-]+)(?:[=<>!~]\S*)?\s+ha(?:s|ve)\s+no\s+usable\s+wheels"
        r"|no (?:source distribution|wheels?) .*?for `?([\w.-]+)",
        "{0} has no wheel for this Python and platform",
        "Choose another version, or add it to LABCOAT_NO_BINARY to build it from source",
    ),
    (
        r"(?s)(?:No solution found.*?)Because (.+)",
        "requirements conflict: because {0}",
        "Loosen one of them in requirements.in",
    ),
    (
        r"(?:Expected|Invalid requirement|Couldn't parse)[^\n]*",
        "invalid requirement: {0}",
        "Correct it in requirements.in",
    ),
    (
        r"Permission denied|Read-only file system",
        "permission denied",
        "Check the permissions of the project directory and the cache",
    ),
)


def explain_installer_error(output: str, otherwise: str, log: Path) -> LabcoatError:
    """Return the error that explains the output of pip, pip-tools or uv; write that to `log`.

    `otherwise` says what failed, for output that is unknown.
    """
    files.write_log(log, output)
    output = _word_conflicts(output)
    if error := explain_local_error(output) or _match_case(output, _CASES):
        return error
    last = [line for line in output.splitlines() if line.strip()][-1:] or ["no output"]
    # What stands before the reason: the module of an exception, or uv's words for an error.
    end = re.sub(r"^\s*(?:[\w.]+(?:Error|Exception)|error|cause): ", "", last[0])
    return LabcoatError(f"{otherwise}: {_fold_lines(end)}", f"Full output: {log}")


def explain_local_error(output: str) -> LabcoatError | None:
    """Return the error for what is wrong on this machine; None if `output` shows nothing such."""
    return _match_case(output, _LOCAL)


def is_network_error(output: str) -> bool:
    """Whether `output` says that the network or a host on it failed."""
    return re.search(_NETWORK, output) is not None


def _match_case(output: str, cases: Sequence[tuple[str, str, str]]) -> LabcoatError | None:
    for pattern, message, hint in cases:
        if found := re.search(pattern, output):
            detail = next((group for group in found.groups() if group), found[0])
            return LabcoatError(message.format(_fold_lines(detail)), hint)
    return None


def _word_conflicts(output: str) -> str:
    """Word a conflict that pip-tools prints as a repr (resolvelib's RequirementInformation) like
    pip.
    """
    asked = re.findall(r"Requirement\('([^']+)'\), parent=(?:None|\w+\('([^' ]+))", output)
    words = dict.fromkeys(
        f"{_format_release(parent) or 'requirements.in'} needs {requirement}"
        for requirement, parent in asked
    )
    if len(words) > 1:
        return f"The conflict is caused by: {', '.join(words)}\n\n{output}"
    if words and "ResolutionImpossible" in output:  # a constraint is not among the causes
        return f"The conflict is with a lock that limits it: {next(iter(words))}\n\n{output}"
    return output


def _format_release(address: str) -> str:
    """Return name and version of the wheel or source archive at `address`: `tensorflow 2.21.0`."""
    found = re.search(r"([^/]+?)-(\d[^-/]*?)(?:-[^/]*\.whl|\.tar\.gz|\.zip)(?:#|$)", address)
    return f"{found[1]} {found[2]}" if found else ""


def _fold_lines(text: str) -> str:
    """Fold the line breaks and indentation of `text`, and cut it at 400 characters."""
    folded = re.sub(r"\s*\n\s*", "; ", re.sub(r"[ \t]+", " ", text.strip()))
    return (folded[:397] + "…" if len(folded) > 400 else folded).rstrip(".;: ")
