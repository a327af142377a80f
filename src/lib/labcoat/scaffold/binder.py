"""What Binder and dev containers build, from committed files only.

Binder's builder (repo2docker) builds binder/Dockerfile without build arguments. So that file is the
project's Dockerfile with the lock for notebooks, the base image and the Python as defaults of its
ARGs. A dev container is built from the same file.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from labcoat.apt import apt_lock
from labcoat.container.base_images.defaults import base_image
from labcoat.container.context.build_context import BuildContext
from labcoat.container.dockerfile.own_steps import SCRIPT
from labcoat.container.dockerfile.parser import (
    Dockerfile,
    DockerfileError,
    Stage,
    assigned_variables,
    expand_word,
)
from labcoat.container.dockerignore.parser import PatternError
from labcoat.container.image.labels import web_address
from labcoat.container.image.system_layer import system_arguments
from labcoat.core import files, git, git_status
from labcoat.core.project import Project
from labcoat.core.records import Record
from labcoat.core.terminal import print_progress, print_warning
from labcoat.inventory import strip
from labcoat.locking import index_comments, lock_header, requirements_file
from labcoat.scaffold import dockerfile
from labcoat.scaffold.notebook_lock import PACKAGES
from labcoat.toolchain import interpreters

FILE = "binder/Dockerfile"
DEVCONTAINER = ".devcontainer/devcontainer.json"
SERVICE = "https://mybinder.org"
_MARK = (
    "# Written by make binder from Dockerfile, for builders that give no arguments: change that,"
    " and run make binder again.\n"
)
_USER = "1000"  # Binder and dev containers run as this user


class BinderCheck(Record):
    """One requirement of Binder: what was found, and what to do if it does not hold."""

    about: str
    hint: str = ""


def write_binder_files(project: Project, notebooks: Project) -> None:
    """Write binder/Dockerfile unless it is the user's own, and a dev container if it is missing."""
    file = project.root / FILE
    if not file.exists() or file.read_text(encoding="utf-8").startswith(_MARK):
        text = (project.root / "Dockerfile").read_text(encoding="utf-8")
        if not re.search(r"(?m)^ARG LOCK\b", text):
            print_warning(
                f"Dockerfile has no ARG LOCK, so {FILE} is written from labcoat's template"
            )
            text = (dockerfile.TEMPLATES / "Dockerfile").read_text(encoding="utf-8")
        minor = interpreters.project_minor(project)
        defaults = {
            "BASE_IMAGE": base_image(project, minor),
            "PYTHON": minor,
            "LOCK": os.path.relpath(notebooks.requirements, project.root),
            "NO_BINARY": " ".join(project["NO_BINARY"].replace(",", " ").split()),
            "STRIP": " ".join(strip.strip_parts(project)),
            **system_arguments(project),
        }
        text = _set_indexes(text, _index_addresses(notebooks))
        _write_if_changed(file, _MARK + set_defaults(text, defaults))
    if not (project.root / DEVCONTAINER).exists():
        template = json.loads(
            (dockerfile.TEMPLATES / "devcontainer.json").read_text(encoding="utf-8")
        )
        _write_if_changed(
            project.root / DEVCONTAINER,
            json.dumps({"name": project.root.name, **template}, indent=2, ensure_ascii=False)
            + "\n",
        )


def _index_addresses(notebooks: Project) -> str:
    """Return the addresses of the lock's named indexes, as install-lock.sh reads them.

    Binder knows no passwords: warn of an address that has a variable.
    """
    indexes = index_comments.installed_indexes(notebooks, [notebooks.requirements])
    for each in indexes:
        if "${" in each.url:
            print_warning(
                f"Binder cannot install from the index `{each.name}`, whose url has a variable"
            )
    return " ".join(f"{each.name}={each.url}" for each in indexes if "${" not in each.url)


def _set_indexes(text: str, addresses: str) -> str:
    """Return a Dockerfile's `text` with an ARG for the stages that install, if there are any."""
    text = re.sub(r"(?m)^ARG INDEXES\b.*\n", "", text)
    argument = f'\nARG INDEXES="{addresses}"' if addresses else ""
    return re.sub(r"(?m)^FROM (?:base|system) AS tools$", lambda found: found[0] + argument, text)


def set_defaults(text: str, defaults: Mapping[str, str]) -> str:
    """Return a Dockerfile's `text` with these defaults for the ARGs that it has."""
    for name, value in defaults.items():
        written = f'"{value}"' if " " in value else value
        line = f"ARG {name}={written}"
        text = re.sub(rf"(?m)^ARG {name}(=.*)?$", line.replace("\\", r"\\"), text)
    return text


def check_binder(project: Project, notebooks: Project) -> Iterator[BinderCheck]:
    """Check what Binder needs of a repository: https://mybinder.readthedocs.io/en/latest/tutorials/dockerfile.html."""
    if (project.root / ".binder").exists():
        yield BinderCheck(
            "both binder/ and .binder/ exist", "Remove one: Binder refuses a repository with both"
        )
    yield _check_lock(notebooks)
    build = BuildContext(project.root, FILE)
    try:
        parsed, sent = build.parsed, build.sent_files()
        yield _check_base(parsed)
        yield _check_user(parsed.stages[-1])
        yield _check_entrypoint(parsed.stages[-1])
    except (DockerfileError, PatternError) as error:
        yield BinderCheck(
            f"a build fails before it starts: {error}",
            f"Correct .dockerignore, or remove {FILE} and run `make binder`",
        )
        return
    wanted = os.path.relpath(notebooks.requirements, project.root)
    if wanted in sent:
        yield BinderCheck("the build context contains the lock")
    else:
        yield BinderCheck(f"{wanted} is not in the build context", "Remove it from .dockerignore")
    system = [apt_lock.NAME] if (project.root / apt_lock.NAME).exists() else []
    for name in {*system} - {*sent}:
        yield BinderCheck(f"{name} is not in the build context", "Remove it from .dockerignore")
    needed = [FILE, wanted, *system, *([SCRIPT] if (project.root / SCRIPT).exists() else [])]
    yield from _check_published(project.root, needed)


def _check_lock(notebooks: Project) -> BinderCheck:
    name, pins = (
        notebooks.requirements.name,
        requirements_file.parse_pins(requirements_file.read_requirements(notebooks.requirements)),
    )
    if missing := sorted(set(PACKAGES) - {pin.name for pin in pins}):
        return BinderCheck(
            f"{name} does not contain {' and '.join(missing)}",
            f"Add them to {lock_header.lock_source(notebooks.requirements).name}",
        )
    if not all(pin.hashes for pin in pins):
        return BinderCheck(f"{name} has no hashes", "Run `make requirements`")
    return BinderCheck(f"{name} contains {' and '.join(PACKAGES)}, with hashes")


def _check_base(parsed: Dockerfile) -> BinderCheck:
    stage: Stage = parsed.stages[-1]
    while earlier := parsed.base_stage(stage):
        stage = earlier
    image, _, digest = stage.base.partition("@")
    tag = image.rpartition("/")[2].partition(":")[2]
    if image.startswith(("extern/", "labcoat/", "localhost/")):
        return BinderCheck(
            f"{stage.base} exists on this machine only",
            "Push it to a registry, and name it in LABCOAT_BASE_IMAGE",
        )
    if not digest and tag in {"", "latest"}:
        return BinderCheck(
            f"{stage.base} can change at any time",
            "Set LABCOAT_BASE_IMAGE to an image with a tag or digest",
        )
    return BinderCheck(f"the base image is {image}" + (", pinned by digest" if digest else ""))


def _check_user(stage: Stage) -> BinderCheck:
    values: dict[str, str] = {}
    user = "root"
    for one in stage.instructions:
        if one.name in {"ARG", "ENV"}:
            values |= assigned_variables(one, values, stage)
        elif one.name == "USER":
            user = expand_word(one, one.rest.strip(), values)
    # The builder passes NB_UID and NB_USER, which may be declared without a value.
    if user.partition(":")[0] in {_USER, ""}:
        return BinderCheck(f"the user is {user or 'the one that Binder chooses'}")
    return BinderCheck(
        f"the user is {user}",
        f"End {FILE} with `USER {_USER}`, and make that user the owner of its home directory",
    )


def _check_entrypoint(stage: Stage) -> BinderCheck:
    written = [one.rest.strip() for one in stage.instructions if one.name == "ENTRYPOINT"]
    if written and not written[-1].startswith("["):
        return BinderCheck(
            "ENTRYPOINT has the shell form",
            'Write it as a JSON list, and end the program with `exec "$@"`',
        )
    return BinderCheck("the image runs a command that is given to it")


def _check_published(root: Path, names: list[str]) -> Iterator[BinderCheck]:
    changed = git_status.read_status(root, "--", *names, ".dockerignore", DEVCONTAINER)
    if changed:
        yield BinderCheck(
            f"not committed: {', '.join(sorted(line[3:] for line in changed))}",
            "Commit and push them",
        )
    remote = git.remote_url(root)
    if not remote:
        yield BinderCheck(
            "git has no remote `origin`", "Push the repository to a host that Binder can reach"
        )
    elif not web_address(remote):
        yield BinderCheck(
            "the remote is a directory of this machine",
            "Push the repository to a host that Binder can reach",
        )
    elif not git.run_git(
        root, "branch", "--remotes", "--contains", "HEAD", statuses=(0, 1, 128, 129)
    ).strip():
        yield BinderCheck("the last commit is not pushed", "Run `git push`")


def launch_link(remote: str, ref: str, path: str = "") -> str:
    """Return the link that starts Binder on `ref` of the repository `remote`, opening `path`."""
    host, _, name = remote.removeprefix("https://").partition("/")
    providers = {
        "github.com": f"gh/{name}",
        "gitlab.com": f"gl/{quote(name, safe='')}",
        "gist.github.com": f"gist/{name}",
    }
    where = providers.get(host, f"git/{quote(remote, safe='')}")
    tree = f"/tree/{path}" if path else ""
    return f"{SERVICE}/v2/{where}/{quote(ref, safe='/')}?urlpath={quote(f'lab{tree}', safe='')}"


def current_branch(root: Path) -> str:
    """Return the branch that is checked out, else HEAD."""
    branch = (
        git.run_git(root, "symbolic-ref", "--quiet", "--short", "HEAD", statuses=(0, 1, 128))
        .decode()
        .strip()
    )
    return branch or "HEAD"


def only_notebook(root: Path) -> str:
    """Return the path of the repository's only notebook; empty if it has none or several."""
    known = git.git_lines(root, "ls-files", "-z", "--", "*.ipynb")
    return known[0] if len(known) == 1 else ""


def _write_if_changed(file: Path, text: str) -> None:
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        files.write_file(file, text)
        print_progress(f"wrote {file.parent.name}/{file.name}")
