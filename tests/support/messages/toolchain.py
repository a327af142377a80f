"""Texts of installers, indexes and interpreters. Templates take their values with format."""

NO_INDEX = "cannot reach the package index"
NO_PACKAGE = "the package index has no package {package}"
NO_VERSION = "no version that matches {requirement}"
WRONG_HASH = "does not have the locked hash"
NO_PYTHON = "needs Python {version} (`{source}`), which this machine does not have"
UNKNOWN_PYTHON = "no Python {version} exists that labcoat knows (`{source}`)"
DISK_FULL = "the disk is full"
