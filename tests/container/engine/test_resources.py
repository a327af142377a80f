"""What of this machine a container may have."""

from pathlib import Path

import pytest

from labcoat.container.engine.resources import Resources, read_resources
from labcoat.core.errors import LabcoatError
from labcoat.core.project import DEFAULTS, Project


def project(**settings: str) -> Project:
    return Project(
        Path(), {**DEFAULTS, **{f"LABCOAT_{name}": value for name, value in settings.items()}}
    )


SET = [
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
    ("settings", "expected", "words"), SET, ids=[" ".join(given) or "nothing" for given, *_ in SET]
)
def test_settings_become_limits(
    settings: dict[str, str], expected: Resources, words: list[str]
) -> None:
    """Each setting is what docker's own option is; ports are on the loopback alone."""
    assert read_resources(project(**settings)) == expected
    assert expected.words() == words


@pytest.mark.parametrize(
    ("name", "value"),
    [("MEMORY", "much"), ("CPUS", "two"), ("PORTS", "http"), ("PORTS", "70000"), ("PORTS", "80:0")],
)
def test_another_form_is_refused(name: str, value: str) -> None:
    """With the setting's name and an example."""
    with pytest.raises(LabcoatError, match=f"LABCOAT_{name}") as caught:
        read_resources(project(**{name: value}))
    assert f"LABCOAT_{name}=" in caught.value.hint


def test_the_sdk_is_told_the_same(tools_environment: Path) -> None:
    """Memory, processors and ports under the SDK's names."""
    from labcoat.toolchain import tool_env

    tool_env.use_tools()
    told = Resources(gpus="all", memory="1g", cpus="1.5", ports=((1, 2), (3, 4), (5, 2))).settings()
    assert told["mem_limit"] == "1g"
    assert told["nano_cpus"] == 1_500_000_000
    assert told["ports"] == {
        "2/tcp": [("127.0.0.1", 1), ("127.0.0.1", 5)],
        "4/tcp": [("127.0.0.1", 3)],
    }
    assert told["device_requests"][0]["Count"] == -1
