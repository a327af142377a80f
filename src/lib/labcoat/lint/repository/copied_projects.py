"""Folders that are projects of others, copied into the repository with their licence."""

from labcoat.lint.repository.repository import Repository

_LICENCE = r"(?:licen[cs]e|copying)(?:\.md|\.txt|\.rst)?"
_ABOUT = r"contributing\.md|citation\.cff"  # what only the root of a repository has a use for


def find_copied_projects(repository: Repository) -> tuple[str, ...]:
    """Return the folders with another licence than the root, each with a slash at its end.

    Without one at the root, a folder also has what tells others how to contribute or to cite.
    """
    licences = {path.rpartition("/")[0]: path for path in repository.find_named(_LICENCE)}
    own = licences.pop("", "")
    if not licences:
        return ()
    about = {path.rpartition("/")[0] for path in repository.find_named(_ABOUT)}
    text = _read_words(repository, own) if own else []
    return tuple(
        f"{folder}/"
        for folder, path in licences.items()
        if (_read_words(repository, path) != text if own else folder in about)
    )


def _read_words(repository: Repository, path: str) -> list[str]:
    return repository.read_text(path).split()
