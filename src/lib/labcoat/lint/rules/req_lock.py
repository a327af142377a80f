"""REQ: locks that do not lock."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.lint.findings import Family, Finding, Relock, Rule, Severity, unsafe_fix
from labcoat.lint.repository.repository import Repository
from labcoat.locking.requirements_file import normalize

_LOCK_NAME = r"(?:.*[-_.])?requirements(?:[-_.].*)?\.txt"
_IN_FOLDER = re.compile(r"(?:^|/)requirements/[^/]+$")
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*")
_ASKED = re.compile(
    r"(?:[(<>=!~;@].*)?"
)  # what can follow a name; whatever else stands in a line is no requirement
_PINNED = re.compile(r"\(?===?\s*[^\s*,;]+\s*(?:;.*)?$")
_ADDRESS = re.compile(r"(?:git|hg|svn|bzr)\+\S+|https?://\S+")
_OF_A_COMMIT = re.compile(r"(?:git|hg)\+\S+@[0-9a-f]{40}(?:\W|$)|#(?:\S*&)?sha256[=:]")
_SHOWN = 3  # so many are named one by one
_OURS = re.compile(r"^# labcoat-inputs:", re.MULTILINE)


@dataclass(frozen=True)
class Requirement:
    """One requirement of a requirements file: its first line, normalized name, what is asked of it, and its hashes."""

    line: int
    name: str
    asked: str
    hashes: int

    @property
    def pinned(self) -> bool:
        """Whether exactly one version will do: by `==`, or by an address with a hash or a commit."""
        return bool(_PINNED.match(self.asked)) or (
            self.asked.startswith("@") and bool(_OF_A_COMMIT.search(self.asked))
        )

    @property
    def hashed(self) -> bool:
        """Whether it is held to certain files."""
        return self.hashes > 0 or self.asked.startswith("@")

    @property
    def here_only(self) -> bool:
        """Whether it is a file of one machine, as `pip freeze` writes what conda has installed."""
        return re.match(r"@\s*file:", self.asked) is not None


def check(repository: Repository) -> Iterator[Finding]:
    """Each lock by its lines, then against its input and the environment."""
    for path in locks(repository):
        text = repository.read_text(path)
        found = read(text)
        yield from _unpinned(path, found)
        yield from _unhashed(repository, path, found)
        yield from _older(repository, path, text, found)
    yield from _environment(repository)


def locks(repository: Repository) -> list[str]:
    """The files that are locks: requirements….txt, and any .txt in a folder `requirements`."""
    inside = [path for path in repository.find_named(r".*\.txt") if _IN_FOLDER.search(path)]
    return sorted({*repository.find_named(_LOCK_NAME), *inside})


@lru_cache(maxsize=64)
def read(text: str) -> tuple[Requirement, ...]:
    """The requirements of a requirements file; options and includes are passed over."""
    return tuple(_read(text))


def _read(text: str) -> Iterator[Requirement]:
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        first, written = at, lines[at]
        while written.endswith("\\") and at + 1 < len(lines):
            at += 1
            written = written[:-1] + " " + lines[at]
        at += 1
        asked = re.sub(r"(?:^|\s)#.*$", "", written).strip()
        if not asked or asked.startswith("-"):
            continue
        parts = re.split(r"\s--hash[=\s]", asked)
        if address := _ADDRESS.fullmatch(parts[0].strip()):
            named = re.search(r"#(?:\S*&)?egg=([\w.-]+)", asked)
            yield Requirement(
                first + 1,
                normalize(named[1]) if named else address[0],
                f"@ {address[0]}",
                len(parts) - 1,
            )
            continue
        name = _NAME.match(asked)
        body = parts[0][name.end() :].strip() if name else ""
        if name and _ASKED.fullmatch(body):
            yield Requirement(first + 1, normalize(name[1]), body, len(parts) - 1)


def _unpinned(path: str, found: tuple[Requirement, ...]) -> Iterator[Finding]:
    todo = "Write what is wanted in requirements.in and lock it with `make requirements`."
    for each in found:
        if each.here_only:
            message = f"{each.name} is a file of one machine, as `pip freeze` writes what conda installed: nobody else can install it"
            yield Finding(
                "REQ001", path, message, "Write the version instead of the address.", each.line
            )
    loose = [each for each in found if not each.pinned and not each.here_only]
    if len(loose) <= _SHOWN:
        for each in loose:
            message = f"{each.name} is not pinned: two installations of this file can hold different versions"
            yield Finding("REQ001", path, message, todo, each.line)
        return
    which = (
        f"none of its {len(found)} requirements is"
        if len(loose) == len(found)
        else f"{len(loose)} of {len(found)} are not"
    )
    named = ", ".join(each.name for each in loose[:_SHOWN])
    message = (
        f"{which} pinned ({named} …): two installations of this file can hold different versions"
    )
    yield Finding("REQ001", path, message, todo, loose[0].line)


def _unhashed(
    repository: Repository, path: str, found: tuple[Requirement, ...]
) -> Iterator[Finding]:
    bare = [each for each in found if each.pinned and not each.hashed]
    if not bare:
        return
    source = f"{path.removesuffix('.txt')}.in"
    fix = (
        unsafe_fix(Relock(path))
        if source in repository.files_by_name.get(source.rpartition("/")[2].lower(), ())
        else None
    )
    todo = "Lock it with hashes: `make requirements`."
    if not any(each.hashes for each in found):
        message = "there are no hashes: nothing notices when an index serves another file under the same version"
        yield Finding("REQ002", path, message, todo, bare[0].line, fix)
        return
    for each in bare:
        message = f"{each.name} has no hash while others have: pip refuses to install the file"
        yield Finding("REQ002", path, message, todo, each.line, fix, Severity.ERROR)


def _older(
    repository: Repository, path: str, text: str, found: tuple[Requirement, ...]
) -> Iterator[Finding]:
    """A lock without something that its input asks for; or, for a lock of labcoat's, one made of other inputs."""
    source = f"{path.removesuffix('.txt')}.in"
    asked = repository.read_bytes(source)
    if not asked:
        return
    held = {each.name for each in found}
    missing = [
        each
        for each in read(asked.decode("utf-8", "replace"))
        if each.name not in held and each.asked[:1] != "@"
    ]
    missing = [each for each in missing if _NAME.fullmatch(each.name) and ";" not in each.asked]
    if missing:
        message = f"{source} asks for {missing[0].name}, which is not in the lock: it is older than its input"
    elif _OURS.search(text) and not _fresh(repository.root / path):
        message = f"the lock is older than {source}: it was made of other inputs"
    else:
        return
    yield Finding("REQ003", path, message, "Run `make requirements`.")


def _fresh(lock: Path) -> bool:
    """Whether the digest in the head of a lock of labcoat's is that of its inputs, as `labcoat.lock` writes it.

    That module needs what compiles locks; this one has to start fast. A test holds the two together.
    """
    from labcoat.core import files
    from labcoat.locking import requirements_file

    try:
        chain = requirements_file.chain(lock.with_suffix(".in"))
        text = "".join(f"{file.name}\n{requirements_file.read(file)}\n" for file in chain)
        return (
            f"# labcoat-inputs: {files.text_digest(text.encode())}"
            in lock.read_text(encoding="utf-8").splitlines()
        )
    except (LabcoatError, OSError, ValueError):
        return True  # an input that cannot be read is not for this rule to tell


def _environment(repository: Repository) -> Iterator[Finding]:
    """The project's environment, if it was made from the lock, against the lock."""
    path = "requirements.txt"
    folder = next((repository.root / ".venv").glob("lib/python3*/site-packages"), None)
    if folder is None or path not in repository.files_by_name.get(path, ()):
        return
    installed = dict(_installed(folder))
    others = []
    for each in read(repository.read_text(path)):
        version = _PINNED.match(each.asked)
        wanted = version[0].lstrip("= ").split(";")[0].strip() if version else ""
        has = installed.get(each.name)
        if wanted and has and ";" not in each.asked and not _same_version(wanted, has):
            others.append((each, f"{each.name} {has}, the lock names {wanted}"))
    todo = "Run `make venv`, or `make freeze` if the change is meant."
    for each, differs in others if len(others) <= _SHOWN else others[:1]:
        more = f" (and so for {len(others) - 1} more)" if len(others) > _SHOWN else ""
        message = f".venv holds {differs}{more}: what runs here is not what others install"
        yield Finding("REQ003", path, message, todo, each.line)


def _same_version(wanted: str, has: str) -> bool:
    """Whether a pin is met (PEP 440): 1.0 by 1.0.0, 2.0 by 2.0+cpu."""
    public = has if "+" in wanted else has.partition("+")[0]
    return _plain(wanted) == _plain(public)


def _plain(version: str) -> str:
    small = re.sub(
        r"[-_.]?(a|b|rc|post|dev)[a-z]*[-_.]?(?=\d)",
        r".\1",
        version.lower().removeprefix("v").replace("+", "_"),
    )
    return re.sub(r"(?:\.0+)+(?=$|\.?[a-z_])", "", small).replace("-", "_")


def _installed(folder: Path) -> Iterator[tuple[str, str]]:
    """Names and versions of the distributions in a site-packages folder, by the names of their metadata folders."""
    for each in folder.glob("*.dist-info"):
        name, _, version = each.name.removesuffix(".dist-info").partition("-")
        yield normalize(name), version


FAMILY = Family(
    rules=(
        Rule("REQ001", "a requirement in a lock is not pinned", Severity.WARNING, "requirements"),
        Rule("REQ002", "hashes are missing", Severity.WARNING, "requirements"),
        Rule(
            "REQ003",
            "the lock is older than its inputs, or the environment differs",
            Severity.WARNING,
            "requirements",
        ),
    ),
    check=check,
)
