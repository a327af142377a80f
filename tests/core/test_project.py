"""A project's paths and names follow from its settings."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS


@pytest.mark.parametrize(
    ("settings", "lock", "image"),
    [
        ({}, "requirements.txt", "labcoat/my-project"),
        ({"VARIANT": "cpu"}, "requirements-cpu.txt", "labcoat/my-project:cpu"),
        (
            {"VARIANT": "gpu", "REQUIREMENTS": "locks/all.txt"},
            "locks/all-gpu.txt",
            "labcoat/my-project:gpu",
        ),
        ({"IMAGE": "team/it:1"}, "requirements.txt", "team/it:1"),
        ({"VARIANT": "cpu", "IMAGE": "team/it"}, "requirements-cpu.txt", "team/it:cpu"),
        ({"VARIANT": "cpu", "IMAGE": "team/it:1"}, "requirements-cpu.txt", "team/it:1-cpu"),
        ({"VARIANT": "cpu", "IMAGE": "host:5000/it"}, "requirements-cpu.txt", "host:5000/it:cpu"),
        (
            {"VARIANT": "cpu", "IMAGE": "host:5000/it:1"},
            "requirements-cpu.txt",
            "host:5000/it:1-cpu",
        ),
    ],
    ids=[
        "as it is",
        "a variant",
        "of a lock elsewhere",
        "a name",
        "of a name",
        "of a tag",
        "of a registry",
        "of a registry's tag",
    ],
)
def test_a_variant_has_its_own_lock_and_image(
    settings: dict[str, str], lock: str, image: str
) -> None:
    """LABCOAT_VARIANT chooses the lock, and is the tag of the image or its end."""
    project = Project(
        Path("/My Project"),
        {**DEFAULTS, **{f"LABCOAT_{name}": value for name, value in settings.items()}},
    )
    assert project.requirements == Path("/My Project") / lock
    assert project.image == image


@pytest.fixture
def project_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a file in it."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "file").touch()
    (folder / "loop").symlink_to("loop")
    (folder / "later").symlink_to("../not made yet")
    monkeypatch.chdir(folder)
    return folder


def test_a_tilde_is_the_home_directory(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each path of a setting, as in make and sh."""
    monkeypatch.setenv("HOME", "/at/home")
    values = {
        "VENV": "~/env",
        "CONDA_ENV": "~/conda",
        "CONDA": "~/bin/conda",
        "REQUIREMENTS": "~/r.txt",
        "CLEAN": "a ~/b",
    }
    values |= {
        "DEV_REQUIREMENTS": "~/d.txt ~no-such-user/e.txt",
        "MOUNTS": "~/a:b~:~/c",
        "IMAGE": "~/x",
    }
    project = Project.here({f"LABCOAT_{name}": value for name, value in values.items()})
    assert project.venv == Path("/at/home/env")
    assert project.locks == tuple(
        project_folder / name
        for name in ("/at/home/r.txt", "/at/home/d.txt", "~no-such-user/e.txt")
    )
    assert [project[name] for name in ("CONDA_ENV", "CONDA", "CLEAN", "MOUNTS", "IMAGE")] == [
        "/at/home/conda",
        "/at/home/bin/conda",
        "a /at/home/b",
        "/at/home/a:b~:/at/home/c",
        "~/x",
    ]


@pytest.mark.parametrize("name", ["VENV", "CONDA_ENV"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (".", "it contains the project"),
        ("..", "it contains the project"),
        ("/", "it contains the project"),
        ("file", "Not a directory"),
        ("file/env", "Not a directory"),
        ("loop", "symbolic links"),
        ("e" * 300, "name too long"),
    ],
)
def test_an_environment_needs_its_own_directory(
    project_folder: Path, name: str, value: str, said: str
) -> None:
    """An impossible directory, or one that contains the project, is refused."""
    with pytest.raises(LabcoatError, match=rf"invalid LABCOAT_{name} .*{said}"):
        Project.here({f"LABCOAT_{name}": value})
    assert Project.here({f"LABCOAT_{name}": "later"})[name] == "later"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("COOLDOWN", value) for value in ("week", "-1", "1.5", "999999999999", "٣")),
        *(("AS_OF", value) for value in ("2021", "2021-02-30", "yesterday")),
        *(("NO_BINARY", value) for value in (":any:", "numpy bad!name", "--pre", "numpy>=1")),
        ("REQUIREMENTS", "requirements.in"),
        *(("REQUIREMENTS", value) for value in ("Makefile", "app.py", "sub/environment.yml")),
        ("DEV_REQUIREMENTS", "requirements-dev.txt tox.ini"),
        ("DEV_REQUIREMENTS", "requirements-dev.txt tests.in"),
    ],
)
def test_an_invalid_value_is_refused(project_folder: Path, name: str, value: str) -> None:
    """By every command."""
    with pytest.raises(LabcoatError) as caught:
        Project.here({f"LABCOAT_{name}": value})
    assert name in caught.value.message or ".in is the input of a lock" in caught.value.message


def test_packages_may_be_separated_by_commas(project_folder: Path) -> None:
    """LABCOAT_NO_BINARY accepts what pip's option accepts."""
    assert (
        Project.here({"LABCOAT_NO_BINARY": "numpy,scipy Foo.Bar_b"})["NO_BINARY"]
        == "numpy scipy Foo.Bar_b"
    )


@pytest.mark.parametrize(
    ("environ", "written", "locks"),
    [
        ({}, [], ["requirements.txt"]),
        ({}, ["requirements-dev.in"], ["requirements.txt", "requirements-dev.txt"]),
        ({"LABCOAT_DEV_REQUIREMENTS": ""}, ["requirements-dev.in"], ["requirements.txt"]),
        (
            {"LABCOAT_DEV_REQUIREMENTS": "a.txt b.txt"},
            ["requirements-dev.in"],
            ["requirements.txt", "a.txt", "b.txt"],
        ),
    ],
    ids=["none", "by its file", "set to nothing", "set"],
)
def test_requirements_dev_is_found_without_make(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    written: list[str],
    locks: list[str],
) -> None:
    """On the command line as in the include, unless a setting names other locks."""
    for name in written:
        (tmp_path / name).write_text("six\n")
    monkeypatch.chdir(tmp_path)
    assert [lock.name for lock in Project.here(environ).locks] == locks
