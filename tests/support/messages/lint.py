"""What `labcoat check`, `fix` and `explain` print, as far as tests assert it."""

# Reports
CLEAN = "No problems found."
COUNTED = "Found 1 error, 2 warnings, 1 note"
FIXABLE = "`make fix` (or `labcoat fix`) fixes 1 of them"
EXPLAINED = "`labcoat explain {rule}` explains the first."

# What was not checked
UNREADABLE_FOLDER = "cannot read {path}: docker build fails unless"
UNREADABLE_IGNORE_FILE = "cannot read .dockerignore (Permission denied): the build context"
WITHOUT_GIT = "is not in a git repository: skipped the rules that need git"
PARTIAL_CLONE = "as in a partial clone"

# Errors
UNKNOWN_RULE = "unknown rule `{rule}`"
NO_DIRECTORY = "`{path}` is not a directory"
BARE_REPOSITORY = "is a bare repository"
MISSING_PAGE = "the page about `{rule}` is missing"

# Findings
MORE_DOCKERFILES = "2 more Dockerfiles"
INCLUDED_BY = "on line 1 of {path}"

# Fixes
ADDED_LINE = "{path}: added the line {line}"
KEPT_CHANGES = " (its uncommitted changes are kept)"

RENAME_IGNORE_FILE = "Rename it to .dockerignore"
OVERRULED = "has no effect: a pattern below it ignores that path again"

# Locks and their inputs
OLDER = "the lock is older than `{source}`"
LACKS = "`{source}` asks for `{name}`, which the lock lacks"
MORE_OF_ONE_MACHINE = "`p0` and 8 more are files on one machine"
MOVE_LINES = "Move these lines to {source} and lock it with {command}"
