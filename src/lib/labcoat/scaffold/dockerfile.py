"""The Dockerfile that builds an image from a lock, for projects that have none."""

from pathlib import Path

from labcoat.container.context import build_flags
from labcoat.container.dockerfile.own_steps import SCRIPT
from labcoat.container.engine.flags import docker_flags
from labcoat.core import originals, reading
from labcoat.core.changes import append_lines
from labcoat.core.errors import unreadable
from labcoat.core.project import Project
from labcoat.core.terminal import print_progress
from labcoat.scaffold.ignore_files import own_patterns

TEMPLATES = Path(__file__).with_name("templates")
# labcoat's Dockerfile beside one of the project's own: `LABCOAT_DOCKER_FLAGS=--file=` names it.
BESIDE = "labcoat.Dockerfile"
BESIDE_NOTE = (
    "Your Dockerfile stays. labcoat cannot guarantee that its image matches the lock; to build one"
    f" beside it that does: `LABCOAT_DOCKER_FLAGS = --file={BESIDE}` in the Makefile"
)


def missing_files(root: Path) -> dict[str, str]:
    """Return the files that an image of the project in `root` needs and lacks: template to name.

    A Dockerfile that does not run the script needs no script.
    """
    found = {"Dockerfile": "Dockerfile", "dockerignore": ".dockerignore", "install-lock.sh": SCRIPT}
    dockerfile = build_flags.locate_dockerfile(root)
    if dockerfile.exists() and SCRIPT not in _read(dockerfile):
        del found["install-lock.sh"]
    if dockerfile.exists():
        del found["Dockerfile"]
    return {template: name for template, name in found.items() if not (root / name).exists()}


def _missing_beside(root: Path) -> dict[str, str]:
    """Return the files of `labcoat.Dockerfile` that `root` lacks: template to name.

    Docker reads its own ignore file instead of the project's.
    """
    names = {"Dockerfile": BESIDE, "dockerignore": f"{BESIDE}.dockerignore"}
    names["install-lock.sh"] = SCRIPT
    return {template: name for template, name in names.items() if not (root / name).exists()}


def installs_itself(root: Path) -> bool:
    """Whether the project has a Dockerfile that does not install the lock."""
    path = build_flags.locate_dockerfile(root)
    if not path.exists():
        return False
    text = _read(path)
    return SCRIPT not in text and "--require-hashes" not in text


def _read(path: Path) -> str:
    try:
        return reading.read_file(path).decode("utf-8", "replace")
    except OSError as error:
        raise unreadable(path.name, error) from None


def provide_dockerfile(project: Project) -> None:
    """Write the Dockerfile and what it needs, unless the project has one or its flags name one.

    If the flags name `labcoat.Dockerfile`, write that. Files that exist stay as they are.
    """
    flags = build_flags.parse_build_flags(docker_flags(project))
    if flags.file == BESIDE:
        missing = _missing_beside(project.root)
    elif flags.file == "Dockerfile":
        missing = missing_files(project.root)
        if build_flags.locate_dockerfile(project.root).exists():
            missing.pop("dockerignore", None)
    else:
        return
    for template, name in missing.items():
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        if template == "dockerignore":
            text = append_lines(text, own_patterns(project.root))
        originals.write_undoable(project.root / name, text)
    if missing:
        print_progress(f"wrote {', '.join(missing.values())}: commit them, and change them freely")
