"""Texts of locks and requirements files. Templates take their values with format."""

# Inputs
NO_INPUT = "`requirements.in` does not exist"
NO_FILE = "`{name}` does not exist"
NOT_TEXT = "`{name}` is not a text file"
NAMES_INDEX = "`{name}` names a package index or folder with `{option}`"

# Locks
OPTIONAL_LOCK = "`{lock}`, which `make venv` does not need, is not up to date: "
OUTDATED = "`{lock}` is older than its inputs"
NO_LOCK = "`{lock}` does not exist"
UNKNOWN_PACKAGE = "no lock has the package `{package}`"
LISTED_IN = "Packages are listed in `{lock}`"
WOULD_BE_REPLACED = "`{lock}` asks for more than `{source}` and would be replaced: {lines}"
INIT_ADDS = "as `labcoat init` does"
NO_WHEEL_FOR = "no wheel for {platform}: {releases}"
NO_SHA256 = "`{release}` has no SHA-256 hash"
EDITED = "`{lock}` was changed after labcoat wrote it"
OLD_FORMAT = "`{lock}` has the format of an earlier labcoat"
CONFLICT = "requirements conflict"
INVALID_REQUIREMENT = "invalid requirement"
INVALID_COOLDOWN = "invalid LABCOAT_COOLDOWN `{value}`"
SETTING_NAMES_NO_FILE = "{setting} names {name}, which does not exist"

# Groups and extras
NO_GROUP = "`pyproject.toml` has no group `{name}`, which the group `{group}` includes"
NO_EXTRA = "`pyproject.toml` has no extra `{name}`, which `{extra}` names"
NO_PART = "`pyproject.toml` has no group or extra `{name}`, which `tool.labcoat.locks` names"
CYCLE = "the groups in `pyproject.toml` include each other: {circle}"
TWO_OF_ONE_NAME = "two groups of one name"
NOT_A_REQUIREMENT = "`{text}` in the list `{where}` of `pyproject.toml` is not a requirement"
OWN_NAME = "`pyproject.toml` reads its dependencies from `requirements.txt`"
ONE_FILE = "`{lock}` and `{source}` are one file, which the lock would replace"
NOT_NEEDED = "`requirements.txt` has packages that `pyproject.toml` does not need: {names}"
CANNOT_EDIT = "cannot edit the dependencies in `{source}`"
CANNOT_RUN = "cannot run `setup.py`: {reason}"
CONTRADICTION = (
    "requirements conflict: `{source}` needs `{asked}` for `{lock}`, but `requirements.txt` has"
)
INCLUDE_CYCLE = "the inputs include each other: {circle}"
OTHER_PYTHON = "`{lock}` is for Python {old}, and the project uses {new}"

# Named indexes
UNDEFINED_INDEX = "`{lock}` takes `{package}` from the index `pytorch`, which is not defined"
NOT_ON_INDEX = "the index `pytorch` has no package {package}"

# Slow lockers
WITH_UV = "looking for versions with uv, which pip-tools then keeps"

# Patch releases
SPLIT = "omega 1.0 is locked: 2.0 is not for every release of Python"
INDEX_OF_A_PART = "`mine` comes from the index `own` for `"
