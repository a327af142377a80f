"""Texts of the levels of isolation. Templates take their values with format."""

IMAGE_LACKS = "image `{image}` lacks libraries that imports need: {libraries}"

UNKNOWN_LEVEL = "unknown level of isolation `{name}`"

# The virtual environment
NO_VENV = "no virtual environment in `{path}`"
NOT_A_VENV = "`{path}` exists but is not a virtual environment"
NO_PYTHON = "the Python interpreter of `{path}` is missing"
NO_HASHES = "`{lock}` has no hashes"
UNLOCKED = "`{path}` has packages that are not locked: {changes}"
MUST_BE_RECREATED = "`{path}` must be recreated, but it has packages that are not locked: {changes}"
OUTSIDE = "the wheel {wheel} would write files outside of the environment"
UNLOCKED_PACKAGES = "packages that are not locked"
REMOVING_UNLOCKED = "removing {package} {version}, which is not locked"
REMOVING_MOVED = "removing {package} {version}, because {locked} is locked"
REMOVING = "removing "
RESTORING = "restoring {package} {version}"
FREEZE_KEEPS = "`make freeze` would have kept it"

# The conda environment
NO_CONDA_PROGRAM = "cannot find `{name}`"
NO_CONDA = "no conda environment in `{path}`"
NOT_A_CONDA = "`{path}` exists but is not a conda environment"
CREATING = "creating "
CONFLICT = "conda cannot find versions that fit together"
CRASHED_ONCE = "{program} crashed ({signal}); trying once more"
CRASHED_EACH_TIME = "{program} crashed each time ({signal})"
PIP_UNLOCKED = "environment.yml asks pip for `{line}`, which is not in the lock"

# The image
NO_IMAGE = "image `{image}` does not exist"
OLD_IMAGE = "image `{image}` is older than `{lock}`"

# No isolation
PACKAGES_DIFFER = "the packages of `{python}` differ from the lock"
AS_ROOT = "cannot install packages for the user root"
IN_VENV = "is in a virtual environment"
SYSTEM_PYTHON = "is managed by the operating system"
PATH_OF_ONE_LEVEL = "PYTHONPATH names directories that only this level has: {path}"
FOREIGN = "another tool made `{folder}`"
FREEZE_FIRST = "`make {freeze}` adds its packages to your requirements, `make {level} AGAIN=1`"
NOT_OURS = "`{folder}` stays: labcoat did not make it"
OF_ANOTHER = "`{folder}` stays: it is the environment of {place}"
REMOVING_ENVIRONMENT = "removing {folder}"
