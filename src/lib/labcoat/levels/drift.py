"""Drift: what users changed in an environment with pip, and what recreating it would discard.

Packages that the environment was created with, or that are locked by now, do not count as drift.
"""

from collections.abc import Mapping
from pathlib import Path

from labcoat.core import terminal
from labcoat.inventory import inventory
from labcoat.locking.requirement_lines import same_version


def describe_drift(
    site_packages: Path, recorded: Mapping[str, str], locked: Mapping[str, str]
) -> str:
    """Describe the drift; empty without drift.

    `recorded` are the names and versions the environment was created from, `locked` those in the
    locks.
    """
    installed = inventory.installed_versions(site_packages)
    names = installed.keys() | recorded.keys()
    kept = {name for name in names if same_version(installed.get(name), locked.get(name))}
    # An environment that labcoat did not create came with pip.
    kept |= frozenset() if recorded else inventory.INSTALLERS

    def without_kept(versions: Mapping[str, str]) -> dict[str, str]:
        return {name: version for name, version in versions.items() if name not in kept}

    return inventory.describe_changes(without_kept(installed), without_kept(recorded))


def announce_discarded(
    site_packages: Path, recorded: Mapping[str, str], locked: Mapping[str, str]
) -> None:
    """Name each package that will be removed or restored, before that happens.

    The mappings are those of describe_drift.
    """
    installed = inventory.read_distributions(site_packages)
    for one in installed:
        remedy = f"it came from {one.origin}" if one.origin else "`make freeze` would have kept it"
        lost = f" ({remedy})" if not same_version(recorded.get(one.name), one.version) else ""
        if one.name not in locked.keys() | inventory.INSTALLERS:
            reason = "which is not locked"
        elif lost and not same_version(locked.get(one.name, one.version), one.version):
            reason = f"because {locked[one.name]} is locked"
        else:
            continue
        terminal.print_progress(f"removing {one.name} {one.version}, {reason}{lost}")
    for name in sorted((recorded.keys() & locked.keys()) - {one.name for one in installed}):
        terminal.print_progress(f"restoring {name} {locked[name]}")
