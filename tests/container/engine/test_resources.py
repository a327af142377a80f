"""What a container may use of this machine."""

from pathlib import Path

import pytest

from labcoat.container.engine.resources import Resources, read_resources
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from support.messages import engine as messages


def project(**settings: str) -> Project:
    return Project(
        Path(), {**DEFAULTS, **{f"LABCOAT_{name}": value for name, value in settings.items()}}
    )


CASES = [
    ({}, Resources(), []),
    ({"GPU": "1"}, Resources(gpus="all"), ["--gpus", "all"]),
    ({"GPU": "0,1"}, Resources(gpus="0,1"), ["--gpus", '"device=0,1"']),
    (
        {"MEMORY": "8g", "CPUS": "1.5"},
        Resources(memory="8g", cpus="1.5"),
        ["--memory", "8g", "--cpus", "1.5"],
    ),
    (
        {"PORTS": "8888, 8000:80"},
        Resources(ports=((8888, 8888), (8000, 80))),
        ["--publish", "127.0.0.1:8888:8888", "--publish", "127.0.0.1:8000:80"],
    ),
]


@pytest.mark.parametrize(
    ("settings", "expected", "options"),
    CASES,
    ids=[" ".join(settings) or "nothing" for settings, *_ in CASES],
)
def test_settings_become_limits(
    settings: dict[str, str], expected: Resources, options: list[str]
) -> None:
    """Each setting has the form of docker's option; ports are open on the loopback only."""
    assert read_resources(project(**settings)) == expected
    assert expected.docker_options() == options


@pytest.mark.parametrize(
    ("name", "value"),
    [("MEMORY", "much"), ("CPUS", "two"), ("PORTS", "http"), ("PORTS", "70000"), ("PORTS", "80:0")],
)
def test_a_malformed_value_is_refused(name: str, value: str) -> None:
    """With the setting's name and an example."""
    with pytest.raises(LabcoatError) as caught:
        read_resources(project(**{name: value}))
    assert caught.value.message == messages.INVALID_SETTING.format(name, value)
    assert f"LABCOAT_{name}=" in caught.value.hint


def test_the_sdk_gets_the_same_limits(tools_environment: Path) -> None:
    """Memory, processors and ports by the names of the SDK's arguments."""
    from labcoat.toolchain import tool_env

    tool_env.use_tools()
    limits = Resources(gpus="all", memory="1g", cpus="1.5", ports=((1, 2), (3, 4), (5, 2)))
    options = limits.sdk_options()
    assert options["mem_limit"] == "1g"
    assert options["nano_cpus"] == 1_500_000_000
    assert options["ports"] == {
        "2/tcp": [("127.0.0.1", 1), ("127.0.0.1", 5)],
        "4/tcp": [("127.0.0.1", 3)],
    }
    assert options["device_requests"][0]["Count"] == -1
