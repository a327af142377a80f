"""Lock apt.txt for the base image: apt itself resolves it, in a container of that image."""

import os
import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from labcoat.apt import apt_lock, solver
from labcoat.apt.apt_lock import AptLock
from labcoat.apt.request import AptRequest, find_request, read_request
from labcoat.container.base_images.build import resolve_base_image
from labcoat.container.base_images.defaults import base_image
from labcoat.container.context.build_flags import parse_build_flags
from labcoat.container.engine import client
from labcoat.container.engine.errors import last_error_line
from labcoat.container.engine.flags import docker_flags, uses_host_network
from labcoat.container.engine.image_reference import digest_of, find_digest
from labcoat.container.engine.local_images import start_find_images
from labcoat.container.engine.run_config import certificate_bundle
from labcoat.core import files, process, terminal
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record, replace
from labcoat.toolchain import interpreters

_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
# Debian's names of architectures, by the engine's and by the kernel's.
_DEBIAN_NAMES = {
    "386": "i386",
    "aarch64": "arm64",
    "arm/v6": "armel",
    "arm/v7": "armhf",
    "arm": "armhf",
    "ppc64le": "ppc64el",
    "x86_64": "amd64",
}
_FORMAT = "%Y%m%dT%H%M%SZ"
_HINT = "Run `make requirements`"


class _Target(Record):
    """What a lock is for: a base image with its digest, "" if it has none, and its platforms."""

    base: str
    digest: str
    platforms: tuple[str, ...]  # "" is the engine's own

    @property
    def name(self) -> str:
        """The base image's name without its digest."""
        return self.base.partition("@")[0]


def refresh_lock(project: Project, *, again: bool = False) -> bool:
    """Write apt.lock unless it is up to date; return whether it was written.

    With `again`, resolve all of it again. A lock without an apt.txt is removed. Raise LabcoatError
    if apt.txt is invalid, or cannot be resolved on the base image.
    """
    request = read_request(project.root)
    path = project.root / apt_lock.NAME
    if request is None:
        return _remove_lock(project)
    target = _find_target(project)
    before = None if again else apt_lock.read_lock(project.root)
    moment = _find_moment(project)
    if before and not (
        _is_for(before, request, target)
        and all(date <= (moment or date) for date in before.dates.values())
    ):
        before = None
    known = before or AptLock(request.digest(), target.name, target.digest)
    missing = [each for each in target.platforms if _debian_name(each) not in known.dates]
    if not missing:
        return False
    files.state_folder(project.state)
    with files.file_lock(project.state / "apt.flock"):
        for each in missing:
            known = _resolve(project, request, known, target, each)
        if not known.digest:
            known = replace(known, digest=_local_digest(project, target.base))
        files.write_file(path, known.text(request.file.relative_to(project.root).as_posix()))
    count = len({each.name for each in known.all_packages()})
    terminal.print_progress(
        f"wrote {path.name}: {count} package{'' if count == 1 else 's'} for"
        f" {', '.join(sorted(known.dates))}"
    )
    return True


def check_lock(project: Project) -> None:
    """Raise LabcoatError if apt.lock is not up to date, as far as the project's files tell."""
    request = read_request(project.root)
    if request is None:
        return
    source = request.file.relative_to(project.root).as_posix()
    lock = apt_lock.read_lock(project.root)
    if lock is None:
        raise LabcoatError(f"`{apt_lock.NAME}` does not exist", _HINT)
    if lock.inputs != request.digest():
        raise LabcoatError(f"`{apt_lock.NAME}` is older than `{source}`", _HINT)
    base = _base_of(project)
    if lock.base != base.partition("@")[0] or digest_of(base) not in {"", lock.digest}:
        raise LabcoatError(
            f"`{apt_lock.NAME}` is for the base image `{lock.base}`, and the project's is `{base}`",
            _HINT,
        )


def has_request(project: Project) -> bool:
    """Whether the project has an apt.txt or a lock of one."""
    return bool(find_request(project.root)) or (project.root / apt_lock.NAME).exists()


def _remove_lock(project: Project) -> bool:
    path = project.root / apt_lock.NAME
    if not path.is_file() or "Made by labcoat" not in path.read_text("utf-8", "replace"):
        return False
    path.unlink()
    terminal.print_progress(f"removed {path.name}: the project asks for no system packages")
    return True


def _base_of(project: Project) -> str:
    minor = interpreters.project_minor(project)
    return resolve_base_image(project, base_image(project, minor))


def _find_target(project: Project) -> _Target:
    base = _base_of(project)
    platforms = parse_build_flags(docker_flags(project)).platforms
    pushed = project["PLATFORMS"].replace(",", " ").split()
    # `make docker` builds for one of these, `make docker-push` for the others too.
    wanted = {_debian_name(each): each for each in (*pushed, *(platforms or ("",)))}
    digest = digest_of(base) or _local_digest(project, base)
    return _Target(base, digest, tuple(wanted.values()))


def _local_digest(project: Project, base: str) -> str:
    """Return the digest of `base` in its registry, else its id; "" if it is not on this machine."""
    image = start_find_images(project, [base])().get(base)
    if image is None:
        return ""
    found = find_digest(base, image.repo_digests) or image.id
    return found if found.startswith("sha256:") else f"sha256:{found}"


def _is_for(lock: AptLock, request: AptRequest, target: _Target) -> bool:
    same_base = lock.base == target.name and target.digest in {"", lock.digest}
    return same_base and lock.inputs == request.digest()


def _debian_name(wanted: str) -> str:
    """Return what Debian calls the architecture of a platform such as `linux/arm64`."""
    name = wanted.partition("/")[2] or platform.machine()
    return _DEBIAN_NAMES.get(name, name)


def _resolve(
    project: Project, request: AptRequest, known: AptLock, target: _Target, wanted: str
) -> AptLock:
    """Return the lock `known` with the packages for the platform `wanted`."""
    source = request.file.relative_to(project.root).as_posix()
    on = f" for {wanted}" if wanted else ""
    terminal.print_progress(f"locking the system packages of {source}{on}")
    archives = solver.Archives(
        project["APT_MIRROR"], project["APT_SNAPSHOT"], _find_moment(project)
    )
    script = solver.resolving_script(request.words, archives, certificate_bundle(project))
    done = process.run_process(
        [*client.docker_command(project), *_run_words(project, wanted), target.base, "-s"],
        os.environ,
        project.root,
        show=process.show_none,
        given=lambda: script,
        limit=int(project["TIMEOUT"]),
    )
    if "%" not in done.output and done.status:
        raise LabcoatError(
            f"cannot run base image `{target.base}`: {last_error_line(done.output)}",
            "Check LABCOAT_BASE_IMAGE, LABCOAT_PLATFORMS and your network connection",
        )
    found = solver.read_resolution(done.output, target.base, source, archives)
    date = archives.moment or datetime.now(UTC).strftime(_FORMAT)
    return replace(
        known,
        dates={**known.dates, found.architecture: date},
        packages={**known.packages, found.architecture: found.packages},
    )


def _find_moment(project: Project) -> str:
    """Return the end of the day LABCOAT_AS_OF, as archives of earlier days name it; "" if none."""
    if not project["AS_OF"]:
        return ""
    moment = f"{project['AS_OF'].replace('-', '')}T235959Z"
    return moment if moment < datetime.now(UTC).strftime(_FORMAT) else ""


def _run_words(project: Project, wanted: str) -> Iterator[str]:
    yield from ("run", "--rm", "--interactive", "--user=0", "--entrypoint=sh")
    if wanted:
        yield f"--platform={wanted}"
    if uses_host_network(project):
        yield "--network=host"
    flags = docker_flags(project)
    yield from (each for each in flags if re.match(r"--(add-host|dns)=", each))
    yield from (f"--env={name}" for name in _PROXIES if os.environ.get(name))
