"""Let apt resolve a request in a container of the base image, and read what it prints.

The archive's signatures, priorities and conflicts are apt's to judge: labcoat repeats none of that.
"""

import difflib
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

from labcoat.apt.apt_lock import AptPackage
from labcoat.core import reading
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record
from labcoat.core.terminal import join_some

_SCRIPT = Path(__file__).with_name("resolve.sh")
_MAIN = frozenset({"debian", "ubuntu"})  # what LABCOAT_APT_MIRROR stands for
_RETRY = "Check the network and LABCOAT_APT_MIRROR"
_RETRY_DAY = (
    "Set LABCOAT_APT_SNAPSHOT to an archive that can be reached, or lock with `LABCOAT_AS_OF=`"
)
_MOMENT = lazy_pattern(r"/\d{8}T\d{6}Z$")  # in addresses of an archive of earlier days


class Resolution(Record):
    """What apt would install, and the architecture of the image."""

    architecture: str
    packages: tuple[AptPackage, ...]


class Archives(Record):
    """Where packages come from instead of the image's archives; "" leaves those.

    `mirror` replaces them, and so does `snapshot` if there is a `moment`, such as
    20210331T235959Z: it has a directory for each archive, and in that one for each moment.
    """

    mirror: str = ""
    snapshot: str = ""
    moment: str = ""


def resolving_script(
    words: Sequence[str], archives: Archives, certificates: Path | None = None
) -> bytes:
    """Return the shell script that resolves `words`, for the standard input of a container's sh."""
    known = reading.read_file(certificates).decode("ascii", "replace") if certificates else ""
    variables = {
        "REQUEST": " ".join(words),
        "MIRROR": archives.mirror,
        "SNAPSHOT": archives.snapshot.rstrip("/"),
        "MOMENT": archives.moment,
        "CERTIFICATES": known.strip(),
    }
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in variables.items()]
    return "".join([*lines, _SCRIPT.read_text(encoding="utf-8")]).encode()


def read_resolution(
    output: str, image: str, source: str, replaced: Archives = Archives()
) -> Resolution:
    """Return what the script printed in a container of `image` for the file `source`.

    Raise LabcoatError if apt could not resolve it.
    """
    lines: dict[str, list[str]] = {}
    for line in output.splitlines():
        if line.startswith("%"):
            key, _, rest = line[1:].partition(" ")
            lines.setdefault(key, []).append(rest)
    if failure := _find_failure(lines, image, source, replaced):
        raise failure
    if "done" not in lines:
        said = [line.strip() for line in output.splitlines() if line.strip() and line[0] != "%"]
        reason = said[-1] if said else "apt printed nothing"
        raise LabcoatError(f"cannot resolve `{source}` in image `{image}`: {reason}", "")
    archives = lines.get("archive", [])
    names = {_last_part(each) for each in archives} & _MAIN
    main = {replaced.mirror.rstrip("/"): min(names)} if replaced.mirror and names else {}
    found = dict(_read_packages(output))
    wanted = {unquote(uri) for uri in lines.get("uri", [])}
    packages = [each for uri, each in _match_addresses(wanted, found, main)]
    if len(packages) != len(wanted):
        raise LabcoatError(
            f"the archive of image `{image}` has no sha256 for a package of `{source}`", ""
        )
    return Resolution(lines["architecture"][0], tuple(sorted(packages)))


def _find_failure(
    lines: Mapping[str, list[str]], image: str, source: str, replaced: Archives
) -> LabcoatError | None:
    if "no-apt" in lines:
        return LabcoatError(
            f"cannot install `{source}` in image `{image}`, which has no apt",
            "Choose a base image of Debian or Ubuntu: `LABCOAT_BASE_IMAGE`",
        )
    if "update" in lines:
        return _unreachable_archive(lines["update"][0], image, replaced.moment)
    if patterns := lines.get("pattern"):
        asked = (re.search(r"for (?:regex|glob) '([^']*)'", each) for each in patterns)
        return _unknown_package(next(each[1] for each in asked if each), source, lines)
    if "failed" in lines:
        return _explain_failure(lines, source)
    removed = [each.split()[1] for each in lines.get("step", []) if each.startswith("Remv")]
    if removed:
        return LabcoatError(
            f"`{source}` would remove {join_some([f'`{name}`' for name in removed])} from the base"
            " image",
            "Remove the package that conflicts with it, or choose another base image",
        )
    return None


def _unreachable_archive(said: str, image: str, moment: str) -> LabcoatError:
    reason = re.sub(r"^[WE]: (Failed to fetch )?", "", said)
    if moment:
        day = f"{moment[:4]}-{moment[4:6]}-{moment[6:8]}"
        return LabcoatError(
            f"cannot read the package archive of {day}, LABCOAT_AS_OF: {reason}", _RETRY_DAY
        )
    return LabcoatError(f"cannot read the package archive of `{image}`: {reason}", _RETRY)


def _explain_failure(lines: Mapping[str, list[str]], source: str) -> LabcoatError:
    """Return the error that says why apt refused."""
    said = "\n".join(lines["failed"])
    if found := re.search(
        r"Unable to locate package (\S+)|Couldn't find any package by \w+ '([^']*)'", said
    ):
        return _unknown_package(found[1] or found[2], source, lines)
    if found := re.search(r"Version '([^']*)' for '([^']*)' was not found", said):
        return LabcoatError(
            f"`{source}` asks for {found[2]} {found[1]}, which the archive does not have",
            f"Write `{found[2]}` alone, and apt.lock gets the present version",
        )
    if found := re.search(r"Package '([^']*)' has no installation candidate", said):
        provided = re.search(r"provided by:\n((?:  ?\S.*\n)+)", said)
        names = [row.split()[0] for row in provided[1].splitlines()] if provided else []
        hint = f"Choose one of {join_some([f'`{each}`' for each in names])}" if names else ""
        return LabcoatError(f"the archive has no package `{found[1]}` to install", hint)
    if found := re.search(r"unmet dependencies:\n((?: .*\n?)+)", said):
        reason = "; ".join(" ".join(row.split()) for row in found[1].splitlines()[:3])
        return LabcoatError(f"cannot install `{source}`: {reason}", "")
    errors = [row.removeprefix("E: ") for row in lines["failed"] if row.startswith("E: ")]
    return LabcoatError(f"cannot install `{source}`: {(errors or ['apt failed'])[0]}", "")


def _unknown_package(name: str, source: str, lines: Mapping[str, list[str]]) -> LabcoatError:
    known = lines.get("known", [])
    beginning = [each for each in known if each[:2] == name[:2] or name in each]
    # With tens of thousands of names several are as near.
    close = difflib.get_close_matches(name, beginning, cutoff=0.85)
    close = close or difflib.get_close_matches(name, known, n=1)
    meant = " or ".join(f"`{each}`" for each in close)
    hint = f"Did you mean {meant}?" if close else "Search packages.debian.org for its name"
    return LabcoatError(f"the archive has no package `{name}`, which `{source}` asks for", hint)


def _read_packages(output: str) -> Iterator[tuple[str, AptPackage]]:
    """Yield each package that apt described, by its path below its archive's address."""
    fields: dict[str, str] = {}
    for line in output.splitlines():
        if line.startswith("%field "):
            name, _, value = line.removeprefix("%field ").partition(" ")
            fields[name] = value.strip()
        elif line.strip() == "%end":
            if {"Package", "Version", "Filename", "Size", "SHA256"} <= fields.keys():
                path = fields["Filename"].removeprefix("./")
                yield (
                    path,
                    AptPackage(
                        fields["Package"],
                        fields["Version"],
                        path,
                        int(fields["Size"]),
                        f"sha256:{fields['SHA256']}",
                    ),
                )
            fields = {}


def _match_addresses(
    addresses: set[str], found: Mapping[str, AptPackage], main: Mapping[str, str]
) -> Iterator[tuple[str, AptPackage]]:
    """Yield the package at each address, its path with the archive's name before it."""
    for address in addresses:
        for path, each in found.items():
            if address.endswith(f"/{path}"):
                archive = _MOMENT.sub("", address.removesuffix(f"/{path}").removesuffix("/."))
                name = main.get(archive, "") or _last_part(archive)
                whole = f"{name}/{path}"
                yield address, AptPackage(each.name, each.version, whole, each.size, each.sha256)
                break


def _last_part(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]
