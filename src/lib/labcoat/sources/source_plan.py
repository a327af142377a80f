"""Decide what a sources file says: commits, hashes, names, and what each package needs.

The dependencies of all sources are for the lock. Directories are read where that suffices; the
others are built, with locked tools: asking for a package in an input is consent to build it.
"""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from labcoat.core import process
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.project import Project
from labcoat.core.records import MutableRecord, field, replace
from labcoat.core.terminal import print_progress, print_warning
from labcoat.sources import (
    build_hooks,
    build_tools,
    built_wheels,
    git_fetch,
    local_tree,
    nested_places,
    own_package,
)
from labcoat.sources.asked import Source, is_place, parse_source
from labcoat.sources.build_hooks import Tree
from labcoat.sources.known_requires import known_build, remember_build
from labcoat.sources.package_facts import (
    PackageFacts,
    name_and_extras,
    place_facts,
    read_static_facts,
    with_marker,
)
from labcoat.sources.planned import SourcePlan
from labcoat.sources.sources_file import LockedSource


class _Item(MutableRecord):
    """One source on its way: `tree` are its files, or the wheel that it is.

    `placed` are the names of packages that uv would take from a place beside it.
    """

    asked: Source
    locked: LockedSource
    tree: Tree | Path | None = None
    requires: list[str] = field(default_factory=list)
    facts: PackageFacts | None = None
    extras: set[str] = field(default_factory=set)
    placed: set[str] = field(default_factory=set)


def plan_sources(  # noqa: PLR0913
    project: Project,
    asked: Sequence[Source],
    before: Sequence[LockedSource],
    build_lock: str,
    *,
    upgrade: bool = False,
    packages: Iterable[str] = (),
    is_complete: bool = False,
) -> SourcePlan:
    """Return what the sources file for `asked` says.

    Commits and build tools of `before` and `build_lock` are kept; with `upgrade` branches are read
    again, with `packages` those of these. If `is_complete`, packages ask for no others. Raise
    LabcoatError if one cannot be fetched or built, or is asked for in two ways.
    """
    if not asked:
        return SourcePlan()
    is_implied = any(each.implied for each in asked)
    note = own_package.find_fault(project, build_lock) if is_implied else ""
    asked = [each for each in asked if not (note and each.implied)]
    if not asked:
        return SourcePlan(note=note)
    renewed = {normalize_name(name.partition("=")[0]) for name in packages}
    kept = [each for each in before if not upgrade and each.name not in renewed]
    with tempfile.TemporaryDirectory(prefix="labcoat-sources-") as name:
        run = _Planning(project, kept, build_lock, upgrade, Path(name))
        waiting = list(asked)
        while waiting:
            for source in waiting:
                run.add(source)
            run.lock_tools()
            waiting = run.read_facts(follows=not is_complete)
        return replace(run.result(), note=note)


class _Planning:
    def __init__(
        self,
        project: Project,
        kept: Sequence[LockedSource],
        build_lock: str,
        upgrade: bool,
        folder: Path,
    ) -> None:
        self.project, self.kept, self.folder = project, kept, folder
        self.build_lock, self.upgrade = build_lock, upgrade
        self.items: list[_Item] = []

    def add(self, source: Source) -> None:
        """Fetch what `source` asks for, unless it is here already."""
        for item in self.items:
            if item.asked.identity == source.identity:
                item.extras.update(source.extras)
                return
        item = _Item(source, self._pin(source), extras=set(source.extras))
        self.items.append(item)
        if source.kind == "local":
            self._warn_of_changes(source)
            item.tree = Tree(self.project.root / source.path, source.path)
            item.requires = list(item.tree.system.requires)
        elif (known := known_build(item.locked)) is not None:
            item.requires, item.placed = known.requires, set(known.placed)
        else:
            self._fetch(item)

    def _fetch(self, item: _Item) -> Tree | Path:
        folder = self.folder / str(self.items.index(item))
        folder.mkdir(exist_ok=True)
        item.tree = built_wheels.fetch_tree(self.project, item.locked, folder)
        item.requires = [] if isinstance(item.tree, Path) else list(item.tree.system.requires)
        item.placed = set() if isinstance(item.tree, Path) else nested_places.find(item.tree.folder)
        remember_build(item.locked, item.requires, item.placed)
        return item.tree

    def _warn_of_changes(self, source: Source) -> None:
        if local_tree.is_dirty_checkout(self.project.root / source.path, self.project.root):
            print_warning(
                f"`{source.path}` is a checkout of another repository with changes that are not"
                " committed",
                "Commit them there: others get the commit without them",
            )

    def _pin(self, source: Source) -> LockedSource:
        found = LockedSource(
            source.kind,
            source.name,
            path=source.path,
            url=source.url,
            folder=source.folder,
            revision=source.revision,
            marker=source.marker,
        )
        known = next((each for each in self.kept if each.answers(source)), None)
        if source.kind == "git":
            commit = (
                known.commit if known else git_fetch.resolve_commit(source.url, source.revision)
            )
            return replace(found, commit=commit)
        if source.kind == "archive" and (
            digest := source.digest or (known.digest if known else "")
        ):
            return replace(found, digest=digest)
        if source.kind in {"archive", "file"}:
            import hashlib

            folder = self.folder / f"archive-{len(self.items)}"
            folder.mkdir()
            archive = built_wheels.fetch_archive(self.project, found, folder)
            with archive.open("rb") as file:
                return replace(found, digest=hashlib.file_digest(file, "sha256").hexdigest())
        return found

    def lock_tools(self) -> None:
        """Lock what all builds need, with what their backends ask for."""
        wanted = [line for item in self.items for line in item.requires]
        self.build_lock = build_tools.lock_build_tools(
            self.project, wanted, self.build_lock, upgrade=self.upgrade
        )
        self.upgrade = False
        more = list(dict.fromkeys(self._hook_requires(wanted)))
        if more:
            self.build_lock = build_tools.lock_build_tools(
                self.project, [*wanted, *more], self.build_lock
            )

    def _hook_requires(self, wanted: Sequence[str]) -> Iterable[str]:
        for item in self.items:
            if not isinstance(item.tree, Tree) or item.facts:
                continue
            hooks = ["get_requires_for_build_wheel"]
            hooks += ["get_requires_for_build_editable"] if item.asked.kind == "local" else []
            for hook in hooks:
                found = build_hooks.call_hook(self.project, item.tree, self.build_lock, hook)
                added = [str(line) for line in found or () if line not in wanted]
                item.requires += [line for line in added if line not in item.requires]
                if added and item.asked.kind != "local":
                    remember_build(item.locked, item.requires, item.placed)
                yield from added

    def read_facts(self, *, follows: bool) -> list[Source]:
        """Read what each package needs; return the sources that directories ask for."""
        found: list[Source] = []
        for item in self.items:
            if item.facts:
                continue
            item.facts = self._facts(item)
            name = item.facts.name
            if item.asked.name and item.asked.name != name:
                raise LabcoatError(
                    f"{built_wheels.describe_source(item.asked)} is the package `{name}`",
                    f"Write `{name}` before the `@`",
                )
            version = "" if item.asked.kind == "local" else item.facts.version
            item.locked = replace(item.locked, name=name, version=version)
            self._check_twice(item)
            found += self._asked_by(item) if follows else []
        return found

    def _facts(self, item: _Item) -> PackageFacts:
        if item.asked.kind == "local":
            assert isinstance(item.tree, Tree)  # noqa: S101
            found = read_static_facts(item.tree.folder)
            if not found:
                print_progress(f"reading what {item.asked.path} needs")
                found = built_wheels.read_facts(self.project, item.tree, self.build_lock)
            return place_facts(item.tree.folder, found, self.project.root)
        kept = built_wheels.kept_wheel(self.project, item.locked, self.build_lock)
        if kept is None:
            tree = item.tree or self._fetch(item)
            kept = built_wheels.keep_built(self.project, item.locked, self.build_lock, tree)
        return built_wheels.wheel_facts(kept)

    def _check_twice(self, item: _Item) -> None:
        for other in self.items:
            if other is not item and other.facts and other.locked.name == item.locked.name:
                raise LabcoatError(
                    f"`{item.locked.name}` is asked for in two ways:"
                    f" {built_wheels.describe_source(other.asked)} and"
                    f" {built_wheels.describe_source(item.asked)}",
                    "Remove one of the two",
                )

    def _asked_by(self, item: _Item) -> list[Source]:
        """Return the sources among the dependencies of a package.

        Those of a directory are the user's own words. Others would be built unasked.
        """
        found = []
        asked = {each.locked.name for each in self.items}  # the user's word for a name counts
        for line in self._lines(item):
            if " @ " not in line.partition(";")[0] or not is_place(line):
                continue
            if item.asked.kind != "local" and name_and_extras(line)[0] in asked:
                continue
            if item.asked.kind != "local":
                raise LabcoatError(
                    f"`{item.locked.name}` needs `{process.redact(line)}`, which no input asks for",
                    "Add this line to `requirements.in` if you want to build and install it",
                )
            where = f"{item.asked.path}/pyproject.toml"
            text = line.replace("{root:uri}/", f"file:{quote(item.asked.path)}/")
            found.append(parse_source(text, self.project.root, where))
        known = {each.asked.identity for each in self.items}
        return [each for each in found if each.identity not in known]

    def _lines(self, item: _Item) -> list[str]:
        assert item.facts is not None  # noqa: S101
        return item.facts.requirements(tuple(sorted(item.extras)), item.asked.place)

    def _version(self, item: _Item) -> str:
        """Return the version of a package; 0 if only a build tells, and it fails."""
        assert item.facts is not None  # noqa: S101
        if item.facts.version or not isinstance(item.tree, Tree):
            return item.facts.version or "0"
        try:
            found = built_wheels.read_facts(self.project, item.tree, self.build_lock).version
        except LabcoatError:
            return "0"
        return found or "0"

    def result(self) -> SourcePlan:
        """Return the plan, when all are read."""
        own = {item.locked.name: item for item in self.items}
        requirements: list[str] = []
        is_done = False
        while not is_done:  # one package may ask for an extra of another
            is_done, requirements = True, []
            for item in self.items:
                for line in self._lines(item):
                    name, extras = name_and_extras(line)
                    if name in own:
                        if not extras <= own[name].extras:
                            own[name].extras |= extras
                            is_done = False
                    else:
                        requirements.append(with_marker(line, item.asked.marker))
        for item in self.items:
            nested_places.warn(item.locked.name, self._lines(item), item.placed - own.keys())
        return SourcePlan(
            tuple(item.locked for item in self.items),
            tuple(dict.fromkeys(requirements)),
            self.build_lock,
            {item.locked.name: self._version(item) for item in self.items},
        )
