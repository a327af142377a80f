"""An engine whose archive is no archive, or ends early, is an error with a reason."""

from pathlib import Path

import pytest

from labcoat.container.inspect.export import created_container, read_container
from labcoat.container.inspect.export_reader import Wanted
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from support.messages import engine as messages

DOWN = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        # The shell's own child goes on writing after the shell has ended.
        ("head -c 9000000 /dev/zero | tr '\\0' x", messages.ENDS_EARLY),
        ("exit 0", messages.ENDS_EARLY),
        ("echo any reason >&2; exit 1", "any reason"),
        (f"echo {DOWN!r} >&2; exit 1", messages.NO_ENGINE),
    ],
)
def test_what_is_no_archive_is_an_error(tmp_path: Path, steps: str, expected: str) -> None:
    engine = tmp_path / "engine"
    engine.write_text(f"#!/bin/sh\ncase $1 in create) echo id;; export) {steps};; esac\n")
    engine.chmod(0o755)
    project = Project.at(tmp_path, {"LABCOAT_DOCKER": str(engine)})
    with pytest.raises(LabcoatError) as raised, created_container(project, "i", "i") as container:
        read_container(project, container, "i", Wanted())
    assert expected in raised.value.message
