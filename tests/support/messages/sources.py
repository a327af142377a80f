"""What labcoat says about packages that are not releases of an index."""

STALE = "`requirements.txt` is older than its inputs"
EDITED = "`requirements.txt` was changed after labcoat wrote it"
OTHER_CONTENT = "has another content than the one that is locked"
NOT_SHARED = "{release} is not added: it comes from"
OUTSIDE = "is outside of the repository"
PASSWORD = "has a password"  # noqa: S105
TWO_WAYS = "`{name}` is asked for in two ways"
NO_BRANCH = "has no branch or tag `{name}`"
NO_COMMIT = "does not have the commit {commit}"
OTHER_PACKAGE = "is the package `{found}`, not `{name}`"
CANNOT_BUILD = "cannot build `{place}`: {reason}"
NO_COMPILER = "cannot build `{place}`: the compiler `{program}` is not installed"
