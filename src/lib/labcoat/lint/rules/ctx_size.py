"""CTX007: what a build sends is larger than the budget."""

import heapq
from collections.abc import Iterator

from labcoat.container.context.build_context import file_sizes
from labcoat.core.path_roles import is_aside
from labcoat.lint.config import LintConfig, format_mebibytes
from labcoat.lint.findings import Finding, Severity
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.repository import Repository

_LARGEST = 10  # this many files are named


def check_size(repository: Repository, sharing: list[BuildFacts]) -> Iterator[Finding]:
    """Report a context larger than `context-budget`; builds in `sharing` have the same one."""
    facts = sharing[0]
    budget = repository.settings.context_budget
    # git has the sizes of most files; asking the file system for each takes long.
    known = repository.unchanged_sizes
    sent = facts.sent_root_paths()
    sizes = {path: known[path] for path in sent if path in known}
    sizes |= file_sizes(repository.root, (path for path in sent if path not in known))
    own_git = f"{facts.root_path('.git')}/"
    total = sum(sizes.values())
    if total <= budget:
        return
    named = {path for each in sharing for path in each.read_root_paths}
    read = sum(size for path, size in sizes.items() if path in named)
    remark = ""
    if read > budget:
        total, sizes = read, {path: size for path, size in sizes.items() if path in named}
    elif read < total:
        remark = (
            f"; BuildKit sends the {format_mebibytes(read)} that COPY and ADD name, "
            "older builders send all"
        )
    history = sum(size for path, size in sizes.items() if path.startswith(own_git))
    largest = heapq.nlargest(_LARGEST, ((size, path) for path, size in sizes.items()))
    names = ", ".join(f"{path} ({format_mebibytes(size)})" for size, path in largest)
    more = f" and {len(sharing) - 1} more" if sharing[1:] else ""
    yield Finding(
        "CTX007",
        facts.ignore_file,
        f"the build context of {facts.dockerfile}{more} is {format_mebibytes(total)}, "
        f"over the budget of {format_mebibytes(budget)}{remark}; largest files: {names}",
        f"Exclude in {facts.ignore_file} what the image does not need, "
        "or set `context-budget` in [tool.labcoat]",
        # The default is not a choice: what is not far above it may be needed.
        severity=Severity.NOTE
        if remark
        or (budget == LintConfig.context_budget and total < 2 * budget)
        or all(is_aside(each.dockerfile) for each in sharing)
        else Severity.WARNING,
        causes=tuple(each.dockerfile for each in sharing) if total - history <= budget else (),
    )
