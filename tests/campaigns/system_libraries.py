"""Compare what labcoat calls missing with what the loader does not find, for real packages.

`python tests/campaigns/system_libraries.py NAMES.txt 30 [seed]` draws 30 requirements from the
lines of a file, and installs each with its dependencies for an image, in which ldd looks at every
object that their code loads. A line may have several requirements.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src" / "lib")]

from labcoat.container.filesystem.image_survey import is_surveyed  # noqa: E402
from labcoat.container.inspect.export import created_container, read_container  # noqa: E402
from labcoat.container.inspect.export_reader import Wanted  # noqa: E402
from labcoat.container.inspect.exported_files import ExportedFiles  # noqa: E402
from labcoat.core.project import Project  # noqa: E402
from labcoat.system import advice, debian, survey  # noqa: E402
from labcoat.system.elf import SharedObject  # noqa: E402
from labcoat.system.object_files import DISK, ObjectFiles  # noqa: E402
from labcoat.system.verdict import find_missing  # noqa: E402
from labcoat.toolchain import tool_env  # noqa: E402

IMAGE = "labcoat-test/python:3.11"
PYTHON = "/usr/bin/python3"


class Mounted(ObjectFiles):
    """The files of an image that has a directory of this machine as /site."""

    def __init__(self, folder: Path, image: ExportedFiles) -> None:
        self.folder, self.image = folder, image

    def _at(self, path: str) -> tuple[ObjectFiles, str]:
        inside = path == "/site" or path.startswith("/site/")
        return (DISK, f"{self.folder}{path[5:]}") if inside else (self.image, path)

    def exists(self, path: str) -> bool:
        """Return whether `path` leads to something."""
        files, place = self._at(path)
        return files.exists(place)

    def real_path(self, path: str) -> str:
        """Return `path` without links; in /site as it is."""
        files, place = self._at(path)
        return path if files is DISK else files.real_path(place)

    def read_object(self, path: str, is_program: bool = False) -> SharedObject | None:
        """Return what an object says of itself."""
        files, place = self._at(path)
        return files.read_object(place, is_program)

    def read(self, path: str, most: int = 1 << 22) -> bytes:
        """Return a file's contents."""
        files, place = self._at(path)
        return files.read(place, most)

    def list_names(self, folder: str) -> list[str]:
        """Return the names in a directory."""
        files, place = self._at(folder)
        return files.list_names(place)


@cache
def image_files() -> ExportedFiles:
    """Return the image's files, as the engine exports them."""
    project = Project.at(Path.cwd(), dict(os.environ))
    with created_container(project, IMAGE, IMAGE) as container:
        return read_container(project, container, IMAGE, Wanted(is_surveyed, surveys=True))


def in_image(folder: Path, words: list[str], given: str = "") -> str:
    """Run a program in the image, which sees `folder` as /site, and return what it prints."""
    command = ["docker", "run", "--rm", "-i", "--network=none", f"--volume={folder}:/site:ro"]
    done = subprocess.run(
        [*command, IMAGE, *words], input=given, capture_output=True, text=True, check=False
    )
    return done.stdout


def install(folder: Path, requirements: list[str]) -> str:
    """Install wheels for the image's Python; the reason why that fails.

    Requirements that do not fit together are installed one by one, without dependencies, as far as
    there are wheels.
    """
    command = [str(tool_env.uv_program()), "pip", "install", "--quiet", "--only-binary=:all:"]
    command += ["--python-version=3.11", f"--target={folder}", "--python", sys.executable]
    done = subprocess.run([*command, *requirements], capture_output=True, text=True, check=False)
    if not done.returncode:
        return ""
    one_by_one = [
        subprocess.run([*command, "--no-deps", one], capture_output=True, check=False).returncode
        for one in (requirements if len(requirements) > 1 else ())
    ]
    return "" if 0 in one_by_one else done.stderr.strip().splitlines()[-1]


def compare(folder: Path) -> tuple[str, bool]:
    """Return what labcoat says of the packages in `folder`, and whether ldd agrees."""
    started = time.perf_counter()
    found = survey.survey_files("/site", ["/site"], PYTHON, {}, Mounted(folder, image_files()))
    seconds = time.perf_counter() - started
    verdict = find_missing(found.packages)
    claimed = {one.library for one in verdict.missing if one.is_required and not one.version}
    roots = [one.path for package in found.packages for one in package.objects if one.is_root]
    script = 'while read -r path; do ldd "/site/$path" 2>&1; done'
    lines = in_image(folder, ["sh", "-c", script], "".join(f"{path}\n" for path in roots))
    absent = {line.split()[0] for line in lines.splitlines() if "=> not found" in line}
    names = {name for package in found.packages for one in package.objects for name in one.names}
    false, unseen = sorted(claimed - absent), sorted(absent - claimed - names)
    suite = debian.read_suite(found.os_release)
    shown = [
        f"{library} ({debian.find_package(library, suite) or '?'})" for library in sorted(claimed)
    ]
    versions = sorted({one.version for one in verdict.missing if one.version})
    text = f"{len(found.packages)} packages, {len(roots)} objects, {seconds:.1f} s: "
    text += f"{', '.join(shown) or 'nothing'} missing"
    text += f"; lacking {versions}" if versions else ""
    text += f"; FALSE {false}" if false else ""
    text += f"; UNSEEN {unseen}" if unseen else ""
    notes = list(advice.list_notes(verdict, found.packages, suite))
    return "\n  ".join([text, *notes]), not false and not unseen


def main(names: Path, count: int, seed: int) -> int:
    """Try `count` lines. Return 1 if the loader of the image disagrees about one of them."""
    lines = [line for line in names.read_text(encoding="utf-8").splitlines() if line.strip()]
    chosen = random.Random(seed).sample(lines, min(count, len(lines)))  # noqa: S311 - no secrets
    wrong = tried = 0
    for line in chosen:
        folder = Path(tempfile.mkdtemp())
        try:
            if problem := install(folder, line.split()):
                print(f"{line}: not installed: {problem[:100]}", flush=True)
                continue
            text, agrees = compare(folder)
            tried += 1
            wrong += not agrees
            print(f"{line}: {text}", flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{tried} of {len(chosen)} environments (seed {seed}), {wrong} judged differently by ldd")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else 1))
