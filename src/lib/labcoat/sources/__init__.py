"""Packages that are not releases of an index: directories, git commits and archives."""
