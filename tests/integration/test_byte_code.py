"""Byte code that builds of the image share does not change the image."""

import io
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from support.workplace import IMAGE, NETWORK, SIX, Workplace, create_project, docker

pytestmark = pytest.mark.docker


def test_cached_byte_code_is_used_and_changes_nothing(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """For a module, a package, and a corrupt cache; `image verify` does not use it."""
    root = create_project(tmp_path / "kept", repository)
    pin = re.search(r"(?m)^tqdm==(?:.*\\\n)+.*", (repository / "requirements.txt").read_text())
    assert pin
    (root / "requirements.txt").write_text(f"{SIX}{pin[0]}\n")
    caches = f"--build-arg BUILDKIT_CACHE_MOUNT_NS={IMAGE}"  # not shared with other tests
    # Unlike that, the folder is part of the key of cached layers, so that no earlier run is reused.
    folder = f"/cache/{IMAGE.rpartition('/')[2]}"
    name = f"{IMAGE}-kept"

    def labcoat(word: str, flags: str = "") -> str:
        flags = f"{NETWORK} {caches} {flags}"
        done = Workplace(root, place.environ).labcoat(
            "image", word, LABCOAT_IMAGE=name, LABCOAT_DOCKER_FLAGS=flags
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def build_image(compiled: str) -> str:
        """Build with the cache folder `compiled`; return the id. Each spelling is a new build."""
        labcoat("build", f"--build-arg COMPILED={compiled}")
        return docker("image", "inspect", "--format", "{{.Id}}", name)

    def run_in_cache(line: str) -> str:
        """Run `line` in the cache folder; return its output."""
        steps = (
            f"FROM {IMAGE}\nUSER 0\nRUN --mount=type=cache,id=labcoat,target=/cache "
            f"cd {folder} && {{ {line}; }} >/output\n"
        )
        words = ["docker", "build", "-q", *caches.split(), "-"]
        image = subprocess.run(
            words, input=steps, text=True, check=True, capture_output=True
        ).stdout.strip()
        try:
            return docker("run", "--rm", image, "cat", "/output")
        finally:
            docker("image", "rm", "--force", image)

    try:
        uncached, filling, using = (
            build_image(""),
            build_image(folder),
            build_image(f"{folder}/"),
        )
        cached = run_in_cache("ls").split()
        run_in_cache('for each in *; do echo >"$each"; done')
        repairing = build_image(f"{folder}/.")
        repaired = run_in_cache("find . -type f -size +2k").split()
        run_in_cache('for each in *; do tar -cf "$each" --files-from /dev/null; done')
        emptied = build_image(f"{folder}/./")
        verified = labcoat("verify")
    finally:
        docker("image", "rm", "--force", name)
    assert uncached == filling == using == repairing
    assert len(cached) == len(repaired) >= 2
    assert emptied != uncached  # so the cache is used
    assert verified.splitlines()[0].split() == ["id", "same", uncached]


def test_a_base_without_tar_gets_its_byte_code(place: Workplace, base_image: str) -> None:
    """Without the cache."""
    bare = f"{IMAGE}-bare"
    steps = f"FROM {base_image}\nUSER 0\nRUN rm $(command -v tar)\n"
    subprocess.run(
        ["docker", "build", "-q", "-t", bare, "-"],
        input=steps,
        text=True,
        check=True,
        capture_output=True,
    )
    try:
        built = place.labcoat(
            "image", "build", LABCOAT_IMAGE=f"{bare}-built", LABCOAT_BASE_IMAGE=bare
        )
        assert built.returncode == 0, built.stderr
        container = docker("create", f"{bare}-built")
        copied = subprocess.run(
            ["docker", "cp", f"{container}:/opt/venv/lib", "-"], check=True, capture_output=True
        )
        docker("rm", container)
    finally:
        docker("image", "rm", "--force", bare, f"{bare}-built")
    with tarfile.open(fileobj=io.BytesIO(copied.stdout)) as archive:
        found = [name for name in archive.getnames() if "/site-packages/__pycache__/" in name]
    (compiled,) = found
    assert re.search(r"/six\.cpython-\d+\.pyc$", compiled)


def test_image_verify_builds_without_cached_byte_code(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """Not every builder ignores cache mounts with --no-cache."""
    root = create_project(tmp_path / "verify", repository)
    (root / "Dockerfile").write_text(
        'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG COMPILED=/kept\nRUN [ -z "${COMPILED}" ]\n'
    )
    verified = Workplace(root, place.environ).labcoat(
        "image", "verify", LABCOAT_IMAGE=f"{IMAGE}-verified"
    )
    assert verified.stdout.startswith("id "), verified.stderr
