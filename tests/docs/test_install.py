"""The ways into another repository in docs/how-to/install.md, run as they are written."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GIT = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always")


def blocks(repository: Path) -> list[str]:
    """Return the page's shell blocks that add an include to a Makefile."""
    text = (repository / "docs/how-to/install.md").read_text(encoding="utf-8")
    return [block for block in re.findall(r"(?s)```sh\n(.*?)```", text) if "include" in block]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """A clone of this repository as it is now, at a path with a space."""
    copy = tmp_path_factory.mktemp("readme") / "a clone"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=repository,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (repository / name).is_file():  # a submodule is a folder
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository / name, copy / name, follow_symlinks=False)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run(["git", *GIT, *words], cwd=copy, check=True)
    return copy


@pytest.mark.parametrize("way", [0, 1], ids=["git submodule", "copy"])
def test_way_into_another_repository(
    way: int, clone: Path, tmp_path: Path, repository: Path
) -> None:
    """After the page's commands the Makefile has labcoat's targets and its own default goal."""
    project = tmp_path / "someone's pröject"
    project.mkdir()
    (project / "Makefile").write_text("mine: ; @echo my own goal\n")
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    script = re.sub(r"<[a-z ]+>", "$CLONE", blocks(repository)[way]).replace("$CLONE", '"$CLONE"')
    env = os.environ | {"CLONE": str(clone), "LABCOAT_PYTHON": sys.executable}
    env |= {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "protocol.file.allow",
        "GIT_CONFIG_VALUE_0": "always",
    }
    subprocess.run(
        ["sh", "-eu", "-c", script], cwd=project, env=env, check=True, capture_output=True
    )
    output = subprocess.run(
        ["make"], cwd=project, env=env, check=True, capture_output=True, text=True
    ).stdout
    assert output == "my own goal\n"
    output = subprocess.run(
        ["make", "help", "SETTINGS=1"],
        cwd=project,
        env=env,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "  venv " in output
    assert "LABCOAT_LOCKER = pip-tools" in output
