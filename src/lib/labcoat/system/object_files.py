"""Read shared objects and what is around them, on this machine or in an image's files."""

import os

from labcoat.inventory.regular_files import DiskFiles
from labcoat.system.elf import SharedObject, read_object


class ObjectFiles(DiskFiles):
    """The files on this machine, by absolute path. An image's have the same methods."""

    def exists(self, path: str) -> bool:
        """Return whether `path` leads to a file or a directory."""
        return os.path.exists(path)

    def real_path(self, path: str) -> str:
        """Return the absolute path without links."""
        return os.path.realpath(path)

    def read_object(self, path: str, is_program: bool = False) -> SharedObject | None:
        """Return what a shared object says of itself, as `elf.read_object` does."""
        return read_object(path, is_program)


DISK = ObjectFiles()
