"""Indexes for one group or extra, in locks that have it and another name.

An index with a variant counts for the locks of that name: one for the group `test` does not count
for requirements-dev.txt, also where `dev` includes `test`.
"""

from collections.abc import Sequence
from pathlib import Path

from labcoat.core.errors import LabcoatError
from labcoat.core.project_files.declared import Declared
from labcoat.locking.flattening import included_parts, normalize_part
from labcoat.locking.requirement_lines import RequirementLine, parse_lines
from labcoat.toolchain import named_indexes


def check_part_indexes(
    declared: Declared, parts: Sequence[str], lock: Path, lines: Sequence[str]
) -> None:
    """Raise LabcoatError if an index of a part of `lock` does not count for one of its `lines`.

    The default index may have another package of that name.
    """
    known = named_indexes.list_indexes(lock.parent)
    others = [each for each in known if not each.is_for(lock.stem)]
    if not others:
        return
    own = set(map(normalize_part, included_parts(declared, parts, lock)))
    counting = [each for each in known if each.is_for(lock.stem)]
    asked = parse_lines("\n".join(lines))
    names = [each.name for each in asked if isinstance(each, RequirementLine) and not each.url]
    for name in names:
        for each in others:
            part = next((one for one in each.variants if normalize_part(one) in own), "")
            if part and each.has(name) and not any(one.has(name) for one in counting):
                raise LabcoatError(
                    f"`{name}` comes from the index `{each.name}` for `{part}` alone, and"
                    f" `{lock.name}` has `{part}` too",
                    "Let the index count for every lock: remove `group`, `extra` or `variant`"
                    " there",
                )
