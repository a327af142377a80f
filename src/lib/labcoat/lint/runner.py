"""Run the rules on a repository and collect their findings."""

from collections.abc import Container, Iterable
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.path_roles import is_course_material, is_retired
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record, field, replace
from labcoat.lint import suppressions
from labcoat.lint.findings import BuildFamily, Family, Finding, Severity
from labcoat.lint.registry import FAMILIES, ONLINE, RULES, unknown_rule_error
from labcoat.lint.repetitions import weigh_repetitions
from labcoat.lint.repository.copied_projects import find_copied_projects
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.lessons import find_lessons
from labcoat.lint.repository.repository import Repository, open_repository
from labcoat.secrets.content import is_development

# What matters for programs that others run or install, and not for tests and documentation.
_PRACTICE = frozenset(
    ("DKF001", "DKF002", "DKF003", "REQ001", "REQ002", "REQ005", "GIT001", "CTX007")
)
# What also matters in other folders, but not in a project of others: whoever copied it, keeps it.
_OF_OTHERS = _PRACTICE | {"CTX005", "IGN003", "IGN005", "GIT002"}
# The rules about the causes of what a rule finds.
_CAUSES = {
    "REQ002": ("REQ001",),
    "DKF002": ("REQ001", "REQ002"),
    "CTX007": ("CTX002",),
    **dict.fromkeys(("SEC001", "SEC002", "SEC003"), ("SEC001",)),
}
# What documentation, measurements and linters need, and the ends of the ranges that tests try.
_OTHER_LISTS = lazy_pattern(
    r"(?i)(?:^|[/._-])(?:docs?|rtd|readthedocs|sphinx|mkdocs|bench(?:mark)?s?|lint(?:ing)?"
    r"|tooling|style|format(?:ting)?|typing|quality|pre-?commit"
    r"|(?:unit|func|functional|integration)[-_]?tests?|oldest|lowest|latest)"
    r"(?=[/._-])"
)
# Images and lists of documentation, and those with which editors, their agents and CI run. A folder
# such as `doc-parser` is a program.
_OF_TOOLS = lazy_pattern(
    r"(?i)(?:^|/)\.?(?:docs?|mkdocs)/|(?:^|/)(?:docs?|mkdocs)[._-][^/.]*file$"
    r"|file[._-](?:docs?|mkdocs)$|(?:^|/)\.(?:gitpod|cursor|vscode|idea|codex|claude|codesandbox|circleci|gitlab)[/.]"
)


class Selection(Record):
    """Which findings to report: by rule ids or their prefixes (`CTX`), and by severity.

    With `online`, the rules that query the package index run too.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    least: Severity = Severity.NOTE
    online: bool = False

    def includes(self, rule: str) -> bool:
        """Whether the rule is selected and not ignored."""
        return (not self.select or rule.startswith(self.select)) and not (
            self.ignore and rule.startswith(self.ignore)
        )


class Report(Record):
    """The findings in the repository at `root`, and in `left_out` what was not checked, and why.

    `failure` is the error that prevented the check, or empty.
    """

    root: Path
    findings: list[Finding] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    failure: str = ""


def check_repository(root: Path, selection: Selection = Selection()) -> Report:
    """Check the repository at `root`. Raise LabcoatError if that is not possible."""
    return run_rules(open_repository(root), selection)


def run_rules(repository: Repository, selection: Selection) -> Report:
    """Check an open repository. Raise LabcoatError if git fails."""
    builds = DockerBuilds(repository)
    builds.walk_root_context()  # before the searches, which would slow it down
    repository.start_searches()
    without_git = repository.git_top is None
    families = [
        family
        for family in (*FAMILIES, *(ONLINE if selection.online else ()))
        if any(selection.includes(rule.id) for rule in family.rules)
        and not (family.needs_git and without_git)
    ]
    for facts in builds:
        _ = facts.sent  # walked while git searches for keys and tokens
        repository.left_out += facts.describe_unreadable()
    findings: list[Finding] = []
    for family in families:
        findings += _check_family(family, repository, builds)
    aside = (*find_lessons(repository), *find_copied_projects(repository))
    findings = [_weigh_place(each, aside) for each in findings]
    repository.remember_searches()
    findings = suppressions.apply_suppressions(
        findings,
        suppressions.find_suppressions(repository, builds),
        known=set(RULES),
        ran={rule.id for family in families for rule in family.rules},
    )
    # Whoever accepts a cause in one file, or does not ask about it, has to see it elsewhere.
    selected = _weigh_consequences([each for each in findings if selection.includes(each.rule)])
    selected = weigh_repetitions(_sort_unique(selected))
    selected = [each for each in selected if each.severity >= selection.least]
    if without_git:
        repository.left_out.append(
            f"{repository.root} is not in a git repository: skipped the rules that need git"
        )
    return Report(repository.root, selected, list(dict.fromkeys(repository.left_out)))


def check_all(roots: Iterable[Path], selection: Selection) -> list[Report]:
    """Check several repositories in parallel; return their reports in the order given."""
    from concurrent.futures import ProcessPoolExecutor

    chosen = list(roots)
    with ProcessPoolExecutor() as pool:
        return list(pool.map(_report_repository, chosen, [selection] * len(chosen)))


def _report_repository(root: Path, selection: Selection) -> Report:
    """Check the repository at `root`; report an error instead of raising it."""
    try:
        return check_repository(root, selection)
    except LabcoatError as error:
        return Report(root, failure=". ".join(filter(None, (error.message, error.hint))))


def parse_selectors(texts: Iterable[str]) -> tuple[str, ...]:
    """Split comma-separated rule ids or prefixes. Raise LabcoatError if one matches no rule."""
    ids = tuple(each.strip().upper() for text in texts for each in text.split(",") if each.strip())
    for each in ids:
        if not any(rule.startswith(each) for rule in RULES):
            raise unknown_rule_error(each)
    return ids


def _weigh_place(finding: Finding, aside: tuple[str, ...]) -> Finding:
    """Return the finding, as a note if good practice is broken in a sample, a test or a course.

    `aside` are folders of a course or of others' projects, each with a slash at its end.
    """
    if finding.severity is not Severity.WARNING or finding.rule not in _OF_OTHERS:
        return finding
    if finding.path.startswith(aside):
        return replace(finding, severity=Severity.NOTE)
    if finding.rule not in _PRACTICE:
        return finding
    is_list = finding.rule.startswith("REQ")
    if (
        is_development(finding.path)
        or is_course_material(finding.path)
        or is_retired(finding.path)
        or (is_list and _OTHER_LISTS.search(finding.path))
        or (finding.rule.startswith(("DKF", "REQ")) and _OF_TOOLS.search(finding.path))
    ):
        return replace(finding, severity=Severity.NOTE)
    return finding


def _weigh_consequences(findings: list[Finding]) -> list[Finding]:
    """Return the findings, as notes those that follow from what is reported of other files.

    Whoever fixes the cause fixes them too: a list without pins can have no hashes.
    """
    reported = {(each.rule, each.path) for each in findings if each.severity > Severity.NOTE}
    return [
        replace(each, severity=Severity.NOTE)
        if each.severity > Severity.NOTE and each.causes and _is_caused(each, reported)
        else each
        for each in findings
    ]


def _is_caused(finding: Finding, reported: Container[tuple[str, str]]) -> bool:
    rules = _CAUSES[finding.rule]
    return any((rule, path) in reported for rule in rules for path in finding.causes)


def _check_family(
    family: Family | BuildFamily, repository: Repository, builds: DockerBuilds
) -> Iterable[Finding]:
    if isinstance(family, BuildFamily):
        return family.check(repository, builds)
    return family.check(repository)


def _sort_unique(findings: list[Finding]) -> list[Finding]:
    """Return the findings by path, line and rule, without repetitions."""
    unique = {(each.path, each.line, each.rule, each.message): each for each in findings}
    return [unique[key] for key in sorted(unique)]
