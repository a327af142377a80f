"""Which packages of a lock a set of groups and extras needs, and where."""

from collections.abc import Collection, Iterable, Sequence

from labcoat.core.errors import LabcoatError
from labcoat.core.records import Record
from labcoat.core.settings import suggest_name
from labcoat.locking.other_locks.marker_clauses import (
    NEVER,
    Clauses,
    Condition,
    both,
    decide,
    either,
    format_clauses,
)
from labcoat.locking.other_locks.model import MAIN, Edge, LockedPackage, OtherLock

_SETS = {"extras": "extra", "dependency_groups": "group"}  # variables of PEP 751


class Selected(Record):
    """A package that is needed, and the marker (PEP 508) that says where."""

    package: LockedPackage
    marker: str


def select_packages(lock: OtherLock, parts: Sequence[str], *, with_main: bool) -> list[Selected]:
    """Return the packages that `parts`, groups and extras, need, in the order of their names.

    An extra is on top of the project's own dependencies, a group is for itself; `with_main` adds
    those dependencies to groups too. Raise LabcoatError if the lock lacks one of `parts`.
    """
    for part in parts:
        if part not in lock.roots:
            raise LabcoatError(
                f"`{lock.path.name}` has no group or extra `{part}`",
                suggest_name(part, lock.roots.keys() - {MAIN}, "Add it, and lock again"),
            )
    main = with_main or not parts or any(part in lock.extras for part in parts)
    # `extra` alone is a name of the project's; a group's has the same form.
    chosen = {("extra", each) for each in parts if each in lock.extras}
    chosen |= {("group", each) for each in parts if each in lock.groups}
    chosen |= {("group", each) for each in lock.default_groups if main}
    roots = [edge for part in ((MAIN,) if main else ()) for edge in lock.roots.get(part, ())]
    roots += [edge for part in parts for edge in lock.roots[part]]
    found = _join_equal(lock, _Walk(lock, chosen).reach(roots))
    order = sorted(found, key=lambda at: (lock.packages[at].name, lock.packages[at].version))
    return [
        Selected(lock.packages[at], format_clauses(found[at]))
        for at in order
        if lock.packages[at].kind != "project"
    ]


def _join_equal(lock: OtherLock, found: dict[int, Clauses]) -> dict[int, Clauses]:
    """Join the entries of one release, of which locks by category have several."""
    first: dict[tuple[str, ...], int] = {}
    joined: dict[int, Clauses] = {}
    for at, clauses in sorted(found.items()):
        each = lock.packages[at]
        key = (each.name, each.version, each.kind, each.origin, *each.hashes)
        at_first = first.setdefault(key, at)
        joined[at_first] = either([joined.get(at_first, NEVER), clauses])
    return joined


class _Walk:
    def __init__(self, lock: OtherLock, chosen: Collection[tuple[str, str]]) -> None:
        self.lock = lock
        self.chosen = chosen
        self.by_name: dict[str, tuple[int, ...]] = {}
        for at, package in enumerate(lock.packages):
            self.by_name[package.name] = (*self.by_name.get(package.name, ()), at)

    def reach(self, roots: Iterable[Edge]) -> dict[int, Clauses]:
        """Return the packages that `roots` lead to, by position, with where they are needed."""
        reached: dict[tuple[int, str], Clauses] = {}
        waiting: dict[tuple[int, str], None] = {}

        def follow(edges: Iterable[Edge], before: Clauses) -> None:
            for edge in edges:
                here = both(before, decide(edge.marker, self._answer))
                if here == NEVER:
                    continue
                for at in edge.targets or self.by_name.get(edge.name, ()):
                    for node in ((at, ""), *((at, extra) for extra in edge.extras)):
                        known = reached.get(node, NEVER)
                        joined = either([known, here])
                        if joined != known:
                            reached[node] = joined
                            waiting[node] = None

        follow(roots, frozenset({frozenset()}))
        while waiting:
            at, extra = node = next(iter(waiting))
            del waiting[node]
            package = self.lock.packages[at]
            follow(package.extras.get(extra, ()) if extra else package.dependencies, reached[node])
        return {at: clauses for (at, extra), clauses in reached.items() if not extra}

    def _answer(self, condition: Condition) -> bool | None:
        """Return whether a condition on extras and groups holds; None for any other."""
        variable, operator, value = condition
        if variable == "extra":
            name = value.strip("\"'")
            kind, part = self.lock.conflict_names.get(name, ("extra", name))
            return ((kind, part) in self.chosen) == (operator == "==")
        if value in _SETS and variable.startswith('"'):
            wanted = (_SETS[value], variable.strip('"'))
            return (wanted in self.chosen) == (operator == "in")
        return None
