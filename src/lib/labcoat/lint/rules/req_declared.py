"""Whether a package declares what a list of requirements has, or reads that list."""

from collections.abc import Set

from labcoat.core.package_names import normalize_name
from labcoat.core.patterns import lazy_pattern
from labcoat.lint.repository.repository import Repository

IN_FOLDER = lazy_pattern(r"(?:^|/)requirements/[^/]+$")
# A requirement in the metadata of a package: a text that begins with a name.
_REQUIRED = lazy_pattern(r"[\"']\s*([A-Za-z0-9][\w.-]*)")
_REQUIRED_IN_CFG = lazy_pattern(r"(?m)^[ \t]+([A-Za-z0-9][\w.-]*)")
# https://docs.openstack.org/pbr/latest/user/features.html#requirements
_PBR = lazy_pattern(r"\bpbr\s*=\s*True\b")


def is_declared(repository: Repository, path: str, names: Set[str]) -> bool:
    """Whether a package beside a file, or above its folder, reads it or declares all of `names`."""
    return is_read(repository, path) or any(
        _declares(repository, each, names) for each in folders_of(path)
    )


def is_read(repository: Repository, path: str) -> bool:
    """Whether a package beside a file, or above its folder, reads it for what it needs."""
    return any(_reads(repository, each, path) for each in folders_of(path))


def folders_of(path: str) -> set[str]:
    """Return the folder of a list, and the one above a folder `requirements`."""
    folder = path.rpartition("/")[0]
    return {folder, folder.rpartition("/")[0] if IN_FOLDER.search(path) else folder}


def _reads(repository: Repository, folder: str, path: str) -> bool:
    """Whether the package in `folder` reads the file `path`."""
    setup, cfg, project = _read_metadata(repository, folder)
    name = path.removeprefix(f"{folder}/" if folder else "")
    is_of_pbr = name == "requirements.txt" and _PBR.search(setup)
    return bool(
        name in setup + cfg or is_of_pbr or ("dynamic" in project and f'"{name}"' in project)
    )


def _declares(repository: Repository, folder: str, names: Set[str]) -> bool:
    """Whether the package in `folder` declares all of `names`."""
    setup, cfg, project = _read_metadata(repository, folder)
    listed = (
        *(_REQUIRED.findall(project) if "[build-system]" in project else ()),
        *(_REQUIRED.findall(setup) if "install_requires" in setup else ()),
        *(_REQUIRED_IN_CFG.findall(cfg) if "install_requires" in cfg else ()),
    )
    return names <= set(map(normalize_name, listed))


def _read_metadata(repository: Repository, folder: str) -> tuple[str, str, str]:
    """Return the texts of setup.py, setup.cfg and pyproject.toml in `folder`."""
    own = f"{folder}/" if folder else ""
    setup, cfg, project = (
        repository.read_text(f"{own}{name}") for name in ("setup.py", "setup.cfg", "pyproject.toml")
    )
    return setup, cfg, project
