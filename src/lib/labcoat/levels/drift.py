"""What somebody has changed by hand in an environment, and what of it goes where the environment is made anew.

Neither what an environment was made of nor what the locks say by now was done by hand.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from labcoat.inventory import inventory


def describe_drift(
    site_packages: Path, made_of: Mapping[str, str], locked: Mapping[str, str]
) -> str:
    """In words, what would be lost; empty where that is nothing. Both mappings are names and versions."""
    there = inventory.installed_versions(site_packages)
    kept = {name for name in there.keys() | made_of.keys() if there.get(name) == locked.get(name)}
    # Whoever makes an environment gets pip with it.
    kept |= frozenset() if made_of else inventory.INSTALLERS

    def besides(versions: Mapping[str, str]) -> dict[str, str]:
        return {name: version for name, version in versions.items() if name not in kept}

    return inventory.describe_changes(besides(there), besides(made_of))


def announce_discarded(
    site_packages: Path, made_of: Mapping[str, str], locked: Mapping[str, str]
) -> None:
    """Name on standard error, a line each, what goes and what comes back, before it does."""
    there = inventory.read_distributions(site_packages)
    for one in there:
        remedy = f"it came from {one.origin}" if one.origin else "make freeze would have kept it"
        lost = f" ({remedy})" if made_of.get(one.name) != one.version else ""
        if one.name not in locked.keys() | inventory.INSTALLERS:
            print(f"removing {one.name} {one.version}: no lock names it{lost}", file=sys.stderr)
        elif lost and locked.get(one.name, one.version) != one.version:
            print(
                f"removing {one.name} {one.version}: the lock says {locked[one.name]}{lost}",
                file=sys.stderr,
            )
    for name in sorted((made_of.keys() & locked.keys()) - {one.name for one in there}):
        print(f"bringing back {name} {locked[name]}", file=sys.stderr)
