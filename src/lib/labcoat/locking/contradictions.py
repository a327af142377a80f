"""Find inputs that contradict or include each other, which lockers word badly or not at all."""

from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.locking.index_comments import moved_packages
from labcoat.locking.inputs import LockInput, find_input
from labcoat.locking.lock_header import has_header
from labcoat.locking.requirement_lines import (
    OptionLine,
    RequirementLine,
    parse_lines,
    parse_requirements,
)
from labcoat.locking.requirements_file import parse_pins
from labcoat.toolchain.named_indexes import lock_indexes


def check_contradictions(lock_input: LockInput) -> None:
    """Raise LabcoatError if an input asks for a version that a lock which limits it excludes."""
    texts = lock_input.texts()
    locks = {file: text for file, text in texts.items() if has_header(text)}
    indexes = lock_indexes(lock_input.lock)
    for lock, locked in locks.items():
        moved = moved_packages(locked, indexes)
        versions: dict[str, list[str]] = {}
        for pin in parse_pins(locked):
            versions.setdefault(pin.name, []).append(pin.version)
        for file in texts.keys() - locks.keys():
            for line in parse_requirements(texts[file]):
                found = versions.get(line.name)
                if line.name in moved:  # +cpu in one and not in the other is no contradiction
                    continue
                if found and not line.marker and not _allows_any(line, found):
                    raise LabcoatError(
                        f"requirements conflict: `{file.name}` needs `{line.body}` for"
                        f" `{lock_input.lock.name}`, but `{lock.name}` has"
                        f" {line.name} {', '.join(found)}",
                        f"Loosen it, or change what `{find_input(lock).source.name}` allows",
                    )


def check_cycles(lock_input: LockInput) -> None:
    """Raise LabcoatError if a file of the input includes itself with -r, also through others."""
    texts = {file.resolve(): text for file, text in lock_input.texts().items()}

    def follow(file: Path, chain: tuple[Path, ...]) -> None:
        if file in chain:
            circle = " → ".join(each.name for each in (*chain[chain.index(file) :], file))
            raise LabcoatError(f"the inputs include each other: {circle}", "Remove one `-r` line")
        for line in parse_lines(texts.get(file, "")):
            if isinstance(line, OptionLine) and line.option == "--requirement":
                follow((file.parent / line.value).resolve(), (*chain, file))

    follow(lock_input.source.resolve(), ())


def _allows_any(line: RequirementLine, versions: list[str]) -> bool:
    from labcoat._vendor.packaging.requirements import Requirement

    try:
        allowed = Requirement(line.body).specifier
        return any(allowed.contains(version, prereleases=True) for version in versions)
    except ValueError:  # an address, or a version that is not of PEP 440
        return True
