"""Base images of one's own, from Dockerfiles in git submodules: at a pinned commit, on a pinned FROM, apt at a fixed date.

A submodule alone does not reproduce: its Dockerfile builds on a tag that moves and installs from an archive that moves.
Both are replaced without editing it, by BuildKit's build contexts:
https://docs.docker.com/reference/cli/docker/buildx/build/#build-context
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from labcoat.container import engine, pins
from labcoat.container.diagnosis import explained
from labcoat.container.dockerfile import parse
from labcoat.container.progress import Progress
from labcoat.core import files, git, process
from labcoat.core.errors import Failure
from labcoat.core.project import Project

PREFIX = "extern/"
_DATED = """FROM {base}
USER root
RUN . /etc/os-release; if [ "$ID" = debian ]; then \\
  rm -rf /etc/apt/sources.list.d; \\
  echo "deb [check-valid-until=no] {archive}/debian/{date} $VERSION_CODENAME main" >/etc/apt/sources.list; \\
  echo "deb [check-valid-until=no] {archive}/debian/{date} $VERSION_CODENAME-updates main" >>/etc/apt/sources.list; \\
  echo "deb [check-valid-until=no] {archive}/debian-security/{date} $VERSION_CODENAME-security main" >>/etc/apt/sources.list; \\
  touch -d @0 /etc/apt/sources.list /etc/apt; fi
"""
_ARCHIVE = "http://snapshot.debian.org/archive"


@dataclass(frozen=True)
class Base:
    """A base image to build: its name and its Dockerfile, relative to the project."""

    name: str
    dockerfile: PurePosixPath

    @property
    def folder(self) -> str:
        """The folder that is its build context."""
        return str(self.dockerfile.parent)


def bases(project: Project) -> list[Base]:
    """The bases that LABCOAT_EXTERN names, each as NAME=FOLDER/Dockerfile. Raises Failure on a word of another form."""
    found = []
    for word in project["EXTERN"].split():
        name, _, path = word.partition("=")
        if not name or not path:
            raise Failure(f"LABCOAT_EXTERN cannot be read: {word}.", "Write NAME=FOLDER/Dockerfile, with spaces between two.")
        found.append(Base(name, PurePosixPath(path)))
    return found


def tag(project: Project, base: Base) -> str:
    """The name of the image of a base: `extern/NAME:COMMIT`, the commit being the submodule's."""
    return f"{PREFIX}{base.name}:{_commit(project, base)[:12]}"


def resolved(project: Project, image: str) -> str:
    """`image`, or where it is `extern/NAME`, that base at its present commit. Raises Failure where it is not built."""
    if not image.startswith(PREFIX) or ":" in image:
        return image
    known = {f"{PREFIX}{base.name}": base for base in bases(project)}
    if image not in known:
        raise Failure(f"There is no base {image}.", f"LABCOAT_EXTERN names: {', '.join(known) or 'none'}.")
    name = tag(project, known[image])
    if engine.inspect(project, name, "{{.Id}}") is None:
        raise Failure(f"The base {name} is not built.", "make extern builds it.")
    return name


def make(project: Project) -> list[str]:
    """Fetch the submodules and build the bases; the names of their images. Raises Failure.

    A submodule that cannot be fetched and holds none of the bases is only remarked on.
    """
    wanted = bases(project)
    for path in submodules(project.root):
        try:
            _fetch(project.root, path)
        except Failure as failure:
            if not wanted or any(base.dockerfile.is_relative_to(path) for base in wanted):
                raise
            print(f"labcoat: {failure.what} No base in LABCOAT_EXTERN is in it.", file=sys.stderr)
    return [_build(project, base) for base in wanted]


def submodules(root: Path) -> dict[str, str]:
    """The path of each submodule of the repository at `root`, with the commit that is pinned."""
    if not git.top(root):
        return {}
    records = (line.split(maxsplit=3) for line in git.run(root, "ls-files", "--stage").decode().splitlines())
    return {path: commit for mode, commit, _, path in records if mode == "160000"}


@dataclass(frozen=True)
class Pin:
    """A submodule's commit or an image's digest, and the newest one upstream; empty where that cannot be reached."""

    name: str
    pinned: str
    newest: str
    where: str = ""

    @property
    def is_behind(self) -> bool:
        """Whether the upstream has another one."""
        return bool(self.newest) and self.newest != self.pinned

    def __str__(self) -> str:
        what = f"behind: {_short(self.newest)}" if self.is_behind else "up to date" if self.newest else "cannot be reached"
        return f"{self.name} {_short(self.pinned)} {what}" + (f" ({self.where})" if self.where else "")


def status(project: Project) -> list[Pin]:
    """Each submodule and each pinned image, held against its upstream."""
    found = []
    for path, commit in submodules(project.root).items():
        url = _url(project.root, path)
        said = _git(project.root, *_local(project.root, path), "ls-remote", url, "HEAD")
        found.append(Pin(path, commit, said.stdout.split("\t")[0] if said.returncode == 0 else "", url))
    images = pins.read(project.root).images.items()
    return found + [Pin(image, pinned, pins.digest_of(project, image)) for image, pinned in images]


def _short(identity: str) -> str:
    return identity[: 19 if ":" in identity else 12]


def _build(project: Project, base: Base) -> str:
    path = project.root / base.dockerfile
    if not path.is_file():
        raise Failure(f"There is no {base.dockerfile}.", "Correct LABCOAT_EXTERN, or fetch the submodule: make extern.")
    pinned, contexts = pins.read(project.root), []
    for image in _images(path):
        if "@" not in image and image not in pinned.images:
            raise Failure(f"{base.dockerfile} builds on {image}, which is not pinned.", f"Pin it: labcoat extern pin {image}.")
        fixed = image if "@" in image else f"{image}@{pinned.images[image]}"
        contexts += ["--build-context", f"{image}=docker-image://{_dated(project, fixed, pinned.date)}"]
    name = tag(project, base)
    time = git.last_commit_time(project.root, [base.folder]) or 0
    words = ["--tag", name, "--build-arg", f"SOURCE_DATE_EPOCH={time}", *contexts, "--file", str(path), str(path.parent)]
    _docker_build(project, words)
    return name


def _images(dockerfile: Path) -> list[str]:
    """The images, other than its own stages, that a Dockerfile builds on."""
    parsed = parse(dockerfile.read_text(encoding="utf-8"))
    found = [stage.base for stage in parsed.stages if not parsed.base_stage(stage) and stage.base != "scratch"]
    return list(dict.fromkeys(found))


def _dated(project: Project, image: str, date: str) -> str:
    """`image` with its apt, if it has one, set to the archive of `date`; itself where no date is set."""
    if not date:
        return image
    name = f"{PREFIX}dated:{image.rpartition(':')[2][:12]}-{date.lower()}"
    text = _DATED.format(base=image, archive=_ARCHIVE, date=date)
    folder = files.state_folder(project.state) / "extern"
    files.write(folder / "Dockerfile", text)
    _docker_build(project, ["--tag", name, "--build-arg", "SOURCE_DATE_EPOCH=0", str(folder)])
    return name


def _docker_build(project: Project, words: list[str]) -> None:
    environ = os.environ | {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    command = [*engine.command(project), "build", *engine.flags(project), *words]
    outcome = process.run(command, environ, project.root, show=Progress().show)
    if outcome.status:
        raise explained(outcome.said, files.state_folder(project.state) / "extern.log")


def _commit(project: Project, base: Base) -> str:
    """The commit of the submodule that holds a base's Dockerfile; of a folder that is in none, its last."""
    for path, commit in submodules(project.root).items():
        if base.dockerfile.is_relative_to(path):
            return commit
    found = git.run(project.root, "log", "-1", "--format=%H", "--", base.folder).decode().strip()
    if not found:
        raise Failure(f"{base.folder} is in no commit, so its image has no name.", "Commit it.")
    return found


def _fetch(root: Path, path: str) -> None:
    held = {each.name for each in (root / path).iterdir()} if (root / path).is_dir() else set()
    if held > {".git"} and _git(root / path, "rev-parse", "HEAD").stdout.strip() == submodules(root)[path]:
        return
    # A fetch that failed or was killed leaves a repository without files, which git then takes for complete.
    again = ["--force"] if held == {".git"} else []
    print(f"labcoat: fetching {path}", file=sys.stderr)
    done = _git(root, *_local(root, path), "submodule", "update", "--init", "--checkout", *again, "--", path)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["git did not say why"]
        reason = next((line for line in said if line.startswith("fatal: ")), said[-1]).removeprefix("fatal: ")
        todo = f"See to the network, or name a mirror: git config submodule.{path}.url ADDRESS, then make extern."
        raise Failure(f"The submodule {path} cannot be fetched from {_url(root, path)} ({reason}).", todo)


def _url(root: Path, path: str) -> str:
    return _own_url(root, path) or _given_url(root, path)


def _own_url(root: Path, path: str) -> str:
    """Where the person's own settings say that a submodule is; git copies what .gitmodules says when it fetches."""
    return _git(root, "config", "--get", f"submodule.{path}.url").stdout.strip()


def _given_url(root: Path, path: str) -> str:
    return _git(root, "config", "--file", ".gitmodules", "--get", f"submodule.{path}.url").stdout.strip()


def _local(root: Path, path: str) -> tuple[str, ...]:
    """Words that let git fetch from a folder, which it refuses to a submodule, where the person named one as the mirror."""
    own = _own_url(root, path)
    return ("-c", "protocol.file.allow=always") if own and own != _given_url(root, path) else ()


def _git(root: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Git as the person has it: fetching needs their credentials and proxies."""
    environ = {name: value for name, value in os.environ.items() if name not in {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}}
    environ["GIT_TERMINAL_PROMPT"] = "0"
    return subprocess.run(["git", *words], cwd=root, env=environ, capture_output=True, text=True, check=False)
