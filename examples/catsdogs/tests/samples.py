"""Sets of small pictures, as zip files and folders."""

import io
import os
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from catsdogs.data import pictures

Run = Callable[..., subprocess.CompletedProcess[str]]

# Name -> RGB: classes that are easy to distinguish
CLASSES = {"cat": (230, 60, 40), "dog": (30, 60, 220)}


def jpeg(label: str, number: int, side: int = 40) -> bytes:
    """A small photograph of its class's colour, different for every number."""
    name = zlib.crc32(os.fsencode(label))
    random = np.random.default_rng([number, name])
    noisy = np.array(CLASSES.get(label, (name % 128, 200, 90))) + random.normal(
        0, 25, (side, side + number % 7, 3)
    )
    buffer = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def photographs(count: int, size: int) -> np.ndarray:
    """Pixels of photographs, if CATSDOGS_TEST_PHOTOGRAPHS names a folder with Kaggle's zip file, or
    of drawn pictures.
    """
    where = os.environ.get("CATSDOGS_TEST_PHOTOGRAPHS")
    if not where:
        return np.stack([pictures.pixels(jpeg("cat", number, 60), size) for number in range(count)])
    with (
        zipfile.ZipFile(Path(where) / "dogs-vs-cats.zip") as outer,
        zipfile.ZipFile(outer.open("train.zip")) as inner,
    ):
        names = [name for name in inner.namelist() if name.endswith(".jpg")][:count]
        return np.stack([pictures.pixels(inner.read(name), size) for name in names])


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    """A zip file with these members."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def make_tar(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    """A tar file with these members."""
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def make_folder(root: Path, members: dict[str, bytes]) -> Path:
    """A folder with these files."""
    for name, content in members.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def kaggle(count: int = 10) -> dict[str, bytes]:
    """`count` pictures of each class, named as in Kaggle's train.zip."""
    return {f"train/{label}.{n}.jpg": jpeg(label, n) for label in CLASSES for n in range(count)}


def kaggle_download(path: Path, count: int = 10) -> Path:
    """A download as Kaggle gives it: zip files in a zip file."""
    train = make_zip(path.with_name("train-inner.zip"), kaggle(count)).read_bytes()
    test = make_zip(
        path.with_name("test-inner.zip"), {f"test1/{n}.jpg": jpeg("cat", 100 + n) for n in range(3)}
    ).read_bytes()
    return make_zip(
        path, {"train.zip": train, "test1.zip": test, "sampleSubmission.csv": b"id,label\n1,0\n"}
    )


def some_photographs(download: Path, target: Path, each: int) -> None:
    """The first photographs of each class in Kaggle's download, as files in `target`."""
    with (
        zipfile.ZipFile(download) as outer,
        outer.open("train.zip") as nested,
        zipfile.ZipFile(nested) as photographs,
    ):
        chosen = [
            name
            for name in photographs.namelist()
            if name.endswith(".jpg") and int(name.split(".")[-2]) < each
        ]
        make_folder(
            target,
            {
                f"{Path(name).name.split('.')[0]}/{Path(name).name}": photographs.read(name)
                for name in chosen
            },
        )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """Return the output of a run that failed as expected: an error, a hint, and nothing else."""
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("hint: ")
    assert not any(line.endswith(".") for line in lines)
    return done.stderr
