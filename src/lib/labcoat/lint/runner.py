"""Look at a repository and say what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.lint import suppressions
from labcoat.lint.findings import BuildFamily, Family, Finding, Severity
from labcoat.lint.registry import FAMILIES, ONLINE, RULES
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository, open_repository


@dataclass(frozen=True)
class Selection:
    """Which findings are asked for: ids or their beginnings (`CTX`), a least severity, and whether to ask the index."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    least: Severity = Severity.NOTE
    online: bool = False

    def wants(self, rule: str) -> bool:
        """Whether the rule is asked for."""
        return (not self.select or rule.startswith(self.select)) and not (
            self.ignore and rule.startswith(self.ignore)
        )


@dataclass(frozen=True)
class Report:
    """What was found in the repository at `root`; `left_out` says what could not be looked at."""

    root: Path
    findings: list[Finding] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    failure: str = ""


def check_repository(root: Path, selection: Selection = Selection()) -> Report:
    """Everything that is wrong in the repository at `root`. Raises Failure where labcoat could not look."""
    return run_rules(open_repository(root), selection)


def run_rules(repository: Repository, selection: Selection) -> Report:
    """The same for a repository that is open."""
    builds = DockerBuilds(repository)
    builds.walk_root_context()  # before the searches, which would slow it down
    repository.begin_searches()
    families = [
        family
        for family in (*FAMILIES, *(ONLINE if selection.online else ()))
        if _wanted(family, selection)
    ]
    without_git = repository.git_top is None
    for facts in builds:
        _ = facts.sent  # walked while git looks for keys and tokens
        repository.left_out += facts.unknown()
    findings: list[Finding] = []
    for family in families:
        if not (family.needs_git and without_git):
            findings += _check_family(family, repository, builds)
    ran = {
        rule.id
        for family in families
        for rule in family.rules
        if not (family.needs_git and without_git)
    }
    findings = suppressions.apply_suppressions(
        findings, suppressions.find_suppressions(repository, builds), set(RULES), ran
    )
    kept = [
        each for each in findings if selection.wants(each.rule) and each.severity >= selection.least
    ]
    if without_git:
        repository.left_out.append(
            f"{repository.root} is not in a git repository: the rules about git were left out"
        )
    return Report(repository.root, _ordered(kept), list(dict.fromkeys(repository.left_out)))


def check_all(roots: Iterable[Path], selection: Selection) -> list[Report]:
    """The reports of several repositories, looked at in parallel, in the order given."""
    from concurrent.futures import ProcessPoolExecutor

    chosen = list(roots)
    with ProcessPoolExecutor() as pool:
        return list(pool.map(_check_one, chosen, [selection] * len(chosen)))


def _check_one(root: Path, selection: Selection) -> Report:
    try:
        return check_repository(root, selection)
    except LabcoatError as failure:
        return Report(root, failure=f"{failure.message} {failure.hint}")


def validate_selectors(ids: Iterable[str]) -> tuple[str, ...]:
    """Rule ids, or beginnings of some, out of comma-separated lists. Raises Failure for one that names no rule."""
    found = tuple(each.strip().upper() for part in ids for each in part.split(",") if each.strip())
    for each in found:
        if not any(rule.startswith(each) for rule in RULES):
            raise LabcoatError(
                f"There is no rule {each}.", f"Known are: {', '.join(RULES)}.", status=2
            )
    return found


def _check_family(
    family: Family | BuildFamily, repository: Repository, builds: DockerBuilds
) -> Iterable[Finding]:
    if isinstance(family, BuildFamily):
        return family.check(repository, builds)
    return family.check(repository)


def _wanted(family: Family | BuildFamily, selection: Selection) -> bool:
    return any(selection.wants(rule.id) for rule in family.rules)


def _ordered(findings: list[Finding]) -> list[Finding]:
    unique = {(each.path, each.line, each.rule, each.message): each for each in findings}
    return sorted(
        (replace(each) for each in unique.values()),
        key=lambda each: (each.path, each.line, each.rule, each.message),
    )
