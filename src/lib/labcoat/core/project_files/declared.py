"""The dependencies that a project's files declare, as they are written there."""

from collections.abc import Mapping
from pathlib import Path

from labcoat.core.errors import LabcoatError, unreadable
from labcoat.core.package_names import normalize_name
from labcoat.core.records import Record, field, replace
from labcoat.core.text_encoding import decode_text

_MOST = 1 << 22  # bytes; a file of dependencies has a few thousand

Groups = Mapping[str, "Listing"]


class Listing(Record):
    """A list of requirements: the dependencies, or an extra or a group.

    `items` are as the `source` has them: strings, or tables such as `{include-group = "test"}`.
    `files` are those that `source` reads them from. `problem` is the reason why they cannot be
    read; if they are `computed`, running the source tells them. If only some entries cannot be
    read, these are `refused`, each with its error, and `items` are the others.
    """

    source: Path
    items: tuple[object, ...] = ()
    files: tuple[Path, ...] = ()
    problem: LabcoatError | None = None
    computed: bool = False
    refused: Mapping[str, LabcoatError] = field(default_factory=dict)

    def refuse(self, items: tuple[object, ...], refused: Mapping[str, LabcoatError]) -> "Listing":
        """Return the list with these `items`, and with more entries that are `refused`."""
        known = {**self.refused, **refused}
        errors = list(known.values())
        more = f" ({len(errors) - 1} more {'entry' if len(errors) == 2 else 'entries'} too)"
        problem = (
            LabcoatError(f"{errors[0].message}{more if errors[1:] else ''}", errors[0].hint)
            if errors
            else None
        )
        return replace(self, items=items, problem=problem or self.problem, refused=known)

    def without_refused(self) -> "Listing":
        """Return the list without a problem, if others than the refused entries can be read."""
        return replace(self, problem=None, refused={}) if self.refused else self


class Declared(Record):
    """What the files of a directory declare; `dependencies` is None if they declare none.

    `locks`, from `[tool.labcoat.locks]`, are the groups and extras of each lock, by the lock's name
    without `.txt`; None leaves that to the names of groups and extras. The `decided` list says
    which fields another file cannot add: `dependencies`, `extras`.
    """

    name: str = ""
    requires_python: str = ""
    dependencies: Listing | None = None
    extras: Groups = field(default_factory=dict)
    groups: Groups = field(default_factory=dict)
    locks: Mapping[str, tuple[str, ...]] | None = None
    decided: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.dependencies or self.extras or self.groups)

    def without_refused(self) -> "Declared":
        """Return what is declared without the entries that are refused."""
        return replace(
            self,
            dependencies=self.dependencies and self.dependencies.without_refused(),
            extras={name: each.without_refused() for name, each in self.extras.items()},
            groups={name: each.without_refused() for name, each in self.groups.items()},
        )


def list_includers(groups: Groups, group: str) -> set[str]:
    """Return the normalized names of the groups that include `group`, also by others."""
    by_included: dict[str, list[str]] = {}
    for name, listing in groups.items():
        for item in listing.items:
            if isinstance(item, dict):
                included = normalize_name(str(item.get("include-group")))
                by_included.setdefault(included, []).append(normalize_name(name))
    found: set[str] = set()
    waiting = [normalize_name(group)]
    while waiting:
        more = set(by_included.get(waiting.pop(), ())) - found
        found |= more
        waiting += more
    return found


def read_file(path: Path) -> str:
    """Return the text of `path`. Raise LabcoatError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return decode_text(file.read(_MOST))
    except FileNotFoundError:
        raise LabcoatError(
            f"`{path.name}` does not exist", "Create it, or correct the line that names it"
        ) from None
    except ValueError:
        raise LabcoatError(f"`{path.name}` is not a text file", "Save it as UTF-8") from None
    except OSError as error:
        raise unreadable(path.name, error) from None


def read_listing(source: Path, names: object) -> Listing:
    """Return the requirements in the files `names` (a name or several), which `source` reads.

    A file that cannot be read is the listing's problem.
    """
    words = [names] if isinstance(names, str) else names if isinstance(names, list) else []
    files = tuple(source.parent / word for word in words if isinstance(word, str))
    items: list[object] = []
    for file in files:
        if not file.resolve().is_relative_to(source.parent.resolve()):
            problem = LabcoatError(
                f"`{source.name}` reads its dependencies from `{file}`, outside of the project",
                f"Move the file into the project, or list them in `{source.name}`",
            )
            return Listing(source, problem=problem)
        try:
            items += requirement_lines(read_file(file))
        except LabcoatError as error:
            return Listing(source, files=files, problem=error)
    return Listing(source, tuple(items), files)


def requirement_lines(text: str) -> list[str]:
    """Return the lines of a file of requirements that are not comments, as setuptools reads it."""
    lines = (line.partition(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
