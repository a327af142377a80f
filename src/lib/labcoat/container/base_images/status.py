"""Compare submodules and pinned images with their upstreams."""

from labcoat.container.base_images import extern_pins, submodules
from labcoat.core.project import Project
from labcoat.core.records import Record


class PinStatus(Record):
    """A submodule's commit or an image's digest, and the newest one upstream.

    `newest` is empty if the upstream is unreachable; `url` is the submodule's address.
    """

    name: str
    pinned: str
    newest: str
    url: str = ""

    @property
    def is_behind(self) -> bool:
        """Whether the upstream has a different one."""
        return bool(self.newest) and self.newest != self.pinned

    def __str__(self) -> str:
        if self.is_behind:
            state = f"behind: {_shorten(self.newest)}"
        else:
            state = "up to date" if self.newest else "unreachable"
        return f"{self.name} {_shorten(self.pinned)} {state}" + (
            f" ({self.url})" if self.url else ""
        )


def pin_statuses(project: Project) -> list[PinStatus]:
    """Return the status of each submodule and each image in extern.toml."""
    root = project.root
    return [
        PinStatus(
            path,
            commit,
            submodules.upstream_commit(root, path),
            submodules.submodule_url(root, path),
        )
        for path, commit in submodules.pinned_commits(root).items()
    ] + [
        PinStatus(image, digest, extern_pins.resolve_digest(project, image))
        for image, digest in extern_pins.read_pins(root).images.items()
    ]


def _shorten(identity: str) -> str:
    """Return the start of a digest (`sha256:…`) or a commit, unique in practice."""
    return identity[: 19 if ":" in identity else 12]
