"""Texts of installers, indexes and interpreters. Templates take their values with format."""

NO_INDEX = "cannot reach the package index"
NO_PACKAGE = "the package index has no package {package}"
NO_VERSION = "no version that matches {requirement}"
WRONG_HASH = "does not have the locked hash"
NO_PYTHON = "needs Python {version} (`{source}`), which this machine does not have"
UNKNOWN_PYTHON = "no Python {version} exists that labcoat knows (`{source}`)"
DISK_FULL = "the disk is full"

# Named indexes
NO_TABLE_OF_INDEXES = "`tool.labcoat.indexes` in `pyproject.toml` is not a table of indexes"
INVALID_URL = "the index `one` in `pyproject.toml` has an invalid url"
URL_WITH_PASSWORD = "the url of the index `one` in `pyproject.toml` has a password"  # noqa: S105
UNSET_VARIABLE = "the index `other` needs the environment variable TOKEN, which is not set"
NAMED_INDEX_DOWN = "cannot reach the index `pytorch`"
NO_SOURCE_OF_POETRY = "takes `mine` from the source `own`, which is not defined"
POETRY_PASSED_OVER = "`mine` has a `source` in `tool.poetry` of `pyproject.toml`, and is in no"
SEARCHED_INDEX = "no package names the index `https://own.example/simple` of `pyproject.toml`"
