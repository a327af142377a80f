"""The tools environment is created once, completely, and outside of projects."""

import subprocess
from pathlib import Path

from labcoat.locking import requirements_file
from labcoat.toolchain import tool_env
from support import BASE_PYTHON, INCLUDE, Repository


def test_the_lock_has_the_tools_with_hashes() -> None:
    """pip-tools, uv, the docker SDK and PyYAML."""
    text = tool_env.LOCK.read_text()
    assert {"pip", "pip-tools", "uv", "docker", "pyyaml"} <= requirements_file.pinned_versions(
        text
    ).keys()
    assert all(line.rstrip().endswith("\\") for line in text.splitlines() if "==" in line)


def test_two_first_runs_at_once_create_one(
    repo: Repository, tmp_path: Path, network: dict[str, str]
) -> None:
    """Two runs on an empty cache succeed, with one environment and no leftovers."""
    cache = tmp_path / "cache ü"
    env = {
        key: value
        for key, value in repo.env.items()
        if key not in {"PIP_INDEX_URL", "PIP_CACHE_DIR"}
    }
    env |= {"LABCOAT_CACHE": str(cache), "PYTHONPATH": str(INCLUDE.parent), **network}
    code = (
        "from labcoat.toolchain import tool_env; tool_env.use_tools(); import docker, yaml;"
        " print(tool_env.uv_program())"
    )
    runs = [
        subprocess.Popen(
            [BASE_PYTHON, "-c", code],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert said[0][0] == said[1][0]
    assert len(list((cache / "tools").iterdir())) == 1


def test_an_unwritable_cache_is_named(repo: Repository, tmp_path: Path) -> None:
    """With the setting that names another."""
    (tmp_path / "file").write_text("")
    said = repo.make("requirements", fails=True, LABCOAT_CACHE=str(tmp_path / "file" / "below"))
    assert "cannot write to the cache directory" in said
    assert "LABCOAT_CACHE" in said
