"""Find masks: pictures that show which part of another picture is what, and nothing to classify.

`images/1.jpg` has its mask in `masks/1.png`; `benign (1).png` has it beside it, in
`benign (1)_mask.png`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from catsdogs.data.labels import few, part_of, says_nothing

A_MASK = "a mask of another picture"
_FOLDER = re.compile(
    r"(masks?|annotations?|trimaps?|segmentations?([ _-]?(maps?|masks?|class|object))?|labels?"
    r"|ground[ _-]?truth|gt)[ _-]?\d*"
)
_ENDING = re.compile(r"[ _-]*(mask|segmentation|seg|trimap|label|gt)([ _-]\d+)?", re.IGNORECASE)


def find_masks(names: Iterable[str]) -> set[str]:
    """Return the pictures in `names` that are masks of others there.

    A folder's name alone says little: it may be that of a class. So nearly all files in it need a
    picture of the same name elsewhere, of another format or in a folder such as `images`.
    """
    folders: dict[PurePosixPath, list[PurePosixPath]] = defaultdict(list)
    pictures: dict[str, list[PurePosixPath]] = defaultdict(list)
    beside: list[PurePosixPath] = []
    for path in map(PurePosixPath, names):
        of_masks = [each for each in path.parents if _FOLDER.fullmatch(each.name.lower())]
        if of_masks:
            folders[of_masks[-1]].append(path)
        elif _bare(path) != path.stem:
            beside.append(path)
        else:
            pictures[path.stem].append(path)
    found = {
        path
        for path in beside
        if any(each.parent == path.parent for each in pictures.get(_bare(path), ()))
    }
    for folder, files in folders.items():
        lone = [str(path) for path in files if not _is_of_another(path, folder, pictures)]
        if few(lone, len(files) - len(lone)):
            found.update(files)
    return set(map(str, found))


def _bare(path: PurePosixPath) -> str:
    """Return the name without its suffix and a word such as `_mask`."""
    ending = next((end for end in _ENDING.finditer(path.stem) if end.end() == len(path.stem)), None)
    return path.stem[: ending.start()] if ending and ending.start() else path.stem


def _is_of_another(
    path: PurePosixPath, folder: PurePosixPath, pictures: dict[str, list[PurePosixPath]]
) -> bool:
    near = [each for each in pictures.get(_bare(path), ()) if folder.parent in each.parents]
    return any(
        _is_aside(each.relative_to(folder.parent).parts[0], each.suffix != path.suffix)
        for each in near
    )


def _is_aside(folder: str, differs: bool) -> bool:
    """Return whether a folder beside masks has the pictures; `no_mask` has those of a class."""
    if "mask" in folder.lower():
        return False
    return differs or says_nothing(folder) or bool(part_of(folder))
