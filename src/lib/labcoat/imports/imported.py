"""What an import in Python code asks for."""

from typing import NamedTuple

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
    """Return the module of `from … import …`, and modules among the members of a namespace."""
    if module not in _NAMESPACES:
        return [module]
    return [f"{module}.{member}" for member in members if member.isidentifier()] or [module]
