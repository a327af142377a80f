"""What an import in Python code asks for."""

from typing import NamedTuple

from labcoat.names.removed_modules import is_removed

# Packages whose parts are released separately: what is imported from them is a module.
_NAMESPACES = ("google.cloud", "google", "azure", "azureml", "mpl_toolkits", "airflow.providers")


class Import(NamedTuple):
    """A module that line `line` imports, dotted as it is written.

    The code can do without an `optional` one: it is inside of `try`, of a `with` that suppresses or
    expects an error, or of a branch that not every Python runs, or only a type checker. A
    `nested` one is inside of a function or class. `members` are what is imported from it.
    """

    module: str
    line: int
    optional: bool = False
    nested: bool = False
    members: tuple[str, ...] = ()

    @property
    def top(self) -> str:
        """The module's first name: `sklearn` of `sklearn.metrics`."""
        return self.module.partition(".")[0]


def imported_from(module: str, members: list[str]) -> list[str]:
    """Return the modules that `from … import …` needs.

    That is the module; or, among its members, those of a namespace, and modules that a release
    removed, such as `np_utils` of `keras.utils`.
    """
    if module not in _NAMESPACES:
        removed = [name for member in members if is_removed(name := f"{module}.{member}")]
        return [*removed, *([module] if len(removed) < len(members) else [])] or [module]
    return [f"{module}.{member}" for member in members if member.isidentifier()] or [module]
