"""Compare `make docker` of the tensorflow lock with an ordinary Dockerfile: the time after a
change, and the size of the images.

LABCOAT_BASE_IMAGE and LABCOAT_DOCKER_FLAGS work as for `make docker`.
"""

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from side_by_side import INCLUDE, REPOSITORY, Demand, Program, compare, environment, uv

from labcoat.container.context import context_archive
from labcoat.container.context.build_context import BuildContext
from labcoat.core.project import Project

NOTHING, SOURCE = "docker build, nothing changed", "labcoat: make docker, a source file changed"
BUILDER = "of which docker build, with the context that labcoat sends"
REQUIREMENT, ORDINARY = (
    "labcoat: make docker, one requirement changed",
    "ordinary Dockerfile, one requirement changed",
)
ROUNDS = 15
CHANGED = "tqdm"  # any small package of the lock
DOCKERFILE = """ARG BASE_IMAGE
FROM ${BASE_IMAGE}
WORKDIR /app
COPY . .
RUN python3 -m pip install --break-system-packages -r requirements.txt
"""
BASE = (
    os.environ.get("LABCOAT_BASE_IMAGE")
    or re.findall(
        r'"3.11" = "(.*)"',
        (INCLUDE.parent / "labcoat/container/base_images/bases.toml").read_text(),
    )[0]
)
FLAGS = os.environ.get("LABCOAT_DOCKER_FLAGS", "")
NAME = "labcoat-benchmark"
# The base with a random file of this run, so that no step is cached by an earlier run. If only the
# steps were new and their layers the same as before, the engine would store each layer twice and
# compare the two, file by file, at every build.
OWN_BASE = f"{NAME}-base"


def lay_out(work: Path) -> Path:
    """Copy the repository's files to a folder and return it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout
    project = work / "project"
    for name in listed.split("\0"):
        # .lock.yaml files are records of images on another base.
        if name and (REPOSITORY / name).is_file() and not name.endswith(".lock.yaml"):
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, project / name)
    return project


def locked(requirements: str, lock: str) -> str:
    """Return `lock` updated for `requirements`, with all other pins unchanged."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in").write_text(requirements)
        (Path(folder) / "out").write_text(lock)
        words = [
            uv(),
            "pip",
            "compile",
            "-q",
            "--generate-hashes",
            "--no-header",
            "--python-version",
            "3.11",
            "in",
            "-o",
            "out",
        ]
        subprocess.run(words, cwd=folder, env=environment(), check=True)
        return (Path(folder) / "out").read_text()


def settings(**more: str) -> str:
    """Return the variable assignments of labcoat's settings, to precede a shell command."""
    given = {"BASE_IMAGE": OWN_BASE, "DOCKER_FLAGS": FLAGS, "IMAGE": NAME, **more}
    return " ".join(f"LABCOAT_{name}='{value}'" for name, value in given.items())


def build(**more: str) -> list[str]:
    """Return the command line that builds labcoat's image, which `make docker` runs."""
    return [
        "sh",
        "-c",
        f"{settings(**more)} sh '{INCLUDE.parent / 'labcoat/start.sh'}' image build",
    ]


def ordinary(project: Path) -> list[str]:
    """Return the command line that builds the ordinary Dockerfile."""
    file = project.parent / "Dockerfile.ordinary"
    file.write_text(DOCKERFILE)
    return [
        "sh",
        "-c",
        f"docker build -q {FLAGS} --build-arg BASE_IMAGE={OWN_BASE} -t {NAME}-ordinary "
        f"-f '{file}' .",
    ]


def again() -> list[str]:
    """Return the command line of a `docker build` that has nothing to do."""
    given = {"BASE_IMAGE": OWN_BASE, "PYTHON": "3.11", "LOCK": "requirements.txt"}
    words = " ".join(f"--build-arg {name}='{value}'" for name, value in given.items())
    return ["sh", "-c", f"docker build -q {FLAGS} {words} -t {NAME}-again ."]


def of_archive(project: Path, sent: Path) -> tuple[list[str], Callable[[], object]]:
    """Return the command line that builds labcoat's context of `project` from the folder `sent`,
    and a function that writes the context there.
    """

    def send() -> None:
        shutil.rmtree(sent, ignore_errors=True)
        here, files = Project(project), BuildContext(project)
        context_archive.write_context_archive(
            here, context_archive.archive_contents(here, files) or [], sent
        )
        shutil.copy2(files.dockerfile_path, sent)

    given = {
        "BASE_IMAGE": OWN_BASE,
        "PYTHON": "3.11",
        "LOCK": "requirements.txt",
        "SOURCE": "archive",
    }
    words = " ".join(f"--build-arg {name}='{value}'" for name, value in given.items())
    return ["sh", "-c", f"docker build -q {FLAGS} {words} -t {NAME}-again '{sent}'"], send


def make_base(work: Path) -> None:
    """Build OWN_BASE."""
    folder = work / "base"
    folder.mkdir()
    (folder / "run").write_text(secrets.token_hex())
    (folder / "Dockerfile").write_text(f"FROM {BASE}\nCOPY run /etc/{NAME}\n")
    subprocess.run(
        ["docker", "build", "-q", "-t", OWN_BASE, folder], check=True, capture_output=True
    )


def size(image: str) -> int:
    """Return the bytes of an image."""
    words = ["docker", "image", "inspect", "--format", "{{.Size}}", image]
    return int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def pip_cache() -> int:
    """Return the bytes of pip's cache in the ordinary image."""
    # Some base images disable the cache.
    line = 'du -sb "$(python3 -m pip cache dir)" 2>/dev/null || echo 0'
    words = ["docker", "run", "--rm", f"{NAME}-ordinary", "sh", "-c", line]
    return int(subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[0])


def demand_size(what: str, bytes_: int, most: float) -> bool:
    """Print and return whether an image is small enough."""
    verdict = "met" if bytes_ <= most else "MISSED"
    print(f"{what}: {bytes_ / 1e6:.0f} MB (asked: at most {most / 1e6:.0f} MB) {verdict}")
    return bytes_ <= most


def main() -> int:
    """Build all images once, then time the changes, then compare the sizes."""
    with tempfile.TemporaryDirectory(prefix="labcoat-image-") as name:
        project = lay_out(Path(name))
        make_base(Path(name))
        (project / ".python-version").write_text("3.11\n")
        lock = (project / "requirements.txt").read_text()
        wanted = (project / "requirements.in").read_text()
        version = re.findall(rf"(?m)^{CHANGED}==([\d.]+)", lock)[0]
        moved = locked(f"{wanted}\n{CHANGED}<{version}\n", lock)
        source = project / "changed.py"
        print("building each once", file=sys.stderr)
        first = [
            Program(each[1], each[0], project)
            for each in ((build(), "labcoat"), (ordinary(project), "ordinary"), (again(), "again"))
        ]
        compare(first, [], 1)

        def change() -> None:
            source.write_text(f"# {secrets.token_hex()}\n")

        def settle() -> None:
            """Build after the other program's change, so that there is nothing left to do."""
            subprocess.run(again(), cwd=project, env=environment(), check=True, capture_output=True)

        alone, send = of_archive(project, Path(name) / "sent")

        def change_and_send() -> None:
            change()
            send()

        quick = [
            Program(NOTHING, again(), project, settle),
            Program(SOURCE, build(), project, change),
            Program(BUILDER, alone, project, change_and_send),
        ]
        met = (
            compare(
                quick, [Demand(each, NOTHING, at_most=1.5) for each in (SOURCE, BUILDER)], ROUNDS
            )
            == 0
        )
        (project / "requirements.txt").write_text(moved)
        slow = [
            Program(REQUIREMENT, build(), project),
            Program(ORDINARY, ordinary(project), project),
        ]
        met &= compare(slow, [Demand(ORDINARY, REQUIREMENT, at_least=4)], 1) == 0
        small = build(VARIANT="cpu", STRIP="tests headers bytecode")
        subprocess.run(small, cwd=project, env=environment(), check=True)
        most = size(f"{NAME}-ordinary") - pip_cache()
        met &= demand_size(
            "labcoat's image, compared with the ordinary one without pip's cache", size(NAME), most
        )
        met &= demand_size(
            "the cpu variant without tests, headers and byte code, compared with 60% of that",
            size(f"{NAME}:cpu"),
            0.6 * most,
        )
        names = [NAME, OWN_BASE, f"{NAME}-again", f"{NAME}-ordinary", f"{NAME}:cpu"]
        subprocess.run(
            ["docker", "image", "rm", "--force", *names], check=True, capture_output=True
        )
        return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
