"""What of this machine a container may have: its GPUs, memory, processors, and ports to reach it by."""

import re
from dataclasses import dataclass
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project

_LOOPBACK = "127.0.0.1"  # a notebook is for the person at this machine


@dataclass(frozen=True)
class Resources:
    """`gpus` is empty, `all`, or numbers parted by commas; `ports` are (this machine's, the container's)."""

    gpus: str = ""
    memory: str = ""
    cpus: str = ""
    ports: tuple[tuple[int, int], ...] = ()

    def words(self) -> list[str]:
        """For the docker command."""
        words = (
            ["--gpus", self.gpus if self.gpus == "all" else f'"device={self.gpus}"']
            if self.gpus
            else []
        )
        words += ["--memory", self.memory] if self.memory else []
        words += ["--cpus", self.cpus] if self.cpus else []
        return words + [
            word
            for ours, theirs in self.ports
            for word in ("--publish", f"{_LOOPBACK}:{ours}:{theirs}")
        ]

    def settings(self) -> dict[str, Any]:
        """For the docker SDK."""
        from docker.types import DeviceRequest

        chosen: dict[str, Any] = (
            {"count": -1} if self.gpus == "all" else {"device_ids": self.gpus.split(",")}
        )
        inner = dict.fromkeys(theirs for _, theirs in self.ports)
        published = {
            f"{port}/tcp": [(_LOOPBACK, ours) for ours, theirs in self.ports if theirs == port]
            for port in inner
        }
        made: dict[str, Any] = {"ports": published}
        made |= (
            {"device_requests": [DeviceRequest(capabilities=[["gpu"]], **chosen)]}
            if self.gpus
            else {}
        )
        made |= {"mem_limit": self.memory} if self.memory else {}
        return made | ({"nano_cpus": round(float(self.cpus) * 1e9)} if self.cpus else {})


NONE = Resources()


def read_resources(project: Project) -> Resources:
    """What the person has set. Raises Failure on a value of another form."""
    return Resources(
        gpus={"1": "all", "0": ""}.get(project["GPU"], project["GPU"]),
        memory=_formed(project, "MEMORY", r"\d+[bkmgBKMG]?", "8g"),
        cpus=_formed(project, "CPUS", r"\d+(?:\.\d+)?", "1.5"),
        ports=tuple(_port(project, word) for word in project["PORTS"].replace(",", " ").split()),
    )


def _formed(project: Project, name: str, form: str, example: str) -> str:
    value = project[name]
    if value and not re.fullmatch(form, value):
        raise LabcoatError(
            f"LABCOAT_{name} cannot be {value!r}.", f"Write it as in LABCOAT_{name}={example}."
        )
    return value


def _port(project: Project, word: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})(?::(\d{1,5}))?", word)
    if not found or not all(0 < int(number) < 1 << 16 for number in found.groups() if number):
        raise LabcoatError(
            f"LABCOAT_PORTS cannot be {project['PORTS']!r}.",
            "Write it as in LABCOAT_PORTS=8888, or 8000:80.",
        )
    return int(found[1]), int(found[2] or found[1])
