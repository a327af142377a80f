"""The folders of a source as a tree, as a person sees them: archives are not folders."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from catsdogs.data.kinds import archive_stem
from catsdogs.data.labels import KAGGLE_NAME, composed, few, part_of


@dataclass
class Node:
    """A folder: its name, the pictures in it, and its folders by name."""

    name: str = ""
    files: list[str] = field(default_factory=list)
    folders: dict[str, "Node"] = field(default_factory=dict)

    def below(self) -> Iterator[str]:
        """Yield all pictures in this folder and below."""
        yield from self.files
        for folder in self.folders.values():
            yield from folder.below()

    def count(self) -> int:
        """Return the number of pictures in this folder and below."""
        return sum(1 for _ in self.below())

    def full(self) -> dict[str, "Node"]:
        """Return the folders that have pictures in them or below."""
        return {name: node for name, node in self.folders.items() if node.count()}


def grow(names: Iterable[str], empty: Iterable[str]) -> Node:
    """Return the tree of these pictures, with folders that are `empty` of pictures."""
    names = list(names)
    standing = _folders_of_their_own(names)
    root = Node()
    for name in names:
        _reach(root, PurePosixPath(name).parent, standing).files.append(name)
    for folder in empty:
        _reach(root, PurePosixPath(folder), standing)
    return root


def _reach(root: Node, folder: PurePosixPath, standing: set[PurePosixPath]) -> Node:
    """Return the node of a folder, and make those above it. Archives not in `standing` are left
    out.
    """
    node = root
    for path in [*reversed(folder.parents), folder][1:]:
        label = composed(path.name)
        if stem := archive_stem(label):
            if path not in standing:
                continue
            label = stem
        node = node.folders.setdefault(label, Node(label))
    return node


def _folders_of_their_own(names: list[str]) -> set[PurePosixPath]:
    """Return the archives that are as good as a folder: `cats.zip`, with nothing but pictures.

    One that has folders is only their packing. So is one with pictures that are named as Kaggle's,
    such as a shard, unless it is a part of the split.
    """
    loose: dict[PurePosixPath, list[str]] = defaultdict(list)
    packing = set()
    for path in map(PurePosixPath, names):
        if archive_stem(path.parent.name):
            loose[path.parent].append(path.name)
        packing.update(path.parents[1:])
    return {
        archive
        for archive, inside in loose.items()
        if archive not in packing
        and (part_of(archive_stem(archive.name)) or not all(map(KAGGLE_NAME.fullmatch, inside)))
    }


def unwrapped(node: Node) -> tuple[Node, list[str]]:
    """Go down while all pictures are in one folder; return that folder, and a few exceptions."""
    strays: list[str] = []
    while len(node.folders) == 1:
        (only,) = node.folders.values()
        count = only.count()
        if not count or (node.files and not few(node.files, count)):
            break
        strays += node.files
        node = only
    return node, strays
