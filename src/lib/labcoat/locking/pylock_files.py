"""Read the files of each release from the pylock.toml that uv writes."""

from labcoat.core.patterns import lazy_pattern
from labcoat.locking.platforms import ReleaseFiles

_NAME = lazy_pattern(r'(?m)^name = "([^"]+)"$')
_VERSION = lazy_pattern(r'(?m)^version = "([^"]+)"$')
_WHEEL = lazy_pattern(r'(?:url|path|name) = "(?:[^"]*/)?([^"/]+\.whl)"')


def read_files(pylock: str) -> dict[tuple[str, str], ReleaseFiles]:
    """Return the files of each release in a pylock.toml, by name and version.

    A search takes a tenth of the time of a parser, and the locked uv writes one form only.
    https://packaging.python.org/en/latest/specifications/pylock-toml/
    """
    found: dict[tuple[str, str], ReleaseFiles] = {}
    for block in pylock.split("\n[[packages]]\n")[1:]:
        name, version = _NAME.search(block), _VERSION.search(block)
        if name and version:
            wheels = tuple(_WHEEL.findall(block))
            found[name[1], version[1]] = ReleaseFiles(wheels, "\nsdist = " in block)
    return found
