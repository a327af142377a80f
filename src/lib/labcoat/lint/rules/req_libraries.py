"""REQ006: the image lacks a system library that a locked package needs, told offline."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.project import Project
from labcoat.core.terminal import join_some
from labcoat.lint.findings import Append, Family, Finding, Rule, Severity, safe_fix
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules.req_lock import has_header

if TYPE_CHECKING:
    from labcoat.levels.image_libraries import ImageLibraries
    from labcoat.system.records import MissingLibrary, PackageNeeds

_ASKED = ("apt.txt", "binder/apt.txt", ".binder/apt.txt")  # the first that exists counts


def check_libraries(repository: Repository) -> Iterator[Finding]:
    """Compare what the locked packages need with what the image had when it was built last."""
    path = "requirements.txt"
    if path not in repository.files_by_name.get(path, ()):
        return
    text = repository.read_text(path)
    if not has_header(text) or not (repository.root / "Dockerfile").is_file():
        return
    from labcoat.levels import image_libraries  # slow; few repositories get here
    from labcoat.system import verdict

    try:
        project = Project.at(repository.root, os.environ)
        packages = image_libraries.recall_lock(project, learn=True)
        image = image_libraries.read_image_libraries(project)
        is_current = image and image.dockerfile == image_libraries.digest_dockerfile(project)
    except (LabcoatError, OSError, ValueError):
        return  # other rules and commands name what is wrong with the lock
    if packages is None:
        yield Finding(
            "REQ006",
            path,
            "which system libraries the packages need is not known yet",
            "Run `make venv` or `make docker`, then check again",
            severity=Severity.NOTE,
        )
    elif foreign := list(verdict.list_foreign(packages)):
        if image and is_current:
            yield from _find_missing(repository, path, packages, image)
        else:
            named = join_some(sorted({f"{one.library} ({one.package})" for one in foreign}))
            yield Finding(
                "REQ006",
                path,
                f"packages need system libraries, and what the image has is not known yet: {named}",
                "Run `make docker`, which looks",
                severity=Severity.NOTE,
            )


def _find_missing(
    repository: Repository, path: str, packages: "Sequence[PackageNeeds]", image: "ImageLibraries"
) -> Iterator[Finding]:
    """Yield a finding for each package of Debian, or library without one, that is missing."""
    from labcoat.system import debian, verdict

    file = next((name for name in _ASKED if (repository.root / name).is_file()), _ASKED[0])
    asked = _list_asked(repository)
    lines = {each.name: each.number for each in repository.read_requirements(path)}
    groups: dict[tuple[str, str], list[MissingLibrary]] = {}
    missing = verdict.find_missing(packages, image.libraries).missing
    for one in missing:
        if one.is_required and not verdict.is_driver(one.library):
            package = debian.find_package(one.library, image.suite)
            if package not in asked:
                groups.setdefault((one.package, package or one.library), []).append(one)
    for (name, package), each in groups.items():
        has_package = package != each[0].library
        yield Finding(
            "REQ006",
            path,
            f"`{name}` needs {', '.join(f'`{one.library}`' for one in each)},"
            " which the image lacks: an import fails there",
            f"Add the line `{package}` to {file}, then run `make docker`"
            if has_package
            else "Install it in the Dockerfile",
            lines.get(normalize_name(name), 0),
            safe_fix(Append(file, package)) if has_package else None,
        )


def _list_asked(repository: Repository) -> set[str]:
    """Return the names in apt.txt; none if it is not valid, which `make requirements` names."""
    from labcoat.apt.request import read_request

    try:
        request = read_request(repository.root)
    except (LabcoatError, OSError):
        return set()
    return set(request.names) if request else set()


FAMILY = Family(
    rules=(
        Rule(
            "REQ006",
            "the image lacks a system library that a package needs",
            Severity.WARNING,
            "requirements",
        ),
    ),
    check=check_libraries,
)
