"""Is the image reproducible? Built twice without cache, and compared."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from labcoat.container.engine import client
from labcoat.container.engine.image_reference import repository_of
from labcoat.container.image import build
from labcoat.container.inspect.image_archive import content_digest, open_image_archive
from labcoat.container.inspect.image_diff import ImageDifference, diff_images
from labcoat.core.project import Project

SHOWN = 10


@dataclass(frozen=True)
class ReproducibilityReport:
    """What two builds have in common: the id, the layers, the content; and the first files that differ."""

    ids: tuple[str, str]
    layers: bool
    contents: tuple[str, str]
    found: tuple[ImageDifference, ...]
    engine: str

    @property
    def same(self) -> bool:
        """Whether the builds are as equal as this engine can make them."""
        return self.ids[0] == self.ids[1] or (
            self.layers and bool(client.never_the_same(self.engine))
        )

    def lines(self) -> list[str]:
        """The verdict for a person."""
        rows = [
            _row("id", self.ids[0] == self.ids[1], self.ids[0]),
            _row("layers", self.layers, ""),
            _row("content", self.contents[0] == self.contents[1], self.contents[0]),
        ]
        if self.ids[0] != self.ids[1] and (what := client.never_the_same(self.engine)):
            rows.append(
                f"The engine ({self.engine}) writes {what} into an image's settings: only content can be equal."
            )
        return rows + _listed(self.found)


def _listed(found: Sequence[ImageDifference]) -> list[str]:
    """How many files differ in what, and the first of each kind."""
    if not found:
        return []
    counts = Counter(each.why for each in found).most_common()
    first = [
        each
        for why, _ in counts
        for each in [one for one in found if one.why == why][: max(1, SHOWN // len(counts))]
    ]
    total = (
        f"files that differ: {len(found)} ({', '.join(f'{why} {count}' for why, count in counts)})"
    )
    return [total, *(f"  {each}" for each in first)]


def verify_reproducible(project: Project) -> ReproducibilityReport:
    """Build `project`'s image twice without cache and compare the two. Raises Failure where it cannot be built."""
    client.inspect_image(project, project.image, "{{.Id}}")  # is that a name at all?
    planned = build.plan_build(project)
    # Nor may it be given byte code that an earlier build kept, of which nothing would be proved.
    arguments = {**planned.arguments, "COMPILED": ""}
    names = [f"{repository_of(planned.image)}:labcoat-verify-{n}" for n in (1, 2)]
    try:
        ids = []
        for number, name in enumerate(names, 1):
            print(f"labcoat: build {number} of 2, without cache", file=sys.stderr)
            one = replace(
                planned, image=name, flags=(*planned.flags, "--no-cache"), arguments=arguments
            )
            ids.append(build.build_image(project, one).id)
        return _compared(project, names, (ids[0], ids[1]))
    finally:
        client.call_docker(project, "image", "rm", "--force", *names)


def _compared(project: Project, names: list[str], ids: tuple[str, str]) -> ReproducibilityReport:
    version = client.engine_version(project)
    with open_image_archive(project, names[0]) as one:
        content = content_digest(one.merged())
        if ids[0] == ids[1]:  # the id is a digest over the settings, which name each layer's digest
            return ReproducibilityReport(ids, True, (content, content), (), version)
        with open_image_archive(project, names[1]) as other:
            found = tuple(diff_images(one, other))
            return ReproducibilityReport(
                ids,
                one.layers == other.layers,
                (content, content_digest(other.merged())),
                found,
                version,
            )


def _row(what: str, same: bool, value: str) -> str:
    return f"{what:<8} {'same' if same else 'DIFFERS'}  {value}".rstrip()
