"""Every rule there is."""

from labcoat.hygiene.model import Family, Rule
from labcoat.hygiene.rules import (
    configuration,
    contexts,
    dockerfiles,
    environments,
    ignorefiles,
    imports,
    kaggle,
    lfs,
    requirements,
    secrets,
    tracked,
)

# The last three wait for git to search all contents.
FAMILIES: tuple[Family, ...] = (
    environments.FAMILY,
    contexts.FAMILY,
    ignorefiles.FAMILY,
    tracked.FAMILY,
    requirements.FAMILY,
    dockerfiles.FAMILY,
    kaggle.FAMILY,
    configuration.FAMILY,
    secrets.FAMILY,
    lfs.FAMILY,
    imports.FAMILY,
)
ONLINE: tuple[Family, ...] = (imports.ONLINE,)
RULES: dict[str, Rule] = {
    rule.id: rule for rule in sorted((rule for family in (*FAMILIES, *ONLINE) for rule in family.rules), key=lambda rule: rule.id)
}
