"""Where the labcoat that runs is, and whether pip put it there."""

import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

from labcoat.core.errors import LabcoatError

PACKAGE = Path(__file__).resolve().parent.parent
# Where pip puts packages, and where Debian's pip does.
_FOLDERS = ("site-packages", "dist-packages")


def is_installed_inside(package: Path = PACKAGE) -> bool:
    """Whether pip installed `package`, labcoat's folder, so that there is a program `labcoat`; as a link to a clone, too."""
    return any(name in package.parts for name in _FOLDERS) or any(
        package.is_relative_to(clone) for clone in _editable()
    )


def refuse_inside(environment: Path, level: str) -> None:
    """Raises Failure where labcoat itself is in the project's `environment` at IN=`level`, and would go with it."""
    setting = {"venv": "LABCOAT_VENV", "conda": "LABCOAT_CONDA_ENV"}[level]
    if PACKAGE.is_relative_to(environment.resolve()):
        raise LabcoatError(
            f"labcoat itself is installed in {environment.name}, which make {level} makes anew.",
            f"Install it elsewhere (pipx install labcoat, or an environment outside the project), or set {setting}.",
        )


def _editable() -> list[Path]:
    """The clones that this Python has labcoat from by `pip install -e`.

    Format: https://packaging.python.org/en/latest/specifications/direct-url/.
    """
    from importlib import metadata  # slow to import, and init alone asks

    found = []
    for one in metadata.distributions(name="labcoat"):
        origin = json.loads(one.read_text("direct_url.json") or "{}")
        if origin.get("dir_info", {}).get("editable"):
            found.append(Path(unquote(urlsplit(origin["url"]).path)).resolve())
    return found
