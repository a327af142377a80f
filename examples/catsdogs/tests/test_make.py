"""The arguments that make passes on, by dry runs of make."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1]
TARGETS = re.findall(r"^([\w-]+):.*##", (EXAMPLE / "catsdogs.mk").read_text(), re.MULTILINE)


def dry_run(*words: str, folder: Path = EXAMPLE, **environment: str) -> list[str]:
    """Return the arguments after `python` in the last recipe."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    done = subprocess.run(
        ["make", "-n", f"LABCOAT_PYTHON={sys.executable}", *words],
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    last = shlex.split(done.stdout.replace("\\\n", " ").strip().splitlines()[-1])
    assert "run" in last
    return last[last.index("python") + 1 :]


@pytest.mark.parametrize(
    "name", ["two words.zip", "it's.zip", "größere.zip", "$$HOME.zip", "a;b.zip", 'a"b.zip']
)
def test_names_arrive_as_they_were_typed(name: str) -> None:
    """A path with spaces, quotes or letters of any language stays one argument, unchanged."""
    words = dry_run("train", f"DATA={name}")
    assert words[words.index("--data") + 1] == name.replace("$$", "$")


@pytest.mark.parametrize(
    ("variable", "ending"), [("DATA", ""), ("WEIGHTS", ".h5"), ("SPLIT", ".csv")]
)
def test_the_home_is_the_users(variable: str, ending: str) -> None:
    """make expands a leading ~ that the shell left in a path, because the home in a container is
    another; a ~ elsewhere is part of the name.
    """
    words = dry_run("train", f"{variable}=~/two  words~/x{ending}", HOME="/home/me")
    assert words[words.index(f"--{variable.lower()}") + 1] == f"/home/me/two  words~/x{ending}"


def test_the_gpu_of_a_container_is_the_programs() -> None:
    """`GPU=1`, which gives a container the GPUs, makes the program use one, whatever it does."""
    for target in ("train", "lessons", "predict", "export"):
        words = dry_run(target, "GPU=1", "FILES=a.jpg")
        assert words[words.index("--gpu") + 1] == "1"


def test_the_home_is_mounted(tmp_path: Path) -> None:
    """Paths in the home are mounted in a container, including each of FILES."""
    here = str(EXAMPLE).replace(" ", "\\ ")
    includes = f"include {here}/../../src/lib/include.python.mk\ninclude {here}/catsdogs.mk\n"
    (tmp_path / "Makefile").write_text(
        f"{includes}mounts:\n\t@echo run python '$(LABCOAT_MOUNTS)'\n"
    )
    words = dry_run(
        "mounts",
        "DATA=~/set",
        "WEIGHTS=w.h5",
        "MODEL=m.keras",
        "FILES=a.jpg ~/b.jpg",
        folder=tmp_path,
        HOME="/home/me",
    )
    assert words == [":/home/me/set:w.h5::m.keras:a.jpg:/home/me/b.jpg"]


def test_the_data_of_a_model_is_mounted(tmp_path: Path) -> None:
    """A report or a submission without DATA sees in a container what the model is made of: the
    current one, or the one that MODEL names.
    """
    here = str(EXAMPLE).replace(" ", "\\ ")
    (tmp_path / "Makefile").write_text(
        f"include {here}/../../src/lib/include.python.mk\ninclude {here}/catsdogs.mk\n"
        ".PHONY: mounts\nmounts:\n\t@echo run python '$(LABCOAT_MOUNTS)'\n"
    )
    for name, paths in (("", "/a/two  words\n../w.h5\n"), ("models/frozen-1/", "/b\n")):
        (tmp_path / "build" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / f"build/{name}mounts.txt").write_text(paths)
    file = "build/models/frozen-1/model.keras"
    for words, expected in (
        (["report"], ":::::::/a/two  words:../w.h5:"),
        (["submit", "MODEL=frozen"], "::::frozen::/b:"),
        (["submit", f"MODEL={file}"], f"::::{file}::/b:"),
        (["train"], ":::::"),
    ):
        assert dry_run(*words, "mounts", folder=tmp_path)[0].strip(":") == expected.strip(":")


@pytest.mark.parametrize("variable", ["DATA", "WEIGHTS", "SIZE", "SEED"])
def test_environment_variables_are_ignored(variable: str) -> None:
    """Such short names may mean anything in the user's environment; only make's arguments count."""
    words = dry_run("train", **{variable: "elses"})
    assert words[words.index(f"--{variable.lower()}") + 1] == ""
    words = dry_run("train", f"{variable}=mine", **{variable: "elses"})
    assert words[words.index(f"--{variable.lower()}") + 1] == "mine"


def test_settings_that_are_not_given_are_empty() -> None:
    """So the program can tell them from defaults that were typed, and reports on the model that is
    there.
    """
    words = dry_run("report")
    given = [word for word, before in zip(words[1:], words, strict=False) if before[:2] == "--"]
    assert given == [""] * 13
    words = dry_run("train", "WINOGRAD=off", "BALANCE=1")
    assert words[words.index("--winograd") + 1] == "off"
    assert words[words.index("--balance") + 1] == "1"
    words = dry_run("predict", "MODEL=~/my models/m.keras", HOME="/home/me")
    assert words[words.index("--model") + 1] == "/home/me/my models/m.keras"


def test_several_files_are_several_words() -> None:
    """FILES is a list, in which a name with spaces is quoted."""
    assert dry_run("predict", "FILES='a cat.jpg' dog.jpg")[-3:] == ["--", "a cat.jpg", "dog.jpg"]


def test_every_target_is_a_command_and_is_explained() -> None:
    """Each target runs the command of its name, and the README mentions it."""
    readme = (EXAMPLE / "README.md").read_text()
    assert len(TARGETS) >= 6
    for target in TARGETS:
        assert dry_run(target)[:3] == ["-m", "catsdogs", target]
        assert f"make {target}" in readme


def test_every_step_is_in_the_readme() -> None:
    """The README mentions the module of every step, and no module that does not exist."""
    readme = (EXAMPLE / "README.md").read_text()
    package = EXAMPLE / "catsdogs"
    named = re.findall(r"`([\w/]+\.py)`", readme)
    assert not [
        name for name in named if not any((at / name).is_file() for at in (package, EXAMPLE))
    ]
    steps = (
        "data/dataset",
        "data/split",
        "network/features",
        "network/model",
        "training/head",
        "train",
    )
    for step in (*steps, "results/report", "results/predict", "extras/submit"):
        assert f"`{step}.py`" in readme


def test_locks_are_up_to_date() -> None:
    """Nothing has to be locked before `make venv` or `make notebook`, which has a lock too."""
    done = subprocess.run(
        [sys.executable, "-m", "labcoat", "lock", "--check"],
        cwd=EXAMPLE,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(EXAMPLE.parents[1] / "src/lib")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (EXAMPLE / "requirements-notebook.txt").is_file()
