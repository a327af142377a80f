"""The lock for notebooks: requirements.in and JupyterLab, at the versions of the project's lock.

JupyterLab stays out of the project's own lock. A level builds its notebook environment from this
lock, beside its own environment.
"""

from labcoat.core import files
from labcoat.core.project import Project
from labcoat.core.records import replace
from labcoat.locking import inputs, project_locks, requirements_file

PACKAGES = ("jupyterlab", "notebook")  # Binder starts the second
_INPUT = """# What notebooks need on top of {own}, at the versions of {lock}. \
Written by labcoat: yours to change and commit.
-r {own}
-c {lock}
{packages}
"""


def notebook_project(project: Project) -> Project:
    """Return the project with the lock, environments and image of its notebooks.

    It is `project` itself if its lock already has what notebooks need.
    """
    if (
        project.requirements.exists()
        and set(PACKAGES)
        <= requirements_file.pinned_versions(
            requirements_file.read_requirements(project.requirements)
        ).keys()
    ):
        return project
    name = "-".join(filter(None, (project["VARIANT"], "notebook")))
    changed = {
        "VARIANT": name,
        "DEV_REQUIREMENTS": "",
        "VENV": ".labcoat/notebook/venv",
        "CONDA_ENV": ".labcoat/notebook/conda",
    }
    return replace(
        project,
        settings={
            **project.settings,
            **{f"LABCOAT_{key}": value for key, value in changed.items()},
        },
    )


def provide_notebook_lock(notebooks: Project) -> None:
    """Write an up-to-date lock for notebooks.

    Raise LabcoatError if there is nothing to lock, or it cannot be resolved.
    """
    own = notebooks.requirements.with_suffix(".in")
    if not inputs.find_input(notebooks.requirements).exists and not notebooks.requirements.exists():
        main = notebooks.requirements.with_stem(
            notebooks.requirements.stem.removesuffix("-notebook")
        )
        source = inputs.find_input(main)
        if not source.exists:
            raise project_locks.no_inputs(main.parent)
        # A requirements file cannot include pyproject.toml, but the lock that is made from it.
        included = main.name if source.declared else source.source.name
        text = _INPUT.format(own=included, lock=main.name, packages="\n".join(PACKAGES))
        files.write_file(own, text)
    project_locks.make_locks(notebooks)
