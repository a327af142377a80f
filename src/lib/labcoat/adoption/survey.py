"""Survey a repository: every list of packages in it, the one to take, and what it lacks."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from labcoat._vendor.packaging.version import Version
from labcoat.adoption.choice import choose_sources, is_own_list, names_of, own_lists
from labcoat.adoption.evidence import declared as declaring
from labcoat.adoption.evidence.commands import find_commands
from labcoat.adoption.evidence.computed import find_computed
from labcoat.adoption.evidence.conda_environment import find_environments
from labcoat.adoption.evidence.installed import find_installed
from labcoat.adoption.evidence.own_imports import find_own_import
from labcoat.adoption.evidence.own_packages import left_out_of, own_package_names
from labcoat.adoption.evidence.pipfile import find_pipfiles
from labcoat.adoption.evidence.pixi import find_manifests
from labcoat.adoption.evidence.requirement_lists import find_lists
from labcoat.adoption.evidence.runners import find_runners
from labcoat.adoption.evidence.scripts import find_scripts
from labcoat.adoption.evidence.source import Source
from labcoat.adoption.evidence.system_lists import find_system_lists
from labcoat.adoption.pins.breaks import Limit
from labcoat.adoption.pins.own_names import own_names
from labcoat.adoption.plan import Wanted
from labcoat.core import git_history
from labcoat.core.path_roles import is_aside
from labcoat.core.project import Project
from labcoat.core.records import Record, field, replace
from labcoat.imports.lacking import left_out_names
from labcoat.imports.own_lists import find_imports
from labcoat.imports.packages import Imported, find_packages, read_code
from labcoat.imports.tree import list_tree
from labcoat.locking.requirements_file import requirement_names
from labcoat.names import modules
from labcoat.names.removed_modules import find_removal
from labcoat.sources.installable import is_installable


class Survey(Record):
    """What a repository says about its environment.

    `taken` are the sources that are taken whole, and `reason` says why these; `others` are the rest
    of them. `declared` is the project's own file, or empty: labcoat locks it without a
    requirements.in. `passed_over` is a lock that cannot be taken. `missing` is imported and listed
    in none of the taken ones; of `unknown`, no package is known. `installed` is what commands of
    notebooks install besides. `limits` are for what sources import and later releases removed.
    `computed` are sentences about what only running a file would tell. `groups` are those of the
    project's own file, and its extras. `unread_projects` are in more folders than are read.
    """

    taken: tuple[Source, ...] = ()
    others: tuple[Source, ...] = ()
    declared: str = ""
    reason: str = ""
    missing: tuple[Wanted, ...] = ()
    unknown: tuple[Imported, ...] = ()
    installed: tuple[Wanted, ...] = ()
    own: tuple[Wanted, ...] = ()
    unread: tuple[str, ...] = ()
    pythons: tuple[Wanted, ...] = field(default=())
    is_cut: bool = False
    passed_over: str = ""
    limits: tuple[Limit, ...] = ()
    computed: tuple[str, ...] = ()
    groups: tuple[Source, ...] = ()
    unread_projects: int = 0

    @property
    def is_declared_alone(self) -> bool:
        """Whether no other list is taken than the project's own file, and all that it asks for."""
        is_alone = [each.file for each in self.taken] == [self.declared]
        is_read = not any(each.skipped for each in self.taken)
        return is_alone and is_read and not self.passed_over

    @property
    def is_declared(self) -> bool:
        """Whether the project's own file lists everything, so that it can be locked as it is."""
        return self.is_declared_alone and not self.missing

    @property
    def is_locked(self) -> bool:
        """Whether the lock of another tool is taken as it is."""
        return any(each.format == "lock" for each in self.taken)

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        """Everything to decide about: the Pythons, the taken sources, what they lack."""
        taken = (each for source in self.taken for each in source.wanted)
        # A file that declares all imports is not replaced for the sake of a notebook.
        more = () if self.is_declared else (*self.installed, *self.own)
        return tuple(dict.fromkeys([*self.pythons, *taken, *self.missing, *more]))


def survey_project(project: Project, passed_over: str = "") -> Survey:
    """Return what the repository's files say; nothing of it is executed.

    Files that cannot be read count as if they were not there. `passed_over` is a lock that cannot
    be taken.
    """
    tree = list_tree(project.root)
    code = read_code(tree)
    lists = find_lists(tree)
    environments = [*find_manifests(tree), *find_environments(tree)]
    pipfiles = find_pipfiles(tree)
    nested, commands = declaring.find_nested(tree), find_commands(tree, code)
    declared = declaring.find_declared(project)
    lock = None if passed_over else declaring.find_lock(project)
    system = find_system_lists(tree)
    found = [*lists, *nested, *pipfiles, *environments, *commands, *find_scripts(tree, code)]
    found += [*system, *find_runners(tree), *find_installed(project.root)]
    others = [*nested, *pipfiles, *environments, *commands]
    locked = set() if passed_over else declaring.locked_names(tree)
    imported = find_packages(tree, code)
    own = own_package_names(project)
    if lock is not None:
        # A list by hand counts beside a lock; what pip wrote down says less than that does.
        by_hand = [each for each in lists if {one.kind for one in each.wanted} == {"demand"}]
        more = [each for each in own_lists(by_hand)[:1] if not names_of([each]) <= locked]
        missing, _ = _find_missing(imported, locked | names_of(more) | own, found)
        if not more and not missing:
            declared = lock
    is_installed = is_installable(project.root)
    taken, reason = choose_sources(declared, lists, others, is_installed=is_installed)
    groups = declaring.find_groups(project)
    own |= left_out_of([*taken, *groups])
    asked = names_of(taken) | locked | (names_of(groups) if lock is None else set())
    rest = [each for each in found if each not in taken]
    missing, unknown = _find_missing(imported, asked | own, rest)
    if missing or taken not in ([declared], [lock]):
        # requirements.in takes the place of groups, extras and another tool's lock.
        asked = names_of(taken)
        missing, unknown = _find_missing(imported, asked | own, [*groups, *rest])
    asked |= {name for each in missing for name in requirement_names(each.requirement)}
    computed = tuple(find_computed(project, tree))
    deeper = [] if taken else nested  # projects that say nothing of a list they have no part in
    asks_itself = any(each.kind == "own" for source in taken for each in source.wanted)
    # Which versions the package asks for is not known where only running setup.py tells.
    itself = None if asks_itself or computed else find_own_import(tree, code)
    return Survey(
        tuple(taken),
        tuple(rest),
        declared.file if declared is not None else "",
        reason,
        _mark_removed(project, missing),
        tuple(unknown),
        tuple(_find_installed(commands, asked | own_names(project.root))),
        (itself,) if itself else (),
        tuple(code.unread),
        tuple(dict.fromkeys(_pythons(taken, [*environments, *pipfiles, *deeper, *commands]))),
        tree.is_cut,
        passed_over,
        tuple(_find_limits(imported)),
        computed,
        tuple(groups),
        declaring.count_unread(tree),
    )


def _mark_removed(project: Project, missing: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """Return what is missing, with a mark where a commit removed a module of that name."""
    names = {each.requirement.replace("-", "_"): each for each in missing if each.guess}
    gone = [names[each] for each in git_history.list_removed_modules(project.root, names)]
    return tuple(replace(each, is_removed=True) if each in gone else each for each in missing)


def find_missing_imports(project: Project, text: str) -> list[Wanted]:
    """Return what sources import and neither `text`, of requirements.in, nor a group asks for.

    What `text` leaves out in a comment is known.
    """
    groups = declaring.find_groups(project)
    asked = requirement_names(text) | left_out_names(text) | own_package_names(project)
    asked |= names_of(groups) | left_out_of(groups)
    tree = list_tree(project.root)
    found = find_imports(tree, read_code(tree))
    return _find_missing([each for each, source in found if not source], asked, [])[0]


def _find_missing(
    imported: Iterable[Imported], asked: set[str], others: list[Source]
) -> tuple[list[Wanted], list[Imported]]:
    """Return what to add for imports that nothing asks for, and those without a known package."""
    listed: dict[str, Wanted] = {}
    for source in others:
        for wanted in source.wanted:
            for name in requirement_names(wanted.requirement):
                listed.setdefault(name, wanted)
    elsewhere = left_out_of(others)  # no index has these
    missing: dict[str, Wanted] = {}
    unknown: list[Imported] = []
    for each in imported:
        if _find_providers(each, asked) or _is_in_namespace(each, asked):
            continue
        if known := _find_providers(each, listed):
            missing.setdefault(each.package, listed[min(known)])
        elif each.package in {"", *elsewhere} or modules.is_own_name(each.modules[0]):
            unknown.append(each)
        else:
            missing.setdefault(
                each.package, Wanted(each.package, each.file, each.line, "import", each.guess)
            )
    return list(missing.values()), unknown


def _find_providers(each: Imported, names: Collection[str]) -> set[str]:
    return {name for module in each.modules for name in modules.find_providers(module, names)}


def _find_limits(imported: Iterable[Imported]) -> Iterator[Limit]:
    """Yield the limits for modules that releases removed, the lowest for each package."""
    for each in imported:
        removals = [found for module in each.modules if (found := find_removal(module))]
        if removals:
            first = min(removals, key=lambda found: Version(found.below))
            lacks = f"{first.package} {first.below} has no `{first.module}`"
            reason = f"{lacks}, imported in {each.file}:{each.line}"
            yield Limit(first.package, first.below, reason)


def _find_installed(commands: Iterable[Source], asked: set[str]) -> Iterator[Wanted]:
    """Yield what notebooks install from an index and nothing asks for, each package once.

    It gives way to all else, as imports do: a notebook may never have run beside the others.
    """
    known = set(asked)
    for source in commands:
        is_notebook = source.file.endswith(".ipynb") and not is_aside(source.file)
        for each in source.wanted if is_notebook else ():
            names = requirement_names(each.requirement)
            if names and not names & known and "://" not in each.requirement:
                known |= names
                yield replace(each, kind="import")


def _is_in_namespace(each: Imported, asked: set[str]) -> bool:
    """Whether a package in the namespace is asked for, such as google-cloud-storage for google."""
    prefix = each.modules[0].replace(".", "-").replace("_", "-").lower() + "-"
    return not each.package and any(name.startswith(prefix) for name in asked)


def _pythons(taken: Sequence[Source], others: Sequence[Source]) -> Iterator[Wanted]:
    """Yield a requirement on Python for each file that names one for the repository.

    Those are the taken ones, and what is in their folders or at the top. What other folders name is
    for them alone, unless all name the same.
    """
    naming = [each for each in (*taken, *others) if each.python.strip()]
    folders = {each.file.rpartition("/")[0] for each in taken}
    near = [each for each in naming if is_own_list(each) or each.file.rpartition("/")[0] in folders]
    is_agreed = len({each.python for each in naming}) == 1
    for each in near or (naming if is_agreed else ()):
        version = each.python.strip()
        exact = re.fullmatch(r"([23]\.\d+)(?:\.[\d*]+)?", version)
        text = f"python=={exact[1]}.*" if exact else f"python{version}"
        yield Wanted(text, each.file, 1, "demand")
