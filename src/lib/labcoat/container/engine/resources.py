"""What a container may use of this machine: GPUs, memory, processors and ports."""

import re
from typing import Any

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.records import Record

_LOOPBACK = "127.0.0.1"  # ports are for users of this machine


class Resources(Record):
    """Limits of a container.

    `gpus` is empty, `all`, or numbers separated by commas; `memory` as in docker's --memory; `cpus`
    a decimal number; `ports` are pairs (port on this machine, port in the container).
    """

    gpus: str = ""
    memory: str = ""
    cpus: str = ""
    ports: tuple[tuple[int, int], ...] = ()

    def docker_options(self) -> list[str]:
        """Return the options for `docker run`."""
        words = (
            ["--gpus", self.gpus if self.gpus == "all" else f'"device={self.gpus}"']
            if self.gpus
            else []
        )
        words += ["--memory", self.memory] if self.memory else []
        words += ["--cpus", self.cpus] if self.cpus else []
        return words + [
            word
            for outer, inner in self.ports
            for word in ("--publish", f"{_LOOPBACK}:{outer}:{inner}")
        ]

    def sdk_options(self) -> dict[str, Any]:
        """Return the arguments for the SDK's `containers.create`."""
        from docker.types import DeviceRequest

        options: dict[str, Any] = {
            "ports": {
                f"{port}/tcp": [(_LOOPBACK, outer) for outer, inner in self.ports if inner == port]
                for port in dict.fromkeys(inner for _, inner in self.ports)
            }
        }
        if self.gpus:
            gpus: dict[str, Any] = (
                {"count": -1} if self.gpus == "all" else {"device_ids": self.gpus.split(",")}
            )
            options["device_requests"] = [DeviceRequest(capabilities=[["gpu"]], **gpus)]
        if self.memory:
            options["mem_limit"] = self.memory
        if self.cpus:
            options["nano_cpus"] = round(float(self.cpus) * 1e9)
        return options


NO_LIMITS = Resources()


def read_resources(project: Project) -> Resources:
    """Return the limits in the settings. Raise LabcoatError if a value is malformed."""
    return Resources(
        gpus={"1": "all", "0": ""}.get(project["GPU"], project["GPU"]),
        memory=_read_setting(project, "MEMORY", r"\d+[bkmgBKMG]?", "8g"),
        cpus=_read_setting(project, "CPUS", r"\d+(?:\.\d+)?", "1.5"),
        ports=tuple(
            _parse_port(project, word) for word in project["PORTS"].replace(",", " ").split()
        ),
    )


def _read_setting(project: Project, name: str, form: str, example: str) -> str:
    value = project[name]
    if value and not re.fullmatch(form, value):
        raise LabcoatError(
            f"invalid LABCOAT_{name} `{value}`", f"Write it like `LABCOAT_{name}={example}`"
        )
    return value


def _parse_port(project: Project, word: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})(?::(\d{1,5}))?", word)
    if not found or not all(0 < int(number) < 1 << 16 for number in found.groups() if number):
        raise LabcoatError(
            f"invalid LABCOAT_PORTS `{project['PORTS']}`",
            "Write it like `LABCOAT_PORTS=8888` or `LABCOAT_PORTS=8000:80`",
        )
    return int(found[1]), int(found[2] or found[1])
