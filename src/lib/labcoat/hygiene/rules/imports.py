"""REQ005: what is imported is required; and REQ004, asked for with `--online`: what is required can be had."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from labcoat.core import git
from labcoat.core.requirements import normalize
from labcoat.hygiene.model import Family, Finding, Rule, Severity
from labcoat.hygiene.repository import Repository
from labcoat.hygiene.rules.requirements import locks, read

_QUOTED_REQUIREMENT = re.compile(r"""["']([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:[<>=!~;@][^"']*)?["']""")
# Distributions whose modules have another name, the ones that are met most often.
_MODULES = {
    "attr": "attrs", "bs4": "beautifulsoup4", "cv2": "opencv-python", "Crypto": "pycryptodome",
    "dateutil": "python-dateutil", "dotenv": "python-dotenv", "faiss": "faiss-cpu", "git": "gitpython",
    "google": "", "IPython": "ipython", "jose": "python-jose", "jwt": "pyjwt", "keras": "",
    "kaggle_secrets": "", "magic": "python-magic", "MySQLdb": "mysqlclient", "OpenSSL": "pyopenssl",
    "PIL": "pillow", "pkg_resources": "setuptools", "psycopg2": "psycopg2-binary", "serial": "pyserial",
    "skimage": "scikit-image", "sklearn": "scikit-learn", "tensorflow": "", "torchvision": "",
    "umap": "umap-learn", "win32api": "pywin32", "yaml": "pyyaml", "zmq": "pyzmq",
}  # fmt: skip


def check(repository: Repository) -> Iterator[Finding]:
    """Modules that tracked sources import at their top and nothing brings; requirements that nothing imports."""
    required = _required(repository)
    if not required:
        return
    yield from _not_required(repository, required)
    yield from _not_imported(repository)


def _not_required(repository: Repository, required: set[str]) -> Iterator[Finding]:
    everything = "\0".join(["", *repository.files, ""])
    unknown = _imported(repository.import_lines, indented=False) - sys.stdlib_module_names
    unknown = {module for module in unknown if not _met(_MODULES.get(module, module), required) and not _own(module, everything)}
    provided = _provided(repository) if unknown else {}
    for module in sorted(unknown):
        distributions = provided.get(module) or {normalize(_MODULES.get(module, module))}
        if any(_met(name, required) for name in distributions):
            continue
        path, line = _first_import(repository, module)
        yield Finding(
            "REQ005",
            path,
            f"{module} is imported here, and no requirement brings it: it works only where it happens to be installed",
            f"Add {min(distributions)} to requirements.in and run `make requirements`.",
            line,
        )


def _not_imported(repository: Repository) -> Iterator[Finding]:
    """What an input names, the environment holds, and no source imports; programs and plugins are not imported."""
    folder = next((repository.root / ".venv").glob("lib/python3*/site-packages"), None)
    if folder is None or repository.named(r".*\.ipynb"):
        return  # without metadata nobody knows its modules; and notebooks import too
    imported = _imported(repository.import_lines, indented=True)
    records = {normalize(each.name.partition("-")[0]): each for each in folder.glob("*.dist-info")}
    for path in repository.named(r"(?!.*dev).*requirements.*\.in"):
        text = repository.text(path)
        lines = text.splitlines()
        for each in read(text):
            metadata = records.get(each.name)
            if metadata is None or "#" in lines[each.line - 1] or (metadata / "entry_points.txt").exists():
                continue  # a comment beside it is taken for the reason why it is there
            modules = _modules(metadata / "RECORD")
            if modules and not modules & imported:
                yield Finding(
                    "REQ005",
                    path,
                    f"{each.name} is required, and no tracked source imports {' or '.join(sorted(modules)[:3])}: it is "
                    "installed everywhere for nothing",
                    "Take it out and run `make requirements`.",
                    each.line,
                    severity=Severity.NOTE,
                )


def _met(name: str, required: set[str]) -> bool:
    """Whether a distribution is required, by its own name or a variant's such as opencv-python-headless."""
    name = normalize(name)
    return not name or name in required or any(each.startswith((f"{name}-", f"python-{name}")) for each in required)


def _required(repository: Repository) -> set[str]:
    """Every distribution that a lock, an input or the project's own metadata names."""
    inputs = repository.named(r".*requirements.*\.in")
    found = {each.name for path in [*locks(repository), *inputs] for each in read(repository.text(path))}
    for path in repository.named(r"pyproject\.toml") if found else ():
        found.update(normalize(name) for name in _QUOTED_REQUIREMENT.findall(repository.text(path)))
    return found


def _own(module: str, everything: str) -> bool:
    """Whether a folder or a source of the repository has the module's name; `everything` are its paths, NUL between."""
    return re.search(rf"[/\0]{re.escape(module)}(?:/|\.(?:py|pyi|pyx|so|ipynb)\0)", everything) is not None


def _imported(lines: set[str], *, indented: bool) -> set[str]:
    """The first parts of the modules that `lines` import; what is `indented` is often optional."""
    found: set[str] = set()
    for line in lines:
        words = line.partition("#")[0].split(maxsplit=1)
        if len(words) < 2 or (line[0].isspace() and not indented):
            continue
        each = words[1].split()[:1] if words[0] == "from" else words[1].split(",")
        found.update(name[1] for part in each if (name := re.match(r"\s*([A-Za-z_]\w*)", part)))
    return found


def _first_import(repository: Repository, module: str) -> tuple[str, int]:
    """Where the module is imported first: path and line."""
    pattern = rf"^(from[[:space:]]+{module}|import[[:space:]]+([A-Za-z_., ]*[, ])?{module})($|[^A-Za-z0-9_])"
    answer = git.run(repository.root, "grep", "--cached", "-n", "-z", "-I", "-E", pattern, "--", "*.py", statuses=(0, 1))
    path, _, rest = os.fsdecode(answer).partition("\0")
    line = rest.partition("\0")[0]
    return path, int(line) if line.isdecimal() else 0


def _provided(repository: Repository) -> dict[str, set[str]]:
    """Which distributions of the project's environment bring which modules, where there is one."""
    folder = next((repository.root / ".venv").glob("lib/python3*/site-packages"), None)
    return _modules_in(folder) if folder else {}


def _modules_in(folder: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in folder.glob("*.dist-info/RECORD"):
        for module in _modules(record):
            found.setdefault(module, set()).add(normalize(record.parent.name.partition("-")[0]))
    return found


def _modules(record: Path) -> set[str]:
    """The names that can be imported from a distribution, by its RECORD."""
    try:
        text = record.read_text(errors="replace")
    except OSError:
        return set()
    return set(re.findall(r"^([A-Za-z_]\w*)(?:/|\.py,|\.[^/,]*so,)", text, re.MULTILINE))


def check_online(repository: Repository) -> Iterator[Finding]:
    """Locks that a resolver cannot follow; it asks the index, so only with `--online`."""
    from labcoat.core import tools

    uv = tools.uv()
    for path in locks(repository):
        command = [str(uv), "pip", "compile", "--quiet", "--no-header", "--output-file", "-", str(repository.root / path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=repository.root)
        if done.returncode:
            why = " ".join(done.stderr.split())
            message = f"these requirements cannot be installed together, or one does not exist: {why}"
            yield Finding("REQ004", path, message, "Correct what it names in the input, and lock again.", severity=Severity.ERROR)


FAMILY = Family(
    rules=(Rule("REQ005", "what is imported is not required, or the reverse", Severity.WARNING, "requirements"),),
    check=check,
    needs_git=True,
)
ONLINE = Family(
    rules=(Rule("REQ004", "requirements that cannot be installed", Severity.ERROR, "requirements"),),
    check=check_online,
)
