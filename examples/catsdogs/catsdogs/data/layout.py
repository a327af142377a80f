"""Understand the folders and names of a data set: the class of each picture, and its part if the
authors have split them.

* The top folders are the classes, whatever lies below them: `cats/2019/1.jpg` shows cats.
* If all pictures are in one folder, Kaggle's names give the classes: `cat.0.jpg`, `dog.0.jpg`.
* If all top folders are parts of a split, `train/` and `test/`, they have the classes inside. A
  part without classes has pictures to predict.
* Masks of other pictures are left out, unless `CLASSES=top`.

What can be meant in two ways is refused: `CLASSES=` decides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import NoReturn

from catsdogs.data.labels import (
    Named,
    by_name,
    few,
    numbered,
    part_of,
    says_nothing,
    without_prefix,
)
from catsdogs.data.masks import A_MASK, find_masks
from catsdogs.data.tree import Node, grow, unwrapped
from catsdogs.errors import CatsdogsError

TOP, PARTS, NAMES, LAST = "top", "parts", "names", "last"
WAYS = {
    TOP: "the top folders",
    PARTS: "the folders in train, validation and test",
    NAMES: "the words before the numbers in the files' names",
    LAST: "the folders that the files are in",
}
OUTSIDE = "not in the folder of a class"
UNNAMED = "no class in its name"


@dataclass
class Layout:
    """The class of each picture by its name, empty for those to predict; parts, if there are any;
    classes without pictures; and pictures without a class, each with the reason.
    """

    way: str
    labels: dict[str, str] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    strays: dict[str, str] = field(default_factory=dict)


def understand(names: Iterable[str], empty: Iterable[str], how: str = "") -> Layout:
    """Return the layout of the pictures with these names, and of folders `empty` of pictures.

    `how` is one of `WAYS`, or nothing to find out. Raise `CatsdogsError` if the layout has more
    than one meaning, or none.
    """
    if how not in {"", *WAYS}:
        raise CatsdogsError(
            f"invalid value `CLASSES={how}`",
            f"Use one of {', '.join(WAYS)}, or leave it empty to find out",
        )
    names = list(names)
    masks = find_masks(names) if how != TOP else set()
    root = grow([name for name in names if name not in masks], empty)
    node, strays = unwrapped(root)
    if how == NAMES:
        layout = _named(by_name(root.below()))
        layout.labels |= {name: "" for name in layout.strays if numbered([name])}
        layout.strays = {n: why for n, why in layout.strays.items() if n not in layout.labels}
    elif how == LAST:
        layout = _last(root)
    elif how == TOP and node.folders:
        layout = _top(node)
    elif how == PARTS and node.folders:
        layout = _in_parts(node, without_prefix(node.full()))
    else:
        layout = _found(root, node)
    layout.strays |= {name: OUTSIDE for name in strays if name not in layout.labels}
    layout.strays |= dict.fromkeys(sorted(masks), A_MASK)
    return layout


def _found(root: Node, node: Node) -> Layout:
    full = without_prefix(node.full())
    if not full:
        return _flat(root, node)
    parts = {name: part for name in full if (part := part_of(name))}
    loose = by_name(node.files)
    if loose.clear and len(parts) == len(full) and all(numbered(n.below()) for n in full.values()):
        return _with_unlabelled(_named(loose), full.values())
    if node.files and not few(node.files, node.count() - len(node.files)):
        raise CatsdogsError(
            f"cannot find the class of {node.files[0]!r} and {len(node.files) - 1} other pictures "
            f"beside the folders {_listed(full)}",
            f"Move them into a class's folder, or set `CLASSES={TOP}` to leave them out, or "
            f"`CLASSES={NAMES}` for {WAYS[NAMES]}",
        )
    taught = _taught(full)
    labelled = {name: inside for name in parts if (inside := _inside(full[name], taught))}
    if len(parts) == len(full):
        return _of_parts(node, full, labelled)
    _refuse_parts_beside_others(full, labelled)
    inside = [set(folder.full()) for folder in full.values()]
    if all(map(says_nothing, full)) and len(inside[0]) > 1 and all(inside[0] == x for x in inside):
        _refuse(full, f"all have {_listed(inside[0])}", TOP, "folders in them", LAST)
    return _top(node)


def _of_parts(node: Node, full: Mapping[str, Node], labelled: Mapping[str, set[str]]) -> Layout:
    """Return the layout of folders that all are named as parts of a split."""
    if not labelled:
        _refuse(full, "nothing says what they show", TOP, "names of files", NAMES)
    taught = _taught(full)
    if len(labelled) == 1 and taught:
        ((only, _),) = labelled.items()
        inner = unwrapped(full[only])[0]
        return _with_unlabelled(_found(inner, inner), (full[name] for name in full if name != only))
    other = {name: inside for name, inside in labelled.items() if not inside <= taught}
    if other:
        name, inside = next(iter(other.items()))
        _refuse(
            full,
            f"the folders in {name!r} are {_listed(inside)}"
            + (f", and those to train on {_listed(taught)}" if taught else ""),
            TOP,
            "folders in them",
            PARTS,
        )
    return _in_parts(node, full)


def _refuse_parts_beside_others(full: Mapping[str, Node], labelled: Mapping[str, set[str]]) -> None:
    """Refuse `train/` and `test/` with the same classes if there is another folder beside them."""
    trained = [name for name in labelled if part_of(name) == "training"]
    split = any(
        labelled[name] == labelled[other] for name in trained for other in labelled if other != name
    )
    kaggles = any(not unwrapped(full[name])[0].full() for name in trained)
    if split or kaggles:
        others = [name for name in full if not part_of(name)]
        within = _listed(labelled[trained[0]])
        raise CatsdogsError(
            f"the data can be read in two ways: the classes are the top folders {_listed(full)}, "
            f"or {within} in {trained[0]!r}",
            f"Set `CLASSES={TOP}` for the top folders. Otherwise move {_listed(others)} elsewhere",
        )


def _refuse(full: Iterable[str], reason: str, first: str, other: str, second: str) -> NoReturn:
    raise CatsdogsError(
        f"the data can be read in two ways: the classes are the folders {_listed(full)}, or the "
        f"{other}: {reason}",
        f"Set `CLASSES={first}` for the first, or `CLASSES={second}` for the second",
    )


def _taught(full: Mapping[str, Node]) -> set[str]:
    """Return the classes in the folders that are named as training parts."""
    training = [node for name, node in full.items() if part_of(name) == "training"]
    return set().union(*(_inside(node, set()) for node in training))


def _inside(node: Node, taught: set[str]) -> set[str]:
    """Return the classes in a part: of its folders, or of its pictures' names."""
    node, _ = _opened(node, taught)
    named = by_name(node.files)
    if node.full():
        return set(node.full())
    return named.classes if named.clear else set()


def _opened(part: Node, taught: set[str]) -> tuple[Node, list[str]]:
    """Return the folder in a part that has the class folders, which may be only one, and strays."""
    return (part, []) if part.full().keys() & taught else unwrapped(part)


def _top(node: Node) -> Layout:
    """Return the layout whose classes are the folders in `node`."""
    layout = Layout(TOP, strays=dict.fromkeys(node.files, OUTSIDE))
    for name, folder in node.folders.items():
        layout.labels |= dict.fromkeys(folder.below(), name)
        if not folder.count():
            layout.empty.append(name)
    return layout


def _in_parts(node: Node, full: Mapping[str, Node]) -> Layout:
    """Return the layout whose parts are the folders in `node`, with the classes in them."""
    layout = Layout(PARTS, strays=dict.fromkeys(node.files, OUTSIDE))
    empty: list[str] = []
    taught = _taught(full)
    for name, folder in full.items():
        inner, strays = _opened(folder, taught)
        layout.strays |= dict.fromkeys(strays, OUTSIDE)
        named = by_name(inner.files)
        if inner.full():
            found = _top(inner)
        elif named.clear:
            found = _named(named)
        else:
            found = _with_unlabelled(Layout(PARTS), [inner])
        layout.labels |= found.labels
        layout.strays |= found.strays
        empty += found.empty
        if part := part_of(name):
            layout.parts |= {one: part for one, label in found.labels.items() if label}
        elif any(found.labels.values()):
            raise CatsdogsError(
                f"the folder {name!r} is not a part of a split",
                "Name the folders train, validation and test, or choose another `CLASSES=`",
            )
    layout.empty = [label for label in empty if label not in layout.labels.values()]
    return layout


def _flat(root: Node, node: Node) -> Layout:
    """Return the layout of pictures that all are in one folder."""
    named = by_name(node.files)
    if named.clear or (named.kaggles and not named.rest):
        return _named(named)
    if node.folders:  # empty ones beside pictures without a class
        return _top(node)
    if node is not root and not part_of(node.name) and len(named.classes) < 2:
        return Layout(TOP, dict.fromkeys(node.files, node.name))
    if not node.files:
        return Layout(TOP)
    example = (named.rest or node.files)[0]
    what = f"{node.files[0]!r} and {len(node.files) - 1} other pictures in one folder"
    if len(named.classes) > 1:
        raise CatsdogsError(
            f"cannot find the class of {what}: their names may say {_listed(named.classes)}, "
            + (f"but {example!r} has no class" if named.rest else "or nothing"),
            f"Set `CLASSES={NAMES}` if they do, or put the pictures into a folder per class",
        )
    raise CatsdogsError(
        f"cannot find the class of {what}",
        "Put the pictures into a folder per class, or name them as Kaggle does: `cat.0.jpg`, "
        "`dog.0.jpg`",
    )


def _named(named: Named) -> Layout:
    """Return the layout whose classes are in the names of the pictures."""
    return Layout(NAMES, dict(named.labels), strays=dict.fromkeys(named.rest, UNNAMED))


def _last(root: Node) -> Layout:
    """Return the layout whose classes are the names of the folders that pictures are in."""
    layout = Layout(LAST, strays=dict.fromkeys(root.files, OUTSIDE))
    waiting = list(root.folders.values())
    while waiting:
        node = waiting.pop()
        layout.labels |= dict.fromkeys(node.files, node.name)
        waiting += node.folders.values()
    return layout


def _with_unlabelled(layout: Layout, nodes: Iterable[Node]) -> Layout:
    for node in nodes:
        layout.labels |= dict.fromkeys(node.below(), "")
    return layout


def _listed(names: Iterable[str]) -> str:
    """Return a few names for a message."""
    names = sorted(names)
    return ", ".join(map(repr, names[:3])) + (f" and {len(names) - 3} more" * (len(names) > 3))


def empty_folders(folders: Iterable[str], files: Iterable[str]) -> list[str]:
    """Return the folders that have none of `files` in them or below, and no folders."""
    used = {parent for name in files for parent in PurePosixPath(name).parents}
    paths = {PurePosixPath(folder) for folder in folders}
    above = {parent for path in paths for parent in path.parents}
    return [str(path) for path in sorted(paths - used - above)]
