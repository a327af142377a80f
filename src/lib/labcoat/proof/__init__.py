"""The proof: whether the lock, the environments and the image hold the same files.

The package computes; `commands/` prints the result.
"""
