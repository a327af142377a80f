"""Lessons of a course: numbered folders of a repository whose README says that it teaches."""

from labcoat.core.patterns import lazy_pattern
from labcoat.lint.repository.repository import Repository

_README = r"readme(?:\.md|\.rst|\.txt)?"
_BEGINNING = 2000  # characters of a README, which say what the repository is
_TEACHES = lazy_pattern(
    r"(?i)(?<!of )\b(?:course(?! of\b)|bootcamp|zoomcamp|lectures?(?! notes in\b)"
    r"|lessons?(?! learn)|curriculum(?! learn)|syllabus|curso|(?<!en )(?<!au )cours)\b|教程|课程"
    # Programs refer to tutorials, and papers to workshops.
    r"|\A\W*[^\n]{0,200}\b(?:tutorials?|workshops?(?! (?:on|paper)\b))\b"
    r"|\bthis (?:tutorial|workshop)\b"
)
# `01-Intro`, `s8_monitoring`, `module3`: what stands before the number is the same in all. Neither
# `v2` nor `2.0`, which are versions.
_NUMBERED = lazy_pattern(
    r"(?i)(?!v(?:ersion)?[-_ ]?\d)([a-z]{0,10}[-_ ]?)(\d{1,3})(?:[-_ ].*|\.(?!\d).*)?"
)
_FIRST = (0, 1)  # versions of a database seldom begin so
_LEAST = 4  # that follow each other


def find_lessons(repository: Repository) -> tuple[str, ...]:
    """Return the folders at the root that are lessons, each with a slash at its end."""
    series: dict[str, dict[int, str]] = {}
    for folder in {path.partition("/")[0] for path in repository.tracked if "/" in path}:
        if found := _NUMBERED.fullmatch(folder):
            series.setdefault(found[1].lower(), {})[int(found[2])] = f"{folder}/"
    long = [each for each in series.values() if _has_run(each)]
    if not long or not _teaches(repository):
        return ()
    return tuple(folder for each in long for folder in each.values())


def _has_run(numbers: dict[int, str]) -> bool:
    return any(all(first + n in numbers for n in range(_LEAST)) for first in _FIRST)


def _teaches(repository: Repository) -> bool:
    return any(
        _TEACHES.search(repository.read_text(path)[:_BEGINNING])
        for path in repository.find_named(_README)
        if "/" not in path
    )
