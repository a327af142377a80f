"""`labcoat binder`: write and check what Binder and dev containers build; print the launch link."""

from argparse import ArgumentParser, Namespace

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project


def add_arguments(parser: ArgumentParser) -> None:
    """Take no arguments."""


def run(args: Namespace) -> int:
    """Write the files, print each check and the link; return 1 where a check fails."""
    from labcoat.container.image.labels import web_address
    from labcoat.core import git
    from labcoat.scaffold import binder, dockerfile, notebook_lock

    project = Project.here()
    top = git.git_root(project.root)
    if top is None or top.resolve() != project.root.resolve():
        raise LabcoatError(
            "Binder builds a git repository from its top, and this directory is not the top of one",
            f"Run `make binder` in {top}"
            if top
            else "Run `git init`, commit, and push to a host that Binder can reach",
        )
    notebooks = notebook_lock.notebook_project(project)
    notebook_lock.provide_notebook_lock(notebooks)
    dockerfile.provide_dockerfile(project)
    binder.write_binder_files(project, notebooks)
    checks = list(binder.check_binder(project, notebooks))
    for check in checks:
        print(f"{'-' if check.hint else 'ok':<3}{check.about}")
        if check.hint:
            print(f"   {check.hint}")
    if remote := web_address(git.remote_url(project.root)):
        branch = binder.current_branch(project.root)
        link = binder.launch_link(remote, branch, binder.only_notebook(project.root))
        print(f"\n{link}\n[![Binder]({binder.SERVICE}/badge_logo.svg)]({link})")
    return 1 if any(check.hint for check in checks) else 0
