"""Verify that the image is reproducible: build it twice without cache, and compare."""

from collections import Counter
from collections.abc import Sequence

from labcoat.container.engine import client
from labcoat.container.engine.image_reference import repository_of
from labcoat.container.engine.local_images import inspect_image
from labcoat.container.engine.versions import engine_version, unstable_settings
from labcoat.container.image import build
from labcoat.container.inspect.image_archive import content_digest, open_image_archive
from labcoat.container.inspect.image_diff import ImageDifference, diff_images
from labcoat.core import terminal
from labcoat.core.project import Project
from labcoat.core.records import Record, replace

SHOWN = 10


class ReproducibilityReport(Record):
    """What two builds have in common: ids, layers, content digests; and the files that differ.

    `engine` is the engine's version.
    """

    ids: tuple[str, str]
    same_layers: bool
    contents: tuple[str, str]
    differences: tuple[ImageDifference, ...]
    engine: str

    @property
    def same(self) -> bool:
        """Whether the builds are as equal as this engine can make them."""
        return self.ids[0] == self.ids[1] or (
            self.same_layers and bool(unstable_settings(self.engine))
        )

    def lines(self) -> list[str]:
        """Return the lines to print."""
        rows = [
            _format_row("id", self.ids[0] == self.ids[1], self.ids[0]),
            _format_row("layers", self.same_layers, ""),
            _format_row("content", self.contents[0] == self.contents[1], self.contents[0]),
        ]
        if self.ids[0] != self.ids[1] and (what := unstable_settings(self.engine)):
            rows.append(
                f"This engine ({self.engine}) writes {what} into each image's settings: "
                "only the contents of two builds can be equal"
            )
        return rows + _list_differences(self.differences)


def _list_differences(differences: Sequence[ImageDifference]) -> list[str]:
    """Return how many files differ for each reason, and the first of each."""
    if not differences:
        return []
    counts = Counter(each.reason for each in differences).most_common()
    most = max(1, SHOWN // len(counts))
    first = [
        each
        for reason, _ in counts
        for each in [one for one in differences if one.reason == reason][:most]
    ]
    by_reason = ", ".join(f"{reason} {count}" for reason, count in counts)
    total = f"files that differ: {len(differences)} ({by_reason})"
    return [total, *(f"  {each}" for each in first)]


def verify_reproducible(project: Project) -> ReproducibilityReport:
    """Build the image twice without cache and compare. Raise LabcoatError if a build fails."""
    inspect_image(project, project.image, "{{.Id}}")  # raises for an invalid name
    plan = build.plan_build(project)
    # Without byte code that an earlier build kept, whose reproducibility would go untested.
    arguments = {**plan.arguments, "COMPILED": ""}
    names = [f"{repository_of(plan.image)}:labcoat-verify-{n}" for n in (1, 2)]
    try:
        ids = []
        for number, name in enumerate(names, 1):
            terminal.print_progress(f"build {number} of 2, without cache")
            uncached = replace(
                plan, image=name, flags=(*plan.flags, "--no-cache"), arguments=arguments
            )
            ids.append(build.build_image(project, uncached).id)
        return _compare_builds(project, names, (ids[0], ids[1]))
    finally:
        client.call_docker(project, "image", "rm", "--force", *names)


def _compare_builds(
    project: Project, names: list[str], ids: tuple[str, str]
) -> ReproducibilityReport:
    version = engine_version(project)
    with open_image_archive(project, names[0]) as one:
        content = content_digest(one.merged_entries())
        if ids[0] == ids[1]:  # the id covers the settings, which hold each layer's digest
            return ReproducibilityReport(ids, True, (content, content), (), version)
        with open_image_archive(project, names[1]) as other:
            differences = tuple(diff_images(one, other))
            return ReproducibilityReport(
                ids,
                one.layers == other.layers,
                (content, content_digest(other.merged_entries())),
                differences,
                version,
            )


def _format_row(what: str, same: bool, value: str) -> str:
    return f"{what:<8} {'same' if same else 'DIFFERS'}  {value}".rstrip()
