"""Files of the build context in the stages of a Dockerfile, while their instructions are traced."""

import posixpath
from collections.abc import Iterator, Mapping

from labcoat.container.dockerfile.parser import Instruction
from labcoat.core.records import Record, field

Origin = tuple[str, int]  # a path of the context, and the line of the COPY or ADD that reads it


class CopiedFiles(Record):
    """Files that one source of a COPY or ADD brought into `folder`.

    `paths` are in the tree that they come from, and each lands in `folder` without its first `cut`
    letters. `origins` is set if that tree is another stage. A destination that names one file is
    `renamed`, its whole path in the image; `perhaps_folder` if that could be a folder of the base
    image, with the file in it. `placed` replaces all of these where paths in the image do not
    follow from `paths`.
    """

    paths: list[str]
    cut: int
    folder: str
    line: int
    origins: Mapping[str, Origin] | None = None
    renamed: str = ""
    perhaps_folder: bool = False
    placed: Mapping[str, Origin] = field(default_factory=dict)

    def context_lines(self) -> dict[str, int]:
        """Return the paths of the context, each with its line."""
        if self.placed:
            return dict(self.placed.values())
        if self.origins is None:  # a tuple for each path of a whole tree would be slow
            return dict.fromkeys(self.paths, self.line)
        return dict(self.origins[path] for path in self.paths)

    def image_paths(self) -> Iterator[tuple[str, Origin]]:
        """Yield each path in the image with its origin."""
        if self.placed:
            yield from self.placed.items()
            return
        folder = self.folder if self.folder.endswith("/") else f"{self.folder}/"
        for path in self.paths:
            origin = (path, self.line) if self.origins is None else self.origins[path]
            below = path[self.cut :]
            # posixpath.join() would take most of the time for a whole tree.
            joined = below if below.startswith("/") else folder + below
            yield self.renamed or joined, origin
            if self.perhaps_folder:
                yield posixpath.join(self.renamed, path.rpartition("/")[2]), origin

    def creates_folder(self, folder: str) -> bool:
        """Whether `folder`, with a slash at its end, is a folder in the image afterwards."""
        if not self.renamed and f"{self.folder}/".startswith(folder):
            return True
        return folder.startswith(f"{self.folder}/".replace("//", "/")) and any(
            path.startswith(folder) for path, _ in self.image_paths()
        )


class StageState:
    """A stage between two of its instructions.

    `known` is true as long as it contains nothing but what was copied, so that the destinations
    that are folders are known.
    """

    def __init__(self, base: "StageState | None", *, known: bool) -> None:
        self.copied: list[CopiedFiles] = list(base.copied) if base else []
        self.values: dict[str, str] = dict(base.values) if base else {}
        self.folder: str = base.folder if base else "/"
        self.folders: set[str] = set(base.folders) if base else {"/"}
        self.onbuild: list[Instruction] = []
        self.known: bool = base.known if base else known
        self._files: dict[str, Origin] | None = None

    def enter_folder(self, folder: str) -> None:
        """Create `folder` and make it the current one, as WORKDIR does."""
        self.folder = posixpath.normpath(posixpath.join(self.folder, folder))
        self.folders.add(self.folder)

    def is_folder(self, path: str) -> bool:
        """Whether `path` is a folder in the image, as far as COPY and WORKDIR created it."""
        below = f"{path}/".replace("//", "/")
        return any(f"{each}/".startswith(below) for each in self.folders) or any(
            each.creates_folder(below) for each in self.copied
        )

    def files_by_path(self) -> dict[str, Origin]:
        """Return the origins of the finished stage's files by path, without a leading slash."""
        if self._files is None:
            self._files = {
                path.lstrip("/"): origin
                for each in self.copied
                for path, origin in each.image_paths()
            }
        return self._files


def merge_copied(copied: list[CopiedFiles], line: int) -> list[CopiedFiles]:
    """Merge what one instruction brought into its one layer: of two files at a path, the later.

    A file that another instruction overwrites stays in its own layer.
    """
    placed = {path: origin for each in copied for path, origin in each.image_paths()}
    return [CopiedFiles([], 0, copied[0].folder, line, placed=placed)]
