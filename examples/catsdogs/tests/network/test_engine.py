"""The device that TensorFlow computes on."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from samples import Run, kaggle, make_folder, refused

from catsdogs.network import engine
from catsdogs.settings import settle

GPU = any(Path(path).exists() for path in engine.DRIVER)


@pytest.mark.skipif(GPU, reason="this machine has a GPU")
def test_without_a_gpu_there_is_an_error(call: Run) -> None:
    """`GPU=1` says so before anything is read; other words are refused."""
    assert "TensorFlow finds no GPU for `GPU=1`\nhint: Install NVIDIA's driver" in refused(
        call("train", "--gpu", "1")
    )
    assert "invalid value `GPU=yes`" in refused(call("predict", "--gpu", "yes", "cat.jpg"))
    assert "device" not in engine.versions()


def test_a_gpu_has_convolutions_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a GPU the network has Keras' convolutions, unless `WINOGRAD=on` was typed; the cache
    keeps what was computed there apart.
    """
    with_processors = settle("build").network()
    monkeypatch.setattr(engine.DEVICE, "gpu", True)
    assert with_processors.winograd
    assert not settle("build").network().winograd
    assert settle("build", winograd="on").network().winograd
    assert engine.versions()["device"] == "GPU"


def test_keras_starts_without_what_is_not_used() -> None:
    """Keras would import pandas, scikit-learn and pyplot, which takes seconds."""
    code = (
        "import sys; from catsdogs.network import engine; engine.start(0);"
        "top = {name.partition('.')[0] for name in sys.modules if '.' in name};"
        "print(sorted(top & {'IPython', 'keras', 'pandas', 'sklearn'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "['keras']\n"


def test_hidden_modules_are_hidden_in_the_block_alone() -> None:
    """What is imported already stays visible."""
    with engine.hidden(["json", "wave", "xml.dom"]):
        import json as again

        with pytest.raises(ImportError):
            import wave
    import wave

    assert again is json
    assert wave.__name__ == "wave"
    assert "xml.dom" not in sys.modules or sys.modules["xml.dom"]


@pytest.mark.skipif(not GPU, reason="no GPU: this machine has no driver of NVIDIA's")
def test_a_gpu_gives_the_same_model(run: Run, tmp_path: Path) -> None:
    """Fine-tuning on a GPU gives the probabilities of fine-tuning on processors, and the same
    bytes twice.
    """
    make_folder(tmp_path / "set", kaggle())
    words = ("finetune", "--data", "set", "--weights", "random", "--size", 64)
    found = {}
    for build, more in (("cpu", ()), ("gpu", ("--gpu", 1)), ("again", ("--gpu", 1))):
        done = run(*words, "--build", build, *more)
        assert done.returncode == 0, done.stderr
        with (tmp_path / build / "test-predictions.csv").open(newline="") as file:
            found[build] = [float(line["cat"]) for line in csv.DictReader(file)]
    record = json.loads((tmp_path / "gpu/result.json").read_text())["produced_by"]
    assert (record["device"], record["convolutions"]) == ("GPU", "plain")
    assert np.allclose(found["cpu"], found["gpu"], atol=1e-2)
    assert found["gpu"] == found["again"]
