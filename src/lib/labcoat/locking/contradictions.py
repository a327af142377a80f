"""Find requirements that the lock they have to follow rules out, which lockers word badly."""

from labcoat.core.errors import LabcoatError
from labcoat.locking.inputs import LockInput, find_input
from labcoat.locking.lock_header import has_header
from labcoat.locking.requirement_lines import RequirementLine, parse_requirements
from labcoat.locking.requirements_file import parse_pins


def check_contradictions(lock_input: LockInput) -> None:
    """Raise LabcoatError if an input asks for a version that a lock which limits it excludes."""
    texts = lock_input.texts()
    locks = {file: text for file, text in texts.items() if has_header(text)}
    for lock, locked in locks.items():
        versions: dict[str, list[str]] = {}
        for pin in parse_pins(locked):
            versions.setdefault(pin.name, []).append(pin.version)
        for file in texts.keys() - locks.keys():
            for line in parse_requirements(texts[file]):
                found = versions.get(line.name)
                if found and not line.marker and not _allows_any(line, found):
                    raise LabcoatError(
                        f"requirements conflict: `{file.name}` needs `{line.body}` for"
                        f" `{lock_input.lock.name}`, but `{lock.name}` has"
                        f" {line.name} {', '.join(found)}",
                        f"Loosen it, or change what `{find_input(lock).source.name}` allows",
                    )


def _allows_any(line: RequirementLine, versions: list[str]) -> bool:
    from labcoat._vendor.packaging.requirements import Requirement

    try:
        allowed = Requirement(line.body).specifier
        return any(allowed.contains(version, prereleases=True) for version in versions)
    except ValueError:  # an address, or a version that is not of PEP 440
        return True
