"""Binder and dev containers: the image that notebooks run in, built by others from what is committed.

Binder's builder (repo2docker) takes binder/Dockerfile and gives it nothing, so that file is the project's Dockerfile with the
lock for notebooks, the base image and the Python as its defaults. A dev container is built from the same file.
"""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from labcoat.commands import notebook
from labcoat.container.base_images.defaults import base_image
from labcoat.container.context.build_context import BuildContext
from labcoat.container.dockerfile.parser import (
    Dockerfile,
    DockerfileError,
    Stage,
    assigned,
    expanded,
)
from labcoat.container.dockerignore.parser import PatternError
from labcoat.container.image.labels import web_address
from labcoat.core import files, git
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.inventory import strip
from labcoat.locking import compiler, requirements_file
from labcoat.scaffold import dockerfile
from labcoat.toolchain import interpreters

FILE = "binder/Dockerfile"
DEVCONTAINER = ".devcontainer/devcontainer.json"
SERVICE = "https://mybinder.org"
_MARK = "# Written by make binder from Dockerfile, for builders that give no arguments: change that, and run make binder again.\n"
_USER = "1000"  # whom Binder and dev containers run as


@dataclass(frozen=True)
class Finding:
    """One thing that Binder wants: how it is, and what to do where it is not as it should be."""

    about: str
    todo: str = ""


def make(project: Project) -> int:
    """Write binder/Dockerfile and the dev container, check them, and print the launch link. Exit status 1 where a check fails.

    Raises Failure where the project is not the top of a git repository, or cannot be locked.
    """
    top = git.git_root(project.root)
    if top is None or top.resolve() != project.root.resolve():
        raise LabcoatError(
            "Binder builds a git repository from its top, and this folder is none.",
            f"Run make binder in {top}."
            if top
            else "git init, commit and push to a host that Binder reaches.",
        )
    notebooks = notebook.of(project)
    notebook.provide_lock(notebooks)
    dockerfile.provide_dockerfile(project)
    provide(project, notebooks)
    found = list(findings(project, notebooks))
    for one in found:
        print(
            f"{'-' if one.todo else 'ok':<3}{one.about}" + (f"\n   {one.todo}" if one.todo else "")
        )
    remote = web_address(git.remote_url(project.root))
    if remote:
        link = launch(remote, _branch(project.root), _only_notebook(project.root))
        print(f"\n{link}\n[![Binder]({SERVICE}/badge_logo.svg)]({link})")
    return 1 if any(one.todo for one in found) else 0


def provide(project: Project, notebooks: Project) -> None:
    """Write binder/Dockerfile, unless a person has written it, and a dev container where there is none."""
    file = project.root / FILE
    if not file.exists() or file.read_text(encoding="utf-8").startswith(_MARK):
        text = (project.root / "Dockerfile").read_text(encoding="utf-8")
        if not re.search(r"(?m)^ARG LOCK\b", text):
            print(
                f"labcoat: Dockerfile takes no LOCK, so {FILE} is made from labcoat's own",
                file=sys.stderr,
            )
            text = (dockerfile.TEMPLATES / "Dockerfile").read_text(encoding="utf-8")
        minor = interpreters.project_minor(project)
        defaults = {
            "BASE_IMAGE": base_image(project, minor),
            "PYTHON": minor,
            "LOCK": os.path.relpath(notebooks.requirements, project.root),
            "NO_BINARY": " ".join(project["NO_BINARY"].replace(",", " ").split()),
            "STRIP": " ".join(strip.strip_parts(project)),
        }
        _put(file, _MARK + with_defaults(text, defaults))
    if not (project.root / DEVCONTAINER).exists():
        template = json.loads(
            (dockerfile.TEMPLATES / "devcontainer.json").read_text(encoding="utf-8")
        )
        _put(
            project.root / DEVCONTAINER,
            json.dumps({"name": project.root.name, **template}, indent=2, ensure_ascii=False)
            + "\n",
        )


def with_defaults(text: str, defaults: Mapping[str, str]) -> str:
    """A Dockerfile's `text` with these defaults of its ARGs, where it has them."""
    for name, value in defaults.items():
        written = f'"{value}"' if " " in value else value
        line = f"ARG {name}={written}"
        text = re.sub(rf"(?m)^ARG {name}(=.*)?$", line.replace("\\", r"\\"), text)
    return text


def findings(project: Project, notebooks: Project) -> Iterator[Finding]:
    """What Binder asks of a repository: https://mybinder.readthedocs.io/en/latest/tutorials/dockerfile.html."""
    if (project.root / ".binder").exists():
        yield Finding("there are binder and .binder", "Remove one: Binder refuses both.")
    yield _locked(notebooks)
    build = BuildContext(project.root, FILE)
    try:
        parsed, sent = build.parsed, build.sent()
        yield _based(parsed)
        yield _user(parsed.stages[-1])
        yield _entrypoint(parsed.stages[-1])
    except (DockerfileError, PatternError) as error:
        yield Finding(
            f"a build ends before it begins: {error}",
            f"Correct .dockerignore, or remove {FILE} and run make binder.",
        )
        return
    wanted = os.path.relpath(notebooks.requirements, project.root)
    if wanted in sent:
        yield Finding("a build is sent the lock")
    else:
        yield Finding(f"a build is not sent {wanted}", "Take it out of .dockerignore.")
    yield from _published(project.root, [FILE, wanted])


def _locked(notebooks: Project) -> Finding:
    name, pins = (
        notebooks.requirements.name,
        requirements_file.locked(requirements_file.read(notebooks.requirements)),
    )
    if missing := sorted(set(notebook.PACKAGES) - {pin.name for pin in pins}):
        return Finding(
            f"{name} has no {' and no '.join(missing)}",
            f"Add them to {compiler.lock_source(notebooks.requirements).name}.",
        )
    if not all(pin.hashes for pin in pins):
        return Finding(f"{name} has no hashes", "Run make requirements.")
    return Finding(f"{name} has {' and '.join(notebook.PACKAGES)}, with hashes")


def _based(parsed: Dockerfile) -> Finding:
    stage: Stage = parsed.stages[-1]
    while earlier := parsed.base_stage(stage):
        stage = earlier
    image, _, digest = stage.base.partition("@")
    tag = image.rpartition("/")[2].partition(":")[2]
    if image.startswith(("extern/", "labcoat/", "localhost/")):
        return Finding(
            f"{stage.base} is on this machine alone",
            "Push it to a registry, and name it in LABCOAT_BASE_IMAGE.",
        )
    if not digest and tag in {"", "latest"}:
        return Finding(
            f"{stage.base} is another image tomorrow",
            "Name it by tag or digest in LABCOAT_BASE_IMAGE.",
        )
    return Finding(f"its base is {image}" + (", by digest" if digest else ""))


def _user(stage: Stage) -> Finding:
    values: dict[str, str] = {}
    user = "root"
    for one in stage.instructions:
        if one.name in {"ARG", "ENV"}:
            values |= assigned(one, values, stage)
        elif one.name == "USER":
            user = expanded(one, one.rest.strip(), values)
    # The builder gives NB_UID and NB_USER, which may be declared without a value.
    if user.partition(":")[0] in {_USER, ""}:
        return Finding(f"its user is {user or 'whom Binder names'}")
    return Finding(
        f"its user is {user}", f"End {FILE} with USER {_USER}, and let that user own its home."
    )


def _entrypoint(stage: Stage) -> Finding:
    written = [one.rest.strip() for one in stage.instructions if one.name == "ENTRYPOINT"]
    if written and not written[-1].startswith("["):
        return Finding(
            "its ENTRYPOINT is a line for a shell",
            'Write it as a JSON list, and let it end with exec "$@".',
        )
    return Finding("a command given to it is run")


def _published(root: Path, names: list[str]) -> Iterator[Finding]:
    changed = git.git_lines(
        root, "status", "--porcelain", "-z", "--", *names, ".dockerignore", DEVCONTAINER
    )
    if changed:
        yield Finding(
            f"not committed: {', '.join(sorted(line[3:] for line in changed))}",
            "Commit and push them.",
        )
    remote = git.remote_url(root)
    if not remote:
        yield Finding(
            "there is no remote called origin", "Push the repository to a host that Binder reaches."
        )
    elif not web_address(remote):
        yield Finding(
            "the remote is a folder of this machine",
            "Push the repository to a host that Binder reaches.",
        )
    elif not git.run_git(
        root, "branch", "--remotes", "--contains", "HEAD", statuses=(0, 1, 128, 129)
    ).strip():
        yield Finding("the last commit is not pushed", "git push")


def launch(remote: str, ref: str, path: str = "") -> str:
    """The link that starts Binder on `ref` of the repository at the web address `remote`, with the notebook `path` open."""
    host, _, name = remote.removeprefix("https://").partition("/")
    providers = {
        "github.com": f"gh/{name}",
        "gitlab.com": f"gl/{quote(name, safe='')}",
        "gist.github.com": f"gist/{name}",
    }
    where = providers.get(host, f"git/{quote(remote, safe='')}")
    tree = f"/tree/{path}" if path else ""
    return f"{SERVICE}/v2/{where}/{quote(ref, safe='/')}?urlpath={quote(f'lab{tree}', safe='')}"


def _branch(root: Path) -> str:
    """The branch that is checked out, else HEAD."""
    said = (
        git.run_git(root, "symbolic-ref", "--quiet", "--short", "HEAD", statuses=(0, 1, 128))
        .decode()
        .strip()
    )
    return said or "HEAD"


def _only_notebook(root: Path) -> str:
    """The path of the repository's only notebook; empty where there are several or none."""
    known = git.git_lines(root, "ls-files", "-z", "--", "*.ipynb")
    return known[0] if len(known) == 1 else ""


def _put(file: Path, text: str) -> None:
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        files.write_file(file, text)
        print(f"labcoat: wrote {file.parent.name}/{file.name}", file=sys.stderr)
