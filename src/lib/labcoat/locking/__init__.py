"""Locks: compile requirements*.in, read requirements files."""
