"""Where the running labcoat is, and whether pip installed it."""

import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

from labcoat.core.errors import LabcoatError

PACKAGE = Path(__file__).resolve().parent.parent
# Where pip installs packages, and where Debian's pip does.
_FOLDERS = ("site-packages", "dist-packages")


def is_installed_inside(package: Path = PACKAGE) -> bool:
    """Whether pip installed `package`, also as an editable link to a clone.

    Then there is a program `labcoat`.
    """
    return any(name in package.parts for name in _FOLDERS) or any(
        package.is_relative_to(clone) for clone in _editable()
    )


def include_file() -> Path:
    """Return the path of include.python.mk: in a clone beside the package, installed inside it."""
    package = Path(__file__).parent.parent
    beside = package.parent / "include.python.mk"
    return beside if beside.exists() else package / "include.python.mk"


def refuse_inside(environment: Path, level: str) -> None:
    """Raise LabcoatError if labcoat is in the project's `environment`, and would be removed with
    it.
    """
    setting = {"venv": "LABCOAT_VENV", "conda": "LABCOAT_CONDA_ENV"}[level]
    if PACKAGE.is_relative_to(environment.resolve()):
        raise LabcoatError(
            f"labcoat is installed in {environment.name}, which `make {level}` recreates",
            "Install it outside the project, for example with `pipx install labcoat`,"
            f" or set {setting}",
        )


def _editable() -> list[Path]:
    """Return the clones that `pip install -e` has linked to this Python.

    Format: https://packaging.python.org/en/latest/specifications/direct-url/.
    """
    from importlib import metadata  # slow to import, and only init needs it

    found = []
    for one in metadata.distributions(name="labcoat"):
        origin = json.loads(one.read_text("direct_url.json") or "{}")
        if origin.get("dir_info", {}).get("editable"):
            found.append(Path(unquote(urlsplit(origin["url"]).path)).resolve())
    return found
