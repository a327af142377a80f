"""What a lock is compiled from: a requirements*.in, or what the project's own files declare.

Each lock has one input, which follows from the lock's path and the files beside it:

    requirements.txt       requirements.in, else the dependencies in pyproject.toml, setup.cfg
                           or setup.py
    requirements-NAME.txt  requirements-NAME.in, else the group and the extra NAME; it has the
                           versions of requirements.txt

Where requirements.in exists, the other files are not read. Where another tool has locked the
project, its lock comes before the files that it was made from: nothing is resolved then.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from labcoat.core import files
from labcoat.core.errors import LabcoatError
from labcoat.core.project_files.declared import Declared, Listing
from labcoat.core.project_files.lock_of_record import find_record, named_pylocks
from labcoat.core.project_files.reader import READERS, read_declared
from labcoat.core.records import Record, field, replace
from labcoat.locking import flattening, index_comments, input_copies, part_indexes
from labcoat.locking.other_locks import reader
from labcoat.locking.requirements_file import find_link, included_files, read_requirements
from labcoat.toolchain import named_indexes

MAIN = "requirements"
# The second line of a lock that labcoat wrote begins with it; lock_header reads the rest.
_HEADER = "# labcoat-inputs: sha256:"


class LockInput(Record):
    """What `lock` is compiled from; `source` is the file to edit, which may not exist.

    `declared` is None where the source is a requirements file, or `record`, the lock of another
    tool that this one is derived from. Otherwise `parts` are the groups and extras that the lock is
    for; without any, it is for the project's dependencies.
    """

    lock: Path
    source: Path
    declared: Declared | None = field(default=None)
    parts: tuple[str, ...] = ()
    record: Path | None = None

    @property
    def exists(self) -> bool:
        """Whether there is anything to compile or to derive from."""
        return self.declared is not None or self.source.exists()

    @property
    def constraint(self) -> Path | None:
        """The lock whose versions this one has too, if a file that is not a .in says so."""
        main = self.lock.with_name(f"{MAIN}.txt")
        return main if self.declared is not None and self.lock != main else None

    @property
    def computed(self) -> Listing | None:
        """A list of `declared` that only running setup.py tells; None if all can be read."""
        return next((each for each in self._listings() if each.computed), None)

    def _listings(self) -> list[Listing]:
        """Return the lists that the lock is compiled from, without those that they include."""
        if self.declared is None:
            return []
        found = flattening.find_listings(self.declared, self.parts)
        return [each for each in (*found, self.declared.dependencies) if each]

    def files(self, *, missing_ok: bool = False, constraints: bool = True) -> list[Path]:
        """Return every file that decides what the lock has, the source first.

        With `missing_ok`, those that do not exist yet are included; `constraints` can be left out.
        Raise LabcoatError if one cannot be read.
        """
        if self.record is not None:
            return [self.record]
        if self.declared is None:
            return list(included_files(self.source, missing_ok=missing_ok, constraints=constraints))
        read = [file for each in self._listings() for file in (each.source, *each.files)]
        limits = [self.constraint] if self.constraint and constraints else []
        return list(dict.fromkeys([self.source, *read, *limits]))

    def texts(self) -> dict[Path, str]:
        """Return the requirements of each file, by its path: what the lock is compiled from.

        Raise LabcoatError if a file cannot be read, or names a group that does not exist.
        """
        if self.record is not None:
            return {self.record: read_requirements(self.lock) if self.lock.exists() else ""}
        if self.declared is None:
            if error := find_link(self.lock, self.source):
                raise error
            return {file: read_requirements(file) for file in self.files()}
        if any(self.lock in each.files for each in self._listings()):
            raise LabcoatError(
                f"`{self.source.name}` reads its dependencies from `{self.lock.name}`, which is the"
                " lock's own name",
                f"Rename it to `{self.lock.with_suffix('.in').name}`, and name that in"
                f" `{self.source.name}`",
            )
        lines = flattening.flatten_requirements(self.declared, self.parts, self.lock)
        part_indexes.check_part_indexes(self.declared, self.parts, self.lock, lines)
        limits = [f"-c {self.constraint.name}"] if self.constraint else []
        found = {self.source: "".join(f"{line}\n" for line in [*limits, *lines])}
        if self.constraint and self.constraint.exists():
            found[self.constraint] = read_requirements(self.constraint)
        return found

    def digest(self) -> str:
        """Return the digest of what matters: requirements, Python and the named indexes.

        Raise LabcoatError if a file cannot be read.
        """
        indexes = named_indexes.format_indexes(named_indexes.lock_indexes(self.lock))
        if self.record is not None:
            content = files.text_digest(reader.read_lock_bytes(self.record))
            return files.text_digest(f"{content}\n{' '.join(self.parts)}\n{indexes}".encode())
        if self.computed is not None:  # the same, whether or not it may run
            from labcoat.core.project_files import uv_sources  # slow

            source = self.computed.source
            places = uv_sources.describe_sources(source.parent)
            written = f"{source.name}\n{read_requirements(source)}{indexes}{places}"
            return files.text_digest(written.encode())
        texts = {file.name: text for file, text in self.texts().items()}
        if self.declared is not None and self.declared.requires_python:
            texts["requires-python"] = self.declared.requires_python
        if indexes:
            texts["indexes"] = indexes
        return files.text_digest(
            "".join(f"{name}\n{text}\n" for name, text in texts.items()).encode()
        )

    def prepare(self, folder: Path, texts: dict[Path, str] | None = None) -> "Prepared":
        """Return the file for the locker: the source, or copies in `folder` that it can read.

        With `texts`, the copies have these instead of the files' own. Raise LabcoatError if a file
        cannot be read.
        """
        indexes = named_indexes.lock_indexes(self.lock)
        wanted = {
            file: index_comments.loosen_moved(text, indexes)
            for file, text in (texts or self.texts()).items()
        }
        if (
            self.declared is None
            and wanted == self.texts()
            and all(map(input_copies.is_plain, self.files()))
        ):
            return Prepared(self.source, {})
        copies = input_copies.write_copies(folder / "inputs", wanted, self.source)
        return Prepared(copies[self.source], {copy: file for file, copy in copies.items()})


class Prepared(Record):
    """The `file` for the locker, and the files that it and others were copied from."""

    file: Path
    copied: dict[Path, Path]

    def restore_names(self, text: str, root: Path) -> str:
        """Return the text of a lock with the names of the original files.

        Lockers name the file that asks for a package, relative to `root`, where they run.
        """
        for copy, original in self.copied.items():
            text = text.replace(os.path.relpath(copy, root), os.path.relpath(original, root))
        return text


def find_input(lock: Path) -> LockInput:
    """Return the input of `lock`. Raise LabcoatError if a file that declares it does not parse."""
    beside = lock.with_suffix(".in")
    plain = LockInput(lock, beside)
    if (lock.stem == MAIN or not beside.exists()) and (record := find_record(lock)):
        return _find_derived(lock, record) or plain
    if beside.exists() or lock.with_name(f"{MAIN}.in").exists() or _is_foreign_lock(lock):
        return plain
    declared = read_declared(lock.parent)
    parts = _lock_parts(declared, lock.stem)
    if parts is None:
        return plain
    found = LockInput(lock, _first_source(lock.parent), declared, parts)
    sources = (each.source for each in found._listings())
    return replace(found, source=next(sources, found.source))


def _find_derived(lock: Path, record: Path) -> LockInput | None:
    """Return the input of a lock that is derived from `record`; None if that has no such part."""
    found = LockInput(lock, record, record=record)
    if lock.stem == MAIN or record.name == f"pylock.{lock.stem.removeprefix(f'{MAIN}-')}.toml":
        return replace(found, parts=(_declared_locks(lock.parent) or {}).get(lock.stem, ()))
    locks = _declared_locks(lock.parent)
    if locks is not None:
        return replace(found, parts=locks[lock.stem]) if lock.stem in locks else None
    name = lock.stem.removeprefix(f"{MAIN}-")
    known = reader.read_other_lock(record, lock.parent).roots
    return replace(found, parts=(name,)) if name != lock.stem and name in known else None


def _declared_locks(folder: Path) -> dict[str, tuple[str, ...]] | None:
    """Return the groups and extras of each lock that `[tool.labcoat.locks]` names, normalized."""
    locks = read_declared(folder).locks if (folder / "pyproject.toml").is_file() else None
    if locks is None:
        return None
    return {stem: tuple(map(flattening.normalize_part, names)) for stem, names in locks.items()}


def _derived_stems(folder: Path) -> Iterator[str]:
    """Yield the names, without .txt, of the locks that are derived from another tool's."""
    record = find_record(folder / f"{MAIN}.txt")
    if record is not None:
        yield MAIN
        if (locks := _declared_locks(folder)) is not None:
            yield from (stem for stem in locks if stem != MAIN)
            return
        lock = reader.read_other_lock(record, folder)
        yield from sorted(f"{MAIN}-{name}" for name in {*lock.groups, *lock.extras})
    if record is None or record.name == "pylock.toml":
        yield from (f"{MAIN}-{name}" for name in named_pylocks(folder))


def list_inputs(folder: Path) -> list[LockInput]:
    """Return the inputs in `folder`: of each requirements*.in, and of each group and extra.

    Raise LabcoatError if a file that declares some does not parse.
    """
    names = sorted(path.with_suffix(".txt") for path in folder.glob(f"{MAIN}*.in"))
    if folder / f"{MAIN}.txt" not in names or find_record(folder / f"{MAIN}.txt"):
        stems = list(_derived_stems(folder))
        if f"{MAIN}" not in stems:
            stems += _declared_stems(read_declared(folder))
        names = list(dict.fromkeys([*(folder / f"{stem}.txt" for stem in stems), *names]))
    found = [find_input(lock) for lock in names]
    return [each for each in found if each.exists]


def find_sources(folder: Path) -> list[Path]:
    """Return the files of `folder` that can declare dependencies where there is no .in."""
    return [folder / name for name in READERS if (folder / name).is_file()]


def lock_source(lock: Path) -> Path:
    """Return the file to edit for `lock`: requirements.in of requirements.txt, or pyproject.toml.

    Raise LabcoatError if a file that declares it does not parse.
    """
    return find_input(lock).source


def inputs_digest(lock: Path) -> str:
    """Return the digest of the input of `lock` and of every file that it includes.

    Raise LabcoatError if one cannot be read.
    """
    return find_input(lock).digest()


def _is_foreign_lock(lock: Path) -> bool:
    """Whether another program wrote `lock`, with hashes: labcoat installs it as it is."""
    if not lock.exists():
        return False
    text = read_requirements(lock)
    return "--hash=" in text and _HEADER not in text


def _declared_stems(declared: Declared) -> Iterator[str]:
    """Yield the names, without .txt, of the locks that a project's files declare."""
    if not declared:
        return
    yield MAIN
    if declared.locks is not None:
        yield from (stem for stem in declared.locks if stem != MAIN)
        return
    names = map(flattening.normalize_part, (*declared.extras, *declared.groups))
    yield from sorted({f"{MAIN}-{name}" for name in names})


def _lock_parts(declared: Declared, stem: str) -> tuple[str, ...] | None:
    """Return the groups and extras of the lock `stem`; None if it is not declared."""
    if not declared:
        return None
    if declared.locks is not None and stem in declared.locks:
        return declared.locks[stem]
    if stem == MAIN:
        return ()
    if declared.locks is not None or not stem.startswith(f"{MAIN}-"):
        return None
    name = stem.removeprefix(f"{MAIN}-")
    known = map(flattening.normalize_part, (*declared.extras, *declared.groups))
    return (name,) if name in known else None


def _first_source(folder: Path) -> Path:
    return next(iter(find_sources(folder)), folder / "pyproject.toml")
