"""Texts of what `labcoat init` makes of a repository's requirements."""

NO_INDEX = "cannot look whether these versions can be installed"
LACKS_PYTHON = "Python {minor}, which this machine lacks, has wheels for {count} more"
CANNOT_TAKE = "cannot take `{requirement}` as it is"
NOTHING_FITS = "found no versions that fit together"
TOO_OLD = "asks for Python {asked}, and labcoat supports 3.8 and newer: Python {taken} takes its"
NO_PYTHON = "no Python that labcoat supports"
REPLACED = "{lock}: `make venv` replaces it, without {lost}"
OLD_RELEASE = (
    "an old release: medusa 2 and later need hard, which has no wheel for Python 3.11 and cannot be"
    " built here"
)
