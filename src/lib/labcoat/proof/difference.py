"""What a proof can find: one difference, its kinds, and packages that nothing proves."""

from labcoat.core.records import Record


class Difference(Record):
    """One thing that differs from the lock or another environment. `kind` is one of KINDS."""

    level: str
    kind: str
    package: str
    path: str = ""
    detail: str = ""

    def __str__(self) -> str:
        text = KINDS[self.kind].format(package=self.package, path=self.path, detail=self.detail)
        return f"{self.level}: {text.replace('{prefix}/', '')}"  # each is in the environment


class Unproved(Record):
    """A package of a level whose files could be compared with nothing but its own RECORD."""

    level: str
    package: str


KINDS = {
    "missing": "{package} {detail} is locked but not installed",
    "added": "{package} {detail} is installed but not locked",
    "version": "{package} {detail}",
    "twice": "{package} is installed more than once: {detail}",
    "edited": "{path} of {package} was edited",
    "removed": "{path} of {package} was removed",
    "stray": "{path} belongs to no package",
    "interpreter": "{detail}",
    "start": "{detail}",
    "own": "{path} is not the file that labcoat and its installers write there",
    "removed-own": "{path} was removed",
    "empty": "{path} is an empty directory that belongs to no package",
    "link": "{path} is a link to {detail}",
    "special": "{path} is {detail}, not a file",
    "unreadable": "{path} cannot be listed",
    "mode": "{path} {detail}",
    "setting": "{path} {detail}",
    "base": "{path} {detail}",
    "system": "{path} {detail}",
    "sourceless": "{path} is byte code without its source",
    "byte-code": "{path} {detail}",
    "conda": "{path} {detail}",
    "differs": "{path} of {package} differs from the one in {detail}",
    "run": "{path}: {detail}",
    "result": "{path} differs from the one of {detail}",
    "changed": "{detail}",
    "source": "{package} {detail}",
    "library": "{package} needs {detail} ({path})",
}
