"""What a path says about a file: the project's own, a sample, part of a template, or generated."""

import re

from labcoat.core.patterns import lazy_pattern

# Folders with third-party files or test data, from which the project is not built or installed.
_SAMPLES = lazy_pattern(
    r"(?:^|/)(?:(?:__)?fixtures?(?:__)?|test[-_]?data|__?snapshots__?|cassettes|goldens?"
    r"|node_modules|site-packages|_?vendor(?:ed)?|third[-_]party|bower_components)/"
    r"|(?:^|/)(?:tests?|specs?|__tests__|testing)/(?:.*/)?"
    r"(?:data|files|resources|assets|inputs?|cases|samples?|templates?)/"
)
# Folders beside the program itself: imports and keys in there are often only examples.
_ASIDE = lazy_pattern(
    r"(?:^|/)(?:tests?|specs?|__tests__|testing|test[-_]\w+|tests?(?:utils?|helpers?|kit|support|ing)|\w+[-_]tests?|docs?|documentation"
    r"|examples?|samples?|demos?|mocks?|tutorials?|fixtures?)/",
    re.IGNORECASE,
)
# What programs generate; the rules about contexts report it where it is sent.
_GENERATED = lazy_pattern(r"(?:^|/)(?:\.git|__pycache__|node_modules|\.tox|\.nox|\.\w+_cache)/")
# What a course or a book hands out: students read and change it, and no one deploys it. A folder
# `lab` or `week` without a number may be anything, and `lesson-service` is a program.
_NUMBERED = "lab|hw|ch|chapter|week|tutorial"
_PARTS = "part|day|section|session|episode"  # `day2-ops` and `section508` are programs
# In other languages, of which many courses are.
_NUMBERED_ELSEWHERE = "aula|clase|lecci[oó]n|lezione|s[eé]ance|(?:ü|ue)bung|vorlesung|(?:л|Л)екция"
_LESSONS = r"exercises?(?:[-_ ]?files)?|homeworks?|assignments?|lessons?|lectures?|katas?"
_COURSE = lazy_pattern(
    r"(?:^|/)(?<!services/)(?<!apps/)(?:(?:code)?labs|(?:[\w -]{0,80}[-_ ])?"
    rf"(?:(?:{_LESSONS}|{_NUMBERED}|{_NUMBERED_ELSEWHERE})[-_ ]?\d{{1,4}}(?:[-_ ][^/]{{0,80}})?"
    rf"|(?:{_PARTS})[-_ ]?\d{{1,2}}"
    rf"|(?:{_LESSONS})(?:[-_ ](?:[a-z]|answers?|solutions?|starter))?))/",
    re.IGNORECASE,
)
_RETIRED = lazy_pattern(
    r"(?:^|/)(?<!services/)(?<!apps/)(?:_?(?:archived?|obsolete|attic|graveyard)"
    r"|(?:[\w-]{1,40}[-_])?deprecated"
    r"|\.(?:[\w-]{0,40}[-_])?(?:backups?|history))/",  # hidden, as those of editors
    re.IGNORECASE,
)
# What the trackers of experiments write for each run, mlflow beside a model, and Serverless for a
# deployment.
_RUN = lazy_pattern(
    r"(?:^|/)(?:wandb/(?:[\w.-]{1,255}/){0,9}(?:offline-)?run-\d[^/]*|mlruns|mlartifacts|lightning_logs"
    r"|\.serverless"
    r"|\.(?:aim|guild|neptune))/"
)
_TEMPLATE = lazy_pattern(r"\{\{|\{%")  # of cookiecutter and copier, in file names too


def is_sample(path: str) -> bool:
    """Whether the file is test data, vendored, or part of a project template: not to be fixed."""
    return _SAMPLES.search(path) is not None or is_template(path)


def is_aside(path: str) -> bool:
    """Whether the file belongs to tests, documentation or examples."""
    return _ASIDE.search(path) is not None or is_sample(path)


def is_generated(path: str) -> bool:
    """Whether the file is in a cache, or in git's own folder."""
    return _GENERATED.search(path) is not None


def is_course_material(path: str) -> bool:
    """Whether the file is an exercise, a lecture, or a part of a course, a book or a tutorial."""
    return _COURSE.search(path) is not None


def is_retired(path: str) -> bool:
    """Whether the file is kept in a folder for what is no longer used."""
    return _RETIRED.search(path) is not None


def is_run_record(path: str) -> bool:
    """Whether a tracker of experiments wrote the file about one run."""
    return _RUN.search(path) is not None


def is_template(text: str) -> bool:
    """Whether a name or a text has to be rendered first."""
    return _TEMPLATE.search(text) is not None
