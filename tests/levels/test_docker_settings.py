"""Settings of the image's level that are refused before anything is built."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import read_settings
from labcoat.levels.docker import DockerLevel


@pytest.mark.parametrize("name", ["LABCOAT_MEMORY", "LABCOAT_CPUS", "LABCOAT_PORTS"])
def test_a_limit_that_no_container_can_have(name: str, tmp_path: Path) -> None:
    """No engine is asked, and nothing is built for minutes."""
    project = Project(tmp_path, read_settings({name: "much", "LABCOAT_DOCKER": "false"}))
    with pytest.raises(LabcoatError, match=f"invalid {name} `much`"):
        DockerLevel().prepare(project)
