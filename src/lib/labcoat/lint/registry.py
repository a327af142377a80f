"""All rules, by family and by id."""

from labcoat.core.errors import LabcoatError
from labcoat.core.settings import suggest_name
from labcoat.lint.findings import BuildFamily, Family, Rule
from labcoat.lint.rules import (
    ctx_context,
    dkf_dockerfile,
    env_environment,
    git_generated,
    git_tracked,
    ign_ignore_files,
    kag_kaggle,
    lfs_lfs,
    req_imports,
    req_libraries,
    req_lock,
    sec_secrets,
    set_settings,
)

# In this order, because the last three wait for git to search all contents.
FAMILIES: tuple[Family | BuildFamily, ...] = (
    env_environment.FAMILY,
    ctx_context.FAMILY,
    ign_ignore_files.FAMILY,
    git_tracked.FAMILY,
    git_generated.FAMILY,
    req_lock.FAMILY,
    req_libraries.FAMILY,
    dkf_dockerfile.FAMILY,
    kag_kaggle.FAMILY,
    set_settings.FAMILY,
    sec_secrets.FAMILY,
    lfs_lfs.FAMILY,
    req_imports.FAMILY,
)
ONLINE: tuple[Family, ...] = (req_imports.ONLINE,)
RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in sorted(
        (rule for family in (*FAMILIES, *ONLINE) for rule in family.rules), key=lambda rule: rule.id
    )
}


def unknown_rule_error(rule: str) -> LabcoatError:
    """Return the error for a rule that does not exist; its hint suggests a similar one."""
    hint = suggest_name(rule.upper(), RULES, "`labcoat explain` lists all rules")
    return LabcoatError(f"unknown rule `{rule}`", hint, status=2)
