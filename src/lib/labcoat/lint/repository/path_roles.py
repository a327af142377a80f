"""What a path says of a file: whether it is the project's own, a sample for tests, part of a template, or made anew."""

import re

# Folders that hold what others wrote, or what tests read: nobody builds or installs from them.
_SAMPLES = re.compile(
    r"(?:^|/)(?:(?:__)?fixtures?(?:__)?|test[-_]?data|__?snapshots__?|cassettes|goldens?|node_modules|site-packages"
    r"|_?vendor(?:ed)?|third[-_]party|bower_components)/"
    r"|(?:^|/)(?:tests?|specs?|__tests__|testing)/(?:.*/)?(?:data|files|resources|assets|inputs?|cases|samples?|templates?)/"
)
# Folders beside the program itself: what is imported, or looks like a key, in there is often for show.
_ASIDE = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|testing|test[-_]\w+|\w+[-_]tests?|docs?|documentation|examples?|samples?|demos?|mocks?"
    r"|tutorials?|fixtures?)/",
    re.IGNORECASE,
)
# What programs make anew: rules about contexts name it where it is sent.
_MADE = re.compile(r"(?:^|/)(?:\.git|__pycache__|node_modules|\.tox|\.nox|\.\w+_cache)/")
_TEMPLATE = re.compile(r"\{\{|\{%")  # of cookiecutter and copier, in the names of files too


def is_sample(path: str) -> bool:
    """Whether the file is data of a test, vendored, or part of a project template, and so not this project's to mend."""
    return _SAMPLES.search(path) is not None or is_template(path)


def is_aside(path: str) -> bool:
    """Whether the file belongs to tests, documentation or examples."""
    return _ASIDE.search(path) is not None or is_sample(path)


def is_made(path: str) -> bool:
    """Whether the file is in a cache, or in git's own folder."""
    return _MADE.search(path) is not None


def is_template(text: str) -> bool:
    """Whether a name or a text is to be filled in before it means anything."""
    return _TEMPLATE.search(text) is not None
