"""The whole program, as a user runs it."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image
from samples import Run, jpeg, kaggle, kaggle_download, make_folder, refused

from catsdogs.__main__ import main
from catsdogs.data.asked import Named
from catsdogs.results import predict

SMALL = ("--weights", "random", "--size", 32)


def result(build: Path) -> dict:
    """Return a run's record, including digests of its files, without its duration."""
    record = json.loads((build / "result.json").read_text())
    return {name: value for name, value in record.items() if name != "seconds"}


def test_from_a_zip_file_to_a_prediction(run: Run, call: Run, tmp_path: Path) -> None:
    """Train on Kaggle's download, again with nothing to do, in a new folder with the same numbers;
    then predict.
    """
    download = kaggle_download(tmp_path / "dogs vs cätze.zip", 30)
    done = run("train", "--data", download.name, *SMALL)
    assert done.returncode == 0, done.stderr
    model, curves, accuracy, *about = done.stdout.splitlines()[-8:]
    found = re.fullmatch(
        r"test accuracy (\S+), 95% interval (\S+) to (\S+), (\d+) of 12 pictures", accuracy
    )
    assert [line.split()[0] for line in about] == ["cat", "dog", "always", "in", "sure"]
    assert found
    assert float(found[1]) == int(found[4]) / 12 >= 0.9
    assert float(found[2]) < float(found[1]) <= float(found[3])
    assert (tmp_path / model.split()[-1]).is_file()
    with Image.open(tmp_path / curves.split()[-1]) as picture:
        assert picture.width > 1000
    assert "60 pictures: 30 cat, 30 dog" in done.stdout

    again = call("train", "--data", download.name, *SMALL)
    assert "Nothing has changed" in again.stdout
    assert again.stdout.splitlines()[-8:] == done.stdout.splitlines()[-8:]

    afresh = run("train", "--data", download.name, *SMALL, "--build", "other")
    assert afresh.returncode == 0, afresh.stderr
    assert result(tmp_path / "other") == result(tmp_path / "build")
    assert (tmp_path / "other/split.csv").read_bytes() == (
        tmp_path / "build/split.csv"
    ).read_bytes()

    before = trained(tmp_path / "build")
    answered = call("submit")
    assert answered.returncode == 0, answered.stderr
    assert trained(tmp_path / "build") == before
    sheet = (tmp_path / "build/submission.csv").read_text()
    assert re.fullmatch(r"id,label\n0,0\.\d{6}\n1,0\.\d{6}\n2,0\.\d{6}\n", sheet)
    assert all(float(line.split(",")[1]) < 0.5 for line in sheet.splitlines()[1:])  # they are cats

    make_folder(
        tmp_path,
        {
            "a cat.jpg": jpeg("cat", 500),
            "more/dog.jpg": jpeg("dog", 501),
            "broken.jpg": jpeg("cat", 5)[:-300],
        },
    )
    asked = call(
        "predict", "a cat.jpg", "broken.jpg", "missing.jpg", "http://localhost/cat.jpg", "more"
    )
    assert asked.returncode == 1
    assert re.fullmatch(r"a cat\.jpg: cat 0\.\d{4}\nmore/dog\.jpg: dog 0\.\d{4}\n", asked.stdout)
    first, *names, last = (line.split(": ")[0] for line in asked.stderr.splitlines())
    assert names == ["broken.jpg", "missing.jpg", "http://localhost/cat.jpg"]
    assert (first, last) == ("5 pictures found", "1 cat, 1 dog; 3 not readable")
    assert len((tmp_path / "build/predicted.csv").read_text().splitlines()) == 6


def trained(build: Path) -> dict[str, int]:
    """The models in a build folder, and when each was written."""
    return {
        path.parent.name: path.stat().st_mtime_ns for path in build.glob("models/*/model.keras")
    }


def test_each_model_stays(call: Run, tmp_path: Path) -> None:
    """Training one model replaces no other; the commands that use a model take the last one that
    was asked for, or the one that MODEL= names, and train nothing.
    """
    make_folder(tmp_path / "set", kaggle(12) | {"test1/7.jpg": jpeg("dog", 90)})
    make_folder(tmp_path, {"dog.jpg": jpeg("dog", 91)})
    words = ("--data", "set", *SMALL)
    assert call("train", *words, "--balance", 1).returncode == 0
    assert call("finetune", *words).returncode == 0
    build = tmp_path / "build"
    before = trained(build)
    frozen, tuned = sorted(before, key=lambda name: name.startswith("finetuned"))
    assert len(before) == 2
    assert (build / "model.keras").resolve().parent.name == tuned

    done = call("report")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"model {tuned}, made of `set`")
    page = (build / "report.html").read_text()
    assert "last block fine-tuned" in page
    assert "The loss by epoch" in page
    assert (build / "models" / tuned / "report.html").is_file()

    sheets = []
    for model in ("frozen", ""):
        assert call("submit", "--model", model).returncode == 0
        sheets.append(build / "models" / (frozen if model else tuned) / "submission.csv")
    assert sheets[0].read_text() != sheets[1].read_text()
    assert (build / "submission.csv").read_text() == sheets[1].read_text()
    shown = [call("predict", "--model", model, "dog.jpg").stdout for model in (frozen, "")]
    assert shown[0] != shown[1]

    done = call("report", *words, "--balance", 1)
    assert done.stdout.startswith(f"model {frozen}, made of `set`")
    assert (build / "model.keras").resolve().parent.name == frozen
    assert trained(build) == before
    (tmp_path / "set").rename(tmp_path / "moved")
    assert "is no longer at `set`" in refused(call("report"))
    assert call("report", "--data", "moved", "--model", tuned).returncode == 0
    assert "was not made with `SEED=5`" in refused(call("report", "--model", tuned, "--seed", 5))
    assert trained(build) == before


def test_any_number_of_classes(call: Run, tmp_path: Path) -> None:
    """Three folders are three classes; a broken picture in them is listed in a file."""
    members = {
        f"{label}/{n}.jpg": jpeg(label, n) for label in ("cat", "dog", "frog") for n in range(15)
    }
    make_folder(tmp_path / "set", members | {"frog/broken.jpg": b"not a picture"})
    done = call("train", "--data", "set", *SMALL)
    assert done.returncode == 0, done.stderr
    assert "45 pictures: 15 cat, 15 dog, 15 frog" in done.stdout
    assert "of 9 pictures" in done.stdout
    assert (
        tmp_path / "build/set-aside.csv"
    ).read_text() == "path,reason\nfrog/broken.jpg,not a picture\n"


def test_the_synthetic_set_is_learned(call: Run, tmp_path: Path) -> None:
    """Without any setting the two textures are learned; `data` before that changes nothing."""
    assert call("data").returncode == 0
    assert "no pictures without a class" in refused(call("submit"))
    done = call("report")
    assert done.returncode == 0, done.stderr
    assert "report build/report.html" in done.stdout
    assert (tmp_path / "build/report.html").is_file()
    found = result(tmp_path / "build")
    assert found["test"]["accuracy"] >= 0.9
    assert found["test"]["base_rate"] == 0.5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("data", "--data", "~/missing"), "no file or folder at `{home}/missing`"),
        (
            ("train", "--data", "~/missing", "--weights", "~/w.h5"),
            "cannot read the weights `{home}/w.h5`",
        ),
        (("data", "--split", "~/s.csv"), "`{home}/s.csv` is not a readable manifest"),
        (("predict", "--build", "~/b", "a.jpg"), "no model at `{home}/b/model.keras`"),
    ],
    ids=["data", "weights", "split", "build"],
)
def test_a_tilde_is_expanded_if_the_shell_did_not(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    """A leading ~ in a path is the home, because not every shell expands it after DATA=."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert message.format(home=tmp_path) in refused(call(*words))


def test_a_tilde_is_expanded_for_pictures_to_predict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of several files may begin with ~; a ~ elsewhere is part of the name."""
    asked: list[Named] = []
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr(predict, "answers", lambda found, _: asked.extend(found.pictures) or [])
    assert main(["predict", "~/a cat.jpg", "b~.jpg"]) == 0
    assert [one.name for one in asked] == ["/home/me/a cat.jpg", "b~.jpg"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train", "--data", "missing.zip"), "no file or folder at `missing.zip`"),
        (("train", "--size", "31"), "`SIZE=31` is not a whole number"),
        (("train", "--size", "big"), "`SIZE=big` is not a whole number"),
        (("train", "--seed", "-1"), "`SEED=-1` is not a whole number"),
        (("train", "--weights", "missing.h5"), "cannot read the weights `missing.h5`"),
        (("train", "--winograd", "maybe"), "invalid value `WINOGRAD=maybe`"),
        (("predict",), "nothing to predict"),
        (("predict", "cat.jpg"), "no model"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value).replace("--", ""),
)
def test_mistakes_give_an_error_and_a_hint(call: Run, words: tuple[str, ...], message: str) -> None:
    """A user's mistake gives an error and a hint, and never a traceback."""
    assert message in refused(call(*words))
