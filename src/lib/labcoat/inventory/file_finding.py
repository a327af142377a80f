"""What is wrong with a file of an environment, apart from the contents of packages."""

from labcoat.core.records import Record


class FileFinding(Record):
    """One entry that can change which code runs. `kind` is one of proof.difference.KINDS.

    `path` is as `scan` names files; a directory's ends with a slash. `detail` completes the kind's
    sentence.
    """

    kind: str
    path: str
    detail: str = ""
