"""Texts of `labcoat prove`. Templates take their values with format."""

EQUAL = "equal: {names}"

# Differences
MISSING = "{package} {version} is locked but not installed"
ADDED = "{package} {version} is installed but not locked"
NOT_LOCKED = "is installed but not locked"
VERSION = "{package} is {version}, but {locked} is locked"
TWICE = "{package} is installed more than once: {versions}"
EDITED = "{path} of {package} was edited"
REMOVED = "{path} of {package} was removed"
STRAY = "{path} belongs to no package"
NUMBA = "{path} was written by Numba and cannot be compared with its source"
PYTEST_FORGED = "{path} is not what pytest {version} makes of its source"
PYTEST_UNKNOWN = "{path} was written by pytest {version} and cannot be compared with its source"
OUTPUT_DIFFERS = "{level}: {path} differs from the one of {first}"
OUTPUT_MISSING = "{level}: {path}: was not written"
COMMAND_FAILED = "{level}: {path}: the command failed with exit status {status}"

LIBRARY = "{package} needs {library}, which is missing: Debian's package {debian} has it ({path})"
UNKNOWN_LIBRARY = "{package} needs {library}, which is missing ({path})"
OPTIONAL_LIBRARY = "missing for optional parts of packages: {libraries}"
DAMAGED_OBJECT = "{path} of {package} is damaged: {reason}"
ADD_LINES = "to fix docker, add the {lines} to `apt.txt`"

NO_PYTHON = "`bin/python` is missing"
OTHER_PYTHON = "`bin/python` starts `{path}`, which is no installed Python"
OTHER_PATCH = "docker: has Python 3.11.2, but venv has 3.11.7"

# Rows and last lines
NOT_PROVED = "not proved: no wheel to compare with for {packages}"
STALE = "stale: {file} has changed"
NAMES_ONLY = "names and versions only: {packages}"
DEVELOPMENT = "plus {count} from {lock}"
COMPILED_FOR = "the lock was compiled for Python {minor}"
FIX = "to fix {level}, run `{command}`"

# Compared with an earlier proof
LOCK_CHANGED = "the lock differs from the earlier proof"
CHANGED = "{level}: {name} differs from the earlier proof"
UNREADABLE_PROOF = "cannot read `{file}`"
OLD_PROOF = "`{file}` is a proof by labcoat {version}, which compares other files"
INVALID_PROOF = "`{file}` is not a proof"

# What could not be checked
OWN_PYTHON = "labcoat runs on the Python of `{name}`, which it has to check"
NO_LOCK = "`{lock}` does not exist"
NOTHING_TO_COMPARE = "no environment to compare with the lock"
NO_LEVEL = "{level} does not exist"
NOT_CHECKED = "{level} is not checked"
UNWRITABLE = "cannot write `.labcoat/proof.json`"

# LABCOAT_PROVE_RUNS
NO_OUTPUTS = "`{command}` in LABCOAT_PROVE_RUNS names no outputs"
OUTSIDE = "`{path}` in LABCOAT_PROVE_RUNS is not inside the project"
IGNORED_VARIABLES = (
    "the commands in LABCOAT_PROVE_RUNS run without the shell's"
    " NPY_DISABLE_CPU_FEATURES, OMP_NUM_THREADS, OPENBLAS_CORETYPE"
)
