"""Read which Debian packages an image has, and whether their files are as dpkg unpacked them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from labcoat.apt.apt_lock import AptLock, AptPackage
from labcoat.container.engine import client
from labcoat.container.engine.errors import last_error_line
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

# dpkg's lines, after a word that tells them apart. An image may have no dpkg.
_SCRIPT = r"""command -v dpkg-query >/dev/null || { echo none; exit; }
. /etc/os-release 2>/dev/null; echo "system $(dpkg --print-architecture) ${ID:-debian}"
dpkg-query --show --showformat 'package ${db:Status-Status} ${Package} ${Version} ${Architecture}\n'
[ $# = 0 ] || dpkg --verify "$@" 2>&1 | sed 's/^/changed /'"""
# Positions of what differs, then `c` for a configuration file: dpkg(1), --verify.
_CHANGED = re.compile(r"changed (?P<what>missing|[?.\w]{9})\s+(?:c )?\s*(?P<path>/.*?)(?: \(.*\))?")


@dataclass(frozen=True)
class DebianPackages:
    """What dpkg lists, and the paths of verified packages that changed or are gone.

    `versions` are those of installed packages, by name; of two architectures, the image's counts.
    """

    architecture: str = ""
    distribution: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()


def read_debian_packages(
    project: Project, image: str, verify: Sequence[str] = ()
) -> DebianPackages:
    """Return the packages of `image`; none where it has no dpkg. `verify` are those to verify.

    Raise LabcoatError if the container fails.
    """
    words = ("run", "--rm", "--network=none", "--user=0", "--entrypoint=sh", image, "-c")
    installed = [name for name in verify if re.fullmatch(r"[a-z0-9][a-z0-9+.-]*", name)]
    done = client.call_docker(project, *words, _SCRIPT, "sh", *installed)
    lines = done.stdout.splitlines()
    if not lines:
        reason = last_error_line(done.stderr) or "no output"
        raise LabcoatError(
            f"cannot read the system packages of image `{image}`: {reason}",
            "The image needs `sh`",
            status=2,
        )
    return parse_packages(lines)


def parse_packages(lines: Sequence[str]) -> DebianPackages:
    """Return what the lines of the script say."""
    architecture = distribution = ""
    versions: dict[str, str] = {}
    changed = []
    for line in lines:
        kind, *words = line.split()
        if kind == "system" and len(words) == 2:
            architecture, distribution = words
        elif kind == "package" and len(words) == 4 and words[0] == "installed":
            _, name, version, of = words
            if of in {"all", architecture} or name not in versions:
                versions[name] = version
        elif found := _CHANGED.fullmatch(line):
            changed.append(found["path"])
    return DebianPackages(architecture, distribution, versions, tuple(changed))


def compare_packages(lock: AptLock, found: DebianPackages) -> Iterator[tuple[str, str]]:
    """Yield each locked package that the image has not, and each changed file, with what is wrong.

    Files that two builds need not share, such as caches, belong to no package.
    """
    locked = lock.packages.get(found.architecture, ())
    if found.architecture and found.architecture not in lock.dates:
        yield "apt.lock", f"has no packages for {found.architecture}"
    for each in locked or (() if found.architecture else lock.all_packages()):
        version = found.versions.get(each.name)
        if version is None:
            yield each.name, f"{each.version} is locked in apt.lock but not installed"
        elif version != each.version:
            yield each.name, f"is {version}, and {each.version} is locked in apt.lock"
    for path in found.changed:
        yield path, "is not as its Debian package has it"


def installed_of_lock(lock: AptLock, found: DebianPackages) -> list[AptPackage]:
    """Return the packages of apt.lock that the image has, sorted by name."""
    locked = lock.packages.get(found.architecture, ())
    return sorted(each for each in locked if found.versions.get(each.name) == each.version)
