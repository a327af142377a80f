"""`labcoat prove` finds whatever makes a conda environment run other code than its records say."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.core.project import Project
from labcoat.proof import prove
from support import Repository
from support.attacks import ATTACKS, PLANTED, Attack, Target, write

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("micromamba", "mamba", "conda"))),
    reason="neither micromamba, mamba nor conda is installed",
)


def edit_a_module_of_conda(one: Target) -> None:
    """The standard library is conda's."""
    library = one.site.parent.relative_to(one.prefix)
    one.write(f"{library}/this.py")


def replace_python(one: Target) -> None:
    one.write(
        os.path.relpath(os.path.realpath(one.bin / "python"), one.prefix), "#!/bin/sh\n", 0o755
    )


def link_python_elsewhere(one: Target) -> None:
    (one.bin / "python").unlink()
    (one.bin / "python").symlink_to("/bin/sh")


def rename_a_record(one: Target) -> None:
    record = next((one.prefix / "conda-meta").glob("python-*.json"))
    record.rename(record.with_name("other.json"))


def name_a_file_outside(one: Target) -> None:
    record = next((one.prefix / "conda-meta").glob("python-*.json"))
    found = json.loads(record.read_text())
    found["paths_data"]["paths"].append({"_path": "../outside"})
    one.write(f"conda-meta/{record.name}", json.dumps(found))


def list_files_without_digests(one: Target) -> None:
    """A record of the old form, which has names alone."""
    one.in_site("evil.pth", "import os\n")
    listed = f"{one.site.relative_to(one.prefix)}/evil.pth"
    values = {"name": "evil", "version": "1", "build": "0", "files": [listed]}
    paths = {"paths": [{"_path": listed}]}
    one.write("conda-meta/evil-1-0.json", json.dumps({**values, "paths_data": paths}))


OWN: dict[str, Attack] = {
    "an edited module of conda's": edit_a_module_of_conda,
    "another program as Python": replace_python,
    "a link to another program": link_python_elsewhere,
    "a record with another name": rename_a_record,
    "a record of a file outside": name_a_file_outside,
    "a record without digests": list_files_without_digests,
    "pyvenv.cfg": write("pyvenv.cfg", "home = /evil\n"),
    "a script that activation runs": write("etc/conda/activate.d/evil.sh", PLANTED),
    "variables that activation sets": write("conda-meta/state", '{"env_vars": {"PATH": "/evil"}}'),
    "a module beside the standard library": write("lib/python3.11/lib-dynload/evil.py"),
    "a zip file of modules": write("lib/python311.zip"),
    **{
        name: ATTACKS[name]
        for name in (
            "a distribution of conda's",
            "a broken record of conda's",
            "an empty folder",
            "a .pth file",
            "byte code with an unchecked hash",
            "a module that is a pipe",
        )
    },
}


@pytest.fixture(scope="module")
def kept(shared_repo: Repository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the environment, to restore it from; the wheels are in the cache then."""
    shared_repo.make("conda")
    shared_repo.labcoat("prove", "--only", "conda")
    copied = tmp_path_factory.mktemp("kept") / "conda"
    subprocess.run(["cp", "-a", shared_repo.path / ".conda", copied], check=True)
    return copied


@pytest.fixture
def target(
    shared_repo: Repository, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Target]:
    """The environment, restored afterwards."""
    monkeypatch.chdir(shared_repo.path)
    for name, value in shared_repo.env.items():
        monkeypatch.setenv(name, value)
    yield Target(shared_repo.path / ".conda")
    subprocess.run(["rm", "-rf", shared_repo.path / ".conda"], check=True)
    subprocess.run(["cp", "-a", kept, shared_repo.path / ".conda"], check=True)


@pytest.mark.parametrize("name", OWN)
def test_an_environment_that_was_tampered_with_is_different(target: Target, name: str) -> None:
    OWN[name](target)
    assert prove.check_levels(Project.here(), ["conda"]).verdict == "different"


def test_an_untouched_environment_is_equal(target: Target) -> None:
    proof = prove.check_levels(Project.here(), ["conda"])
    assert (proof.verdict, proof.differences) == ("equal", ())


def test_byte_code_that_python_wrote_is_its_own(target: Target) -> None:
    """An activated shell writes it for the standard library too."""
    python = target.bin / "python"
    env = {name: value for name, value in os.environ.items() if "PYTHON" not in name}
    subprocess.run([python, "-c", "import json, alpha, tarfile"], env=env, check=True)
    assert list(target.site.glob("__pycache__/alpha.*.pyc"))
    assert prove.check_levels(Project.here(), ["conda"]).verdict == "equal"
