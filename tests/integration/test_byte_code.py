"""Byte code that the image's builds keep for one another: the same bits with it and without."""

import re
import subprocess
from pathlib import Path

import pytest

from support.workplace import IMAGE, NETWORK, SIX, Workplace, docker, laid_out

pytestmark = pytest.mark.docker


def test_kept_byte_code_is_taken_and_changes_nothing(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """Of a module and of a package, and where what was kept is damaged; what `image verify` builds takes none."""
    root = laid_out(tmp_path / "kept", repository)
    pin = re.search(r"(?m)^tqdm==(?:.*\\\n)+.*", (repository / "requirements.txt").read_text())
    assert pin
    (root / "requirements.txt").write_text(f"{SIX}{pin[0]}\n")
    caches = f"--build-arg BUILDKIT_CACHE_MOUNT_NS={IMAGE}"  # of this test alone
    name = f"{IMAGE}-kept"

    def labcoat(word: str, flags: str = "") -> str:
        flags = f"{NETWORK} {caches} {flags}"
        done = Workplace(root, place.environ).labcoat(
            "image", word, LABCOAT_IMAGE=name, LABCOAT_DOCKER_FLAGS=flags
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def built(compiled: str) -> str:
        """The id of the image where byte code is kept in the folder `compiled`, of which each spelling is a new build."""
        labcoat("build", f"--build-arg COMPILED={compiled}")
        return docker("image", "inspect", "--format", "{{.Id}}", name)

    def in_cache(line: str) -> str:
        """What `line` says where byte code is kept."""
        steps = f"FROM {IMAGE}\nUSER 0\nRUN --mount=type=cache,id=labcoat,target=/cache cd /cache/compiled; {line} >/said\n"
        words = ["docker", "build", "-q", *caches.split(), "-"]
        said = subprocess.run(
            words, input=steps, text=True, check=True, capture_output=True
        ).stdout.strip()
        try:
            return docker("run", "--rm", said, "cat", "/said")
        finally:
            docker("image", "rm", "--force", said)

    try:
        compiled, keeping, taking = built(""), built("/cache/compiled"), built("/cache/compiled/")
        kept = in_cache("ls").split()
        in_cache('for each in *; do echo >"$each"; done')
        mending = built("/cache/compiled/.")
        mended = in_cache("find . -type f -size +2k").split()
        in_cache('for each in *; do tar -cf "$each" --files-from /dev/null; done')
        without = built("/cache/compiled/./")
        verified = labcoat("verify")
    finally:
        docker("image", "rm", "--force", name)
    assert compiled == keeping == taking == mending
    assert len(kept) == len(mended) >= 2
    assert without != compiled  # what is kept does count
    assert verified.splitlines()[0].split() == ["id", "same", compiled]


def test_a_base_without_tar_keeps_no_byte_code_and_is_as_good(
    place: Workplace, base_image: str
) -> None:
    """It gets its byte code all the same."""
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
        compiled = docker(
            "run",
            "--rm",
            f"{bare}-built",
            "sh",
            "-c",
            "ls /opt/venv/lib/python3*/site-packages/__pycache__",
        )
    finally:
        docker("image", "rm", "--force", bare, f"{bare}-built")
    assert re.fullmatch(r"six\.cpython-\d+\.pyc", compiled)


def test_what_image_verify_builds_is_told_to_take_none(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """Not every builder empties its caches where it is told to build without cache."""
    root = laid_out(tmp_path / "told", repository)
    (root / "Dockerfile").write_text(
        'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG COMPILED=/kept\nRUN [ -z "${COMPILED}" ]\n'
    )
    told = Workplace(root, place.environ).labcoat("image", "verify", LABCOAT_IMAGE=f"{IMAGE}-told")
    assert told.stdout.startswith("id "), told.stderr
