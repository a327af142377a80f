"""Packages that only work on a project: a list of nothing else is one for development."""

from collections.abc import Iterable

# What installs packages and creates environments; labcoat brings its own.
_INSTALLERS = """
build conda-lock flit hatch hatchling packaging pdm pip pip-tools pipenv poetry poetry-core
setuptools setuptools-scm uv virtualenv wheel
"""
INSTALLERS = frozenset(_INSTALLERS.split())
# Linters, formatters, type checkers, test runners, and what publishes releases.
_TOOLS = """
autoflake autopep8 bandit basedpyright black bump2version bumpversion check-manifest codecov
codespell commitizen coverage coveralls darglint deptry detect-secrets docformatter doc8 flake8
hypothesis interrogate invoke isort jupytext mccabe mypy nbqa nbstripout nbval nox pep8
pep8-naming pip-audit pre-commit prospector pycodestyle pydocstyle pyflakes pylama pylint pyright
pytest pyupgrade radon ruff safety semgrep sqlfluff tox tox-gh-actions twine vulture xenon yamllint
yapf
"""
_PREFIXES = ("flake8-", "pytest-", "types-", "pylint-", "mypy-")


def are_tools(names: Iterable[str]) -> bool:
    """Whether packages, by their normalized names, are for development only; none are not."""
    tools = INSTALLERS.union(_TOOLS.split())
    known = [each in tools or each.startswith(_PREFIXES) for each in names]
    return bool(known) and all(known)
