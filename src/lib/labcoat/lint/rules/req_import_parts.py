"""Modules that sources import and the environment's versions of their packages lack, for REQ005."""

from collections.abc import Iterator
from pathlib import Path

from labcoat.imports.module_files import ModuleFiles
from labcoat.imports.sources import scan_lines
from labcoat.imports.standard_library import STANDARD
from labcoat.lint import advice
from labcoat.lint.findings import Finding, Severity
from labcoat.lint.repository.repository import Repository


def find_missing_parts(
    repository: Repository, site_packages: Path, own: set[str]
) -> Iterator[Finding]:
    """Report `a.b` where the environment has `a` without it; `own` are the project's modules."""
    files = ModuleFiles(site_packages)
    dotted = "\n".join(line for line in repository.import_lines if "." in line)
    modules = {each.module for each in scan_lines(dotted) if "." in each.module}
    foreign = (each for each in modules if each.partition(".")[0] not in STANDARD | own)
    if not any("." in files.find_missing(module) for module in foreign):
        return  # most repositories: to read all sources with their places takes a while
    from labcoat.imports.lacking import find_lacking

    for each in find_lacking(repository.root, site_packages):
        if not each.is_part or each.listed:
            continue
        source = advice.source_of(repository, advice.find_project(repository, each.file))
        yield Finding(
            "REQ005",
            each.file,
            f"`{each.module}` is imported here, but the version of its package in .venv lacks it",
            each.explain_own() or f"Ask for a version that has it in {source}",
            each.line,
            severity=Severity.WARNING,
        )
