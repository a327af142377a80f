"""All that a user does: clone, create environments and an image, and train the example in each."""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from labcoat.proof.outputs import output_digest
from support import BASE_PYTHON, REPOSITORY, Repository
from support.messages import proof as messages
from support.session import unique_name

# A directory with Kaggle's dogs-vs-cats.zip and VGG16's weights. Without it pictures are generated.
PHOTOGRAPHS = os.environ.get("CATSDOGS_TEST_PHOTOGRAPHS", "")
IMAGE = unique_name("labcoat-test/road")
EACH = 50  # photographs of each class; Kaggle's set has 12,500


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, network: dict[str, str]) -> Repository:
    """A fresh clone of the last commit, in a directory with a space in its name."""
    path = tmp_path_factory.mktemp("a road") / "labcoat clone"
    subprocess.run(["git", "clone", "-q", REPOSITORY, path], check=True)
    env = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    return Repository(
        path, {**env, **network, "LANG": "C.UTF-8", "LABCOAT_PYTHON": str(BASE_PYTHON)}
    )


@pytest.fixture(scope="module")
def input_settings(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What to train on: a few hundred photographs and VGG16's weights, or generated pictures."""
    if not PHOTOGRAPHS:
        return ["DATA=synthetic"]
    folder = tmp_path_factory.mktemp("photographs")
    write_sample(Path(PHOTOGRAPHS) / "dogs-vs-cats.zip", folder / "some of them.zip")
    weights = next(Path(PHOTOGRAPHS).glob("vgg16*.h5"))
    return [f"DATA={folder / 'some of them.zip'}", f"WEIGHTS={weights}", "SIZE=96"]


def write_sample(kaggle: Path, target: Path) -> None:
    """Write an archive like Kaggle's, a zip in a zip, with the first photographs of each class."""
    with (
        zipfile.ZipFile(kaggle) as outer,
        outer.open("train.zip") as nested,
        zipfile.ZipFile(nested) as photographs,
    ):
        wanted = [
            name
            for name in photographs.namelist()
            if name.endswith(".jpg") and int(name.split(".")[-2]) < EACH
        ]
        with zipfile.ZipFile(target.with_name("train.zip"), "w") as inner:
            for name in wanted:
                inner.writestr(name, photographs.read(name))
    with zipfile.ZipFile(target, "w") as archive:
        archive.write(target.with_name("train.zip"), "train.zip")
    target.with_name("train.zip").unlink()


def test_demo_goes_from_nothing_to_a_trained_example(clone: Repository) -> None:
    """`make demo`, as in the README, prints an accuracy and the path of a picture."""
    output = clone.make("demo")
    assert "validation accuracy" in output.lower()
    pictures = [Path(word) for word in output.split() if word.endswith(".png")]
    assert pictures
    assert all((clone.path / picture).stat().st_size > 5000 for picture in pictures)


@pytest.mark.docker
def test_every_level_is_equal_and_trains_the_same(
    clone: Repository, input_settings: list[str], base_image: str
) -> None:
    """All levels of the tensorflow lock have the same files, and train a model of the same bytes.

    So does `make train IN=docker`, from data that is mounted, not copied.
    """
    image = [
        f"LABCOAT_IMAGE={IMAGE}",
        f"LABCOAT_BASE_IMAGE={base_image}",
        "LABCOAT_DOCKER_FLAGS=--network=host",
    ]
    levels = [
        "venv",
        *(["conda"] if any(map(shutil.which, ("micromamba", "mamba", "conda"))) else []),
        "docker",
    ]
    try:
        for level in levels:
            clone.make(level, *image)
        output = clone.make("prove", f"IN={','.join(levels)}", *input_settings, *image)
        assert messages.EQUAL.format(names=f"lock, {', '.join(levels)}") in output
        proof = json.loads((clone.path / ".labcoat/proof.json").read_text())
        assert len({row["digest"] for row in proof["rungs"]}) == 1
        assert [Path(result["output"]).name for result in proof["results"]] == [
            "head.npy",
            "predictions.csv",
        ]
        assert all(list(result["digests"]) == levels for result in proof["results"])
        clone.make("train", "IN=docker", *input_settings, *image)
        for result in proof["results"]:
            assert (
                output_digest(clone.path / "build" / Path(result["output"]).name)
                in result["digests"].values()
            )
    finally:
        subprocess.run(["docker", "image", "rm", "-f", IMAGE], capture_output=True, check=False)
