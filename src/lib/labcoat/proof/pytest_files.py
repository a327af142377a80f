"""What pytest keeps in an environment, compared once the wheels of the lock are known."""

from collections.abc import Mapping

from labcoat.core.project import Project
from labcoat.core.records import replace
from labcoat.inventory.code_paths import pytest_byte_code
from labcoat.inventory.wheel_contents import Wheel
from labcoat.levels.registry import get_level
from labcoat.proof.differences import InstalledEnvironment
from labcoat.toolchain import base_interpreters


def compare_pytest_files(
    project: Project, environment: InstalledEnvironment, known: Mapping[str, Wheel]
) -> InstalledEnvironment:
    """Return an environment without findings of byte code that the locked pytest writes, too.

    An image's files are not on this machine, and its byte code of pytest remains a finding.
    """
    if not pytest_byte_code.list_pytest_files(environment.inventory):
        return environment
    site = get_level(environment.level).site_packages(project)
    if site is None:
        return environment
    untrusted = (site.resolve().parents[2], project.root.resolve())
    python = base_interpreters.find_release(environment.inventory.python.version, untrusted)
    if python is None:
        return environment
    compared = pytest_byte_code.compare_pytest_files(
        environment.inventory, site.resolve(), python.executable, known
    )
    return replace(environment, inventory=compared)
