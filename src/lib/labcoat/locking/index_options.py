"""What to write instead of an option that names an index, such as --extra-index-url."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from labcoat.core.patterns import lazy_pattern
from labcoat.locking.index_comments import without_login
from labcoat.locking.requirement_lines import parse_requirements

_URL = lazy_pattern(r"https?://[^\s'\"]+")
_FAMILIES = {"pytorch": r"torch|torchvision|torchaudio", "nvidia": r"nvidia-.*|cu.*-cu\d+"}
_LOCAL_VERSION = lazy_pattern(r"={2,3}\s*[^\s;,]+\+")
_DEFAULT = "PIP_INDEX_URL or UV_DEFAULT_INDEX"


def explain_option(option: str, line: str, texts: Iterable[str]) -> str:
    """Return the hint for the `option` in a `line` of an input; `texts` are those of all inputs."""
    found = _URL.search(line)
    if option.startswith(("--t", "-t")):
        return "Remove it, and set PIP_TRUSTED_HOST: how to reach an index is not part of a lock"
    if option.startswith(("-f", "--f")):
        return (
            "Remove it: a lock is made from package indexes. If one has these files too, name it"
            " in `[tool.labcoat.indexes.NAME]` of pyproject.toml, with its url and packages"
        )
    if not found:
        return f"Remove it, and set {_DEFAULT}: a lock works with any index"
    table = suggest_table(found[0], texts)
    if option.startswith(("-i", "--i")):
        return (
            f"Remove it. If every package comes from there, set {_DEFAULT}; if some do, write to"
            f" pyproject.toml: {table}"
        )
    return f"Remove it, and write to pyproject.toml which packages come from there: {table}"


def explain_comments(text: str, requirements: Iterable[str]) -> list[str]:
    """Return a line for each option in a comment of `text` that named an index.

    `requirements` are those that it was written beside.
    """
    found = re.findall(r"(?m)^# (?:-i|--(?:extra-)?index-url)[ =]+(https?://\S+)", text)
    wanted = [f"{line}\n" for line in requirements]
    return [
        f"An index is not part of a list. To take packages from {without_login(url)}, write to"
        f" pyproject.toml: {suggest_table(url, wanted)}"
        for url in dict.fromkeys(found)
    ]


def suggest_table(url: str, texts: Iterable[str] = (), packages: Iterable[str] = ()) -> str:
    """Return the setting for the index at `url`: for `packages`, else for those in `texts`.

    A password in the address becomes a variable.
    """
    address = re.sub(r"//[^/@]*@", "//${USER}:${PASSWORD}@", url.rstrip("/"))
    names = list(packages) or _guess_packages(url, texts)
    packages = ", ".join(f'"{each}"' for each in names) or '"…"'
    return f'`[tool.labcoat.indexes.{suggest_name(url)}]` with `url = "{address}"` and' + (
        f" `packages = [{packages}]`"
    )


def suggest_name(url: str) -> str:
    """Return a name for the index at `url`: pytorch-cpu for https://download.pytorch.org/whl/cpu."""
    parts = urlsplit(url)
    labels = (parts.hostname or "").split(".")
    is_number = labels[-1].isdigit() or len(labels) == 1
    words = ["index"] if is_number else labels[-2:-1]
    words += [each for each in parts.path.split("/") if each not in {"", "simple", "whl"}][-1:]
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-") or "index"


def _guess_packages(url: str, texts: Iterable[str]) -> list[str]:
    """Return the packages that `texts` ask for with a local version, or that the host is for."""
    host = urlsplit(url).hostname or ""
    family = next((names for word, names in _FAMILIES.items() if word in host), "(?!)")
    lines = [line for text in texts for line in parse_requirements(text)]
    return list(
        dict.fromkeys(
            line.name
            for line in lines
            if re.fullmatch(family, line.name) or _LOCAL_VERSION.search(line.body)
        )
    )
