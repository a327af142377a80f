"""An image's settings and layers, compared with its Dockerfile and its base image."""

from typing import Any

import pytest

from labcoat.container.dockerfile.image_settings import compare_settings, stage_chain
from labcoat.container.dockerfile.parser import parse_dockerfile

DOCKERFILE = """\
ARG BASE=python:3.11
FROM ${BASE} AS base
FROM base AS tools
RUN install
FROM base
COPY --from=tools /out/ /
ENV PATH=/opt/venv/bin:${PATH} HOME=/home/x
WORKDIR /home/x
USER 1000
ENTRYPOINT []
CMD ["python"]
"""
PATH = "/usr/local/bin:/usr/bin"
BASE = {
    "Config": {"Env": [f"PATH={PATH}", "PYTHON_VERSION=3.11.9", "LANG=C.UTF-8"]},
    "RootFS": {"Layers": ["a", "b"]},
}


def found(
    base: "dict[str, Any] | None" = BASE, *, has_other_steps: bool = True, **changes: Any
) -> list[str]:
    """Return the names of what differs in an image of DOCKERFILE with these changes."""
    variables = {"PATH": f"/opt/venv/bin:{PATH}", "PYTHON_VERSION": "3.11.9", "LANG": "C.UTF-8"}
    variables |= {"HOME": "/home/x", **changes.pop("Env", {})}
    layers = changes.pop("Layers", ["a", "b", "c", "d"])
    config = {
        "Env": [f"{name}={value}" for name, value in variables.items() if value is not None],
        "User": "1000",
        "Cmd": ["python"],
        "Entrypoint": None,
        "WorkingDir": "/home/x",
        **changes,
    }
    image = {"Config": config, "RootFS": {"Layers": layers}}
    chain = stage_chain(parse_dockerfile(DOCKERFILE), None)
    found = compare_settings(image, base, chain, has_other_steps=has_other_steps)
    return [name for name, _ in found]


def test_image_of_the_dockerfile_has_no_finding() -> None:
    """A variable that decides nothing may be added; podman squashes layers."""
    assert found() == []
    assert found(Env={"HELLO": "1", "GPG_KEY": "x"}) == []
    assert found(Layers=["a", "b", "c"]) == []


def test_base_may_be_unknown() -> None:
    """Official images set LANG, and PATH in one of two orders."""
    standard = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
    ours = {"PATH": f"/opt/venv/bin:{standard}"}
    assert found(None, Env=ours) == []
    assert found(None, Env={**ours, "LD_PRELOAD": "/x.so"}) == ["variable LD_PRELOAD"]
    ours = {"PATH": f"/opt/venv/bin:/nvidia:{standard}", "LD_LIBRARY_PATH": "/nvidia"}
    assert found(None, Env=ours, Healthcheck={"Test": ["x"]}, has_other_steps=False) == []
    moved = {"PATH": f"/evil:/opt/venv/bin:{standard}", "HOME": "/evil"}
    assert found(None, Env=moved, has_other_steps=False) == ["variable HOME", "variable PATH"]


@pytest.mark.parametrize(
    ("lines", "config"),
    [
        ('SHELL ["bash", "-c"]\nCMD a b', {"Shell": ["bash", "-c"], "Cmd": ["bash", "-c", "a b"]}),
        ("CMD [ a ] && b", {"Cmd": ["/bin/sh", "-c", "[ a ] && b"]}),
        ("CMD a b", {"Cmd": ["/bin/sh", "-c", "a b"]}),
        ('CMD ["a"]\nENTRYPOINT ["b"]', {"Cmd": ["a"], "Entrypoint": ["b"]}),
        ('ENTRYPOINT ["b"]', {"Entrypoint": ["b"]}),
        ('CMD ["a"]\nFROM x\nENTRYPOINT ["b"]', {"Entrypoint": ["b"]}),
        ('USER "1000"', {"User": "1000"}),
        ("ARG U=1000\nUSER ${U}", {"User": "1000"}),
        ("WORKDIR /a/\nWORKDIR b", {"WorkingDir": "/a/b"}),
        ("ENV D=/d\nWORKDIR $D", {"WorkingDir": "/d", "Env": ["D=/d"]}),
        ("ENV V=5\nARG V=1\nENV PIP_Z=$V", {"Env": ["V=5", "PIP_Z=1"]}),
        ("HEALTHCHECK CMD true", {"Healthcheck": {"Test": ["CMD-SHELL", "true"]}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_real_images_have_no_finding(lines: str, config: dict[str, Any]) -> None:
    """The settings are those that Docker 26 gave the image of these lines."""
    base = {"Config": {"Cmd": ["python3"], "WorkingDir": "/"}}
    image = {"Config": {"Cmd": None if "ENTRYPOINT" in lines else ["python3"], **config}}
    chain = stage_chain(parse_dockerfile(f"FROM base AS x\n{lines}\n"), None)
    assert [*compare_settings(image, base, chain)] == []


@pytest.mark.parametrize(
    "name",
    [
        "PYTHONPATH",
        "PYTHONPYCACHEPREFIX",
        "PYTHON_GIL",
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "LD_AUDIT",
        "GCONV_PATH",
        "HDF5_PLUGIN_PATH",
        "JAVA_TOOL_OPTIONS",
        "SPARK_HOME",
        "GLIBC_TUNABLES",
        "BASH_ENV",
        "ENV",
        "OPENSSL_CONF",
        "JUPYTER_CONFIG_DIR",
        "OPENBLAS_CORETYPE",
        "NUMBA_CACHE_DIR",
        "PATH",
        "HOME",
        "XDG_CONFIG_HOME",
    ],
)
def test_variable_that_decides_is_found(name: str) -> None:
    assert found(Env={name: "/evil"}) == [f"variable {name}"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Env": {"PATH": f"/evil:/opt/venv/bin:{PATH}"}}, "variable PATH"),
        ({"Env": {"HOME": None}}, "variable HOME"),
        ({"User": "0"}, "USER"),
        ({"User": ""}, "USER"),
        ({"Entrypoint": ["/evil"]}, "ENTRYPOINT"),
        ({"Cmd": ["sh"]}, "CMD"),
        ({"Shell": ["/evil", "-c"]}, "SHELL"),
        ({"WorkingDir": "/"}, "WORKDIR"),
        ({"OnBuild": ["RUN evil"]}, "ONBUILD"),
        ({"Healthcheck": {"Test": ["CMD-SHELL", "evil"]}}, "HEALTHCHECK"),
        ({"Layers": ["a", "b", "c", "d", "e"]}, "the image"),
        ({"Layers": ["a", "x", "c", "d"]}, "the image"),
    ],
)
def test_other_setting_or_layer_is_found(changes: dict[str, Any], expected: str) -> None:
    assert found(**changes) == [expected]
