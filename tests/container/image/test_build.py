"""One `docker build`: its inputs, and a result that is not an image."""

from pathlib import Path

import pytest

from labcoat.container.context.build_context import BuildContext
from labcoat.container.image.build import BuildPlan, build_image, plan_build
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from support.messages import image as messages


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a lock and a Dockerfile, and an engine that succeeds without an effect."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return Project(tmp_path, {**DEFAULTS, "LABCOAT_DOCKER": "true"})


def test_a_build_without_an_image_is_an_error(project: Project) -> None:
    """The hint names the flags that prevent one."""
    plan = BuildPlan(BuildContext(project.root), (), "team/project", {}, {})
    with pytest.raises(LabcoatError, match=messages.NO_IMAGE_BUILT) as caught:
        build_image(project, plan)
    assert "LABCOAT_DOCKER_FLAGS" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "command"),
    [("requirements.txt", "make requirements"), ("Dockerfile", "make docker")],
)
def test_a_missing_input_is_an_error(project: Project, name: str, command: str) -> None:
    """The hint has the command that creates it."""
    (project.root / name).unlink()
    with pytest.raises(LabcoatError) as caught:
        plan_build(project)
    assert caught.value.message.startswith(messages.NO_FILE.format(name))
    assert command in caught.value.hint
