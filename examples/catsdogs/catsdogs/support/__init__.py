"""Helpers of all packages: atomic writes, the cache, progress, errors on the terminal, and limits
of memory and disk.
"""
