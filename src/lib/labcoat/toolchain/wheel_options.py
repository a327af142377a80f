"""The options of pip and uv that allow wheels only."""

from labcoat.core.project import Project


def wheel_options(project: Project) -> list[str]:
    """Return the options that allow wheels only, except for the packages in LABCOAT_NO_BINARY."""
    return [
        "--only-binary=:all:",
        *(f"--no-binary={name}" for name in project["NO_BINARY"].split()),
    ]
