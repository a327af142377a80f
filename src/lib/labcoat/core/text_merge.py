"""Take a change out of a text that has been edited since: a merge of three versions, by lines."""

import re


def merge_undo(before: str, after: str, current: str) -> str | None:
    """Return `current` without what turned `before` into `after`; None if those lines changed.

    All three are texts of one file. This is a merge of three versions, by lines.
    """
    import difflib

    old, new, now = split_lines(before), split_lines(after), split_lines(current)
    kept: dict[int, int] = {}  # line of `after` to the same line of `current`
    for start, place, length in difflib.SequenceMatcher(
        None, new, now, autojunk=False
    ).get_matching_blocks():
        kept.update({start + offset: place + offset for offset in range(length)})
    matcher = difflib.SequenceMatcher(None, new, old, autojunk=False)
    hunks = [each for each in matcher.get_opcodes() if each[0] != "equal"]
    for _, start, end, first, last in reversed(hunks):
        places = [kept.get(line) for line in range(start, end)]
        if None in places or (not places and start not in kept):
            return None
        begin = places[0] if places else kept[start]
        if begin is None or places not in ([], list(range(begin, begin + len(places)))):
            return None
        now[begin : begin + len(places)] = old[first:last]
    return "".join(now)


def split_lines(text: str) -> list[str]:
    """Return the lines with their ends; only a line feed ends one, as in git and make."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
