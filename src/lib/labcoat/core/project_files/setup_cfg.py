"""The dependencies in setup.cfg, as setuptools reads them.

Format: https://setuptools.pypa.io/en/latest/userguide/declarative_config.html.
"""

import configparser
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.project_files.declared import Declared, Listing, read_file, read_listing


def read_setup_cfg(path: Path) -> Declared:
    """Return what `path` declares. Raise LabcoatError if it does not parse."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(read_file(path), path.name)
    except configparser.Error as error:
        raise LabcoatError(
            f"cannot parse `{path.name}`: {str(error).splitlines()[0]}", "Correct it there"
        ) from None
    options = parser["options"] if parser.has_section("options") else {}
    extras = (
        parser.items("options.extras_require")
        if parser.has_section("options.extras_require")
        else ()
    )
    default = set(parser.defaults())
    wanted = options.get("install_requires")
    return Declared(
        parser.get("metadata", "name", fallback=""),
        options.get("python_requires", "").strip(),
        None if wanted is None else _read_value(path, wanted),
        {name: _read_value(path, value) for name, value in extras if name not in default},
    )


def _read_value(path: Path, value: str) -> Listing:
    directive, found, names = value.strip().partition("file:")
    if found and not directive:
        return read_listing(
            path, [name.strip() for name in names.replace("\n", ",").split(",") if name.strip()]
        )
    # One line holds several requirements, with a semicolon between them; else one stands on a line.
    lines = value.splitlines() if "\n" in value else value.split(";")
    return Listing(
        path,
        tuple(line.strip() for line in lines if line.strip() and not line.strip().startswith("#")),
    )
