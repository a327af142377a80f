"""What Binder and dev containers build, checked by labcoat and built by the real repo2docker."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.container.base_images.defaults import pinned_images
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from labcoat.scaffold import binder, notebook_lock
from support import BASE_PYTHON, INCLUDE, REPOSITORY, Repository
from support.session import unique_name

IMAGE = unique_name("labcoat-test/binder")
GIT = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]


@pytest.mark.parametrize(
    ("remote", "ref", "path", "link"),
    [
        ("https://github.com/a/b", "main", "", "gh/a/b/main?urlpath=lab"),
        (
            "https://github.com/a/b",
            "new/idea",
            "docs/one two.ipynb",
            "gh/a/b/new/idea?urlpath=lab%2Ftree%2Fdocs%2Fone%20two.ipynb",
        ),
        ("https://gitlab.com/a/b/c", "HEAD", "", "gl/a%2Fb%2Fc/HEAD?urlpath=lab"),
        (
            "https://git.example.org/a/b",
            "main",
            "",
            "git/https%3A%2F%2Fgit.example.org%2Fa%2Fb/main?urlpath=lab",
        ),
    ],
    ids=["github", "branch-and-notebook", "gitlab", "elsewhere"],
)
def test_launch_link_has_the_form_of_each_host(remote: str, ref: str, path: str, link: str) -> None:
    """GitHub, GitLab, gists and other hosts."""
    assert binder.launch_link(remote, ref, path) == f"https://mybinder.org/v2/{link}"


def test_set_defaults_changes_only_the_named_args() -> None:
    """An ARG with another default, and one without; other lines stay."""
    text = "ARG BASE=a\nFROM ${BASE}\nARG LOCK\nARG OTHER=x\n"
    said = binder.set_defaults(text, {"BASE": "b@sha256:1", "LOCK": "l.txt", "MORE": "y"})
    assert said == "ARG BASE=b@sha256:1\nFROM ${BASE}\nARG LOCK=l.txt\nARG OTHER=x\n"


def test_own_binder_dockerfile_is_up_to_date() -> None:
    """labcoat's own binder/Dockerfile follows its Dockerfile: run `make binder`."""
    project = Project(REPOSITORY, DEFAULTS)
    defaults = {
        "BASE_IMAGE": pinned_images()["3.11"],
        "PYTHON": "3.11",
        "LOCK": notebook_lock.notebook_project(project).requirements.name,
        "NO_BINARY": "",
        "STRIP": "",
    }
    written = (REPOSITORY / binder.FILE).read_text(encoding="utf-8")
    own = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    assert written.endswith(binder.set_defaults(own, defaults)), "run make binder"
    container = json.loads((REPOSITORY / binder.DEVCONTAINER).read_text(encoding="utf-8"))
    assert (
        REPOSITORY / ".devcontainer" / container["build"]["dockerfile"]
    ).resolve() == REPOSITORY / binder.FILE


@pytest.fixture
def published(tmp_path: Path) -> Project:
    """A repository at GitHub, as far as git knows, with a lock that has what Binder wants."""
    for name, text in {
        "requirements.txt": f"jupyterlab==4.5.0 --hash=sha256:{'0' * 64}\n"
        f"notebook==7.5.0 --hash=sha256:{'0' * 64}\n",
        "binder/Dockerfile": 'FROM python:3.11-slim\nUSER 1000\nCMD ["python"]\n',
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*GIT, *words], cwd=tmp_path, check=True)
    for words in (
        ["remote", "add", "origin", "https://github.com/a/b"],
        ["update-ref", "refs/remotes/origin/main", "HEAD"],
    ):
        subprocess.run([*GIT, *words], cwd=tmp_path, check=True)
    return Project(tmp_path, DEFAULTS)


def todo(project: Project) -> list[str]:
    """What is found wanting."""
    return [one.about for one in binder.check_binder(project, project) if one.hint]


def test_a_correct_repository_passes(published: Project) -> None:
    """Locked, based on a tag, run by uid 1000, committed and pushed."""
    assert todo(published) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("binder/Dockerfile", "FROM python\nUSER 1000\n", "python can change at any time"),
        (
            "binder/Dockerfile",
            "FROM python:latest AS a\nFROM a\nUSER 1000\n",
            "python:latest can change at any time",
        ),
        (
            "binder/Dockerfile",
            "FROM extern/mine:1\nUSER 1000\n",
            "extern/mine:1 exists on this machine only",
        ),
        ("binder/Dockerfile", "FROM python:3.11\n", "the user is root"),
        ("binder/Dockerfile", "FROM python:3.11\nUSER 1000\nUSER other\n", "the user is other"),
        (
            "binder/Dockerfile",
            "FROM python:3.11\nUSER 1000\nENTRYPOINT run it\n",
            "ENTRYPOINT has the shell form",
        ),
        (
            "binder/Dockerfile",
            "RUN x\n",
            "a build fails before it starts: line 1: RUN before the first FROM",
        ),
        (".dockerignore", "*.txt\n", "requirements.txt is not in the build context"),
        ("requirements.txt", "notebook==7.5.0\n", "requirements.txt does not contain jupyterlab"),
        (".binder/x", "", "both binder/ and .binder/ exist"),
    ],
    ids=[
        "no-tag",
        "latest",
        "local",
        "root",
        "another-user",
        "entrypoint",
        "broken",
        "ignored",
        "no-jupyterlab",
        "two-folders",
    ],
)
def test_each_failed_requirement_is_named(
    published: Project, name: str, text: str, said: str
) -> None:
    """Everything that Binder refuses."""
    (published.root / name).parent.mkdir(exist_ok=True)
    (published.root / name).write_text(text)
    assert said in todo(published)


def test_nb_user_and_nb_uid_are_accepted(published: Project) -> None:
    """Binder passes NB_USER and NB_UID to a build."""
    for text in ("ARG NB_UID=1000\nUSER ${NB_UID}\n", "ARG NB_USER\nUSER ${NB_USER}\n"):
        (published.root / binder.FILE).write_text(f"FROM python:3.11\n{text}")
        assert not [one for one in todo(published) if "user" in one]


def test_uncommitted_and_unpushed_changes_are_named(published: Project) -> None:
    """Binder builds only what it can fetch."""
    (published.root / "requirements.txt").write_text(
        (published.root / "requirements.txt").read_text() + "\n"
    )
    assert todo(published) == ["not committed: requirements.txt"]
    subprocess.run([*GIT, "commit", "-qam", "two"], cwd=published.root, check=True)
    assert todo(published) == ["the last commit is not pushed"]
    subprocess.run(
        ["git", "remote", "set-url", "origin", "/srv/b.git"], cwd=published.root, check=True
    )
    assert todo(published) == ["the remote is a directory of this machine"]
    subprocess.run(["git", "remote", "remove", "origin"], cwd=published.root, check=True)
    assert todo(published) == ["git has no remote `origin`"]


def test_a_subdirectory_of_a_repository_is_refused(repo: Repository) -> None:
    """Binder builds repositories, not directories in them."""
    assert "this directory is not the top of one" in repo.labcoat("binder", fails=True)
    subprocess.run(["git", "init", "-q", "."], cwd=repo.path.parent, check=True)
    assert "Run `make binder` in" in repo.labcoat("binder", fails=True)


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory,
    tools_environment: Path,
    base_image: str,
    network: dict[str, str],
) -> Iterator[Repository]:
    """Return a repository after `make binder`, and build its image with repo2docker."""
    path = tmp_path_factory.mktemp("binder") / "a repository"
    path.mkdir()
    include = os.path.relpath(INCLUDE, path).replace(" ", "\\ ")
    (path / "Makefile").write_text(f"include {include}\n")
    (path / "requirements.in").write_text("six==1.17.0\n")
    (path / ".python-version").write_text("3.11\n")
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=path, check=True)
    subprocess.run(
        ["git", "remote", "add", "origin", "git@github.com:a/b.git"], cwd=path, check=True
    )
    env = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    env |= {
        **network,
        "LANG": "C.UTF-8",
        "LABCOAT_PYTHON": str(BASE_PYTHON),
        "LABCOAT_LOCKER": "uv",
    }
    env |= {"LABCOAT_BASE_IMAGE": base_image, "LABCOAT_CACHE": str(tools_environment.parent.parent)}
    made = Repository(path, env)
    said = made.make("binder", fails=True)
    assert (
        "not committed: .devcontainer/devcontainer.json, .dockerignore, binder/Dockerfile,"
        " install-lock.sh, requirements-notebook.txt" in said
    )
    assert (
        "[![Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/a/b/main?urlpath=lab)"
        in said
    )
    for words in (["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*GIT, *words], cwd=path, check=True)
    # A container's own network may not reach an index.
    flags = [
        "--no-run",
        "--user-id=1000",
        "--user-name=jovyan",
        "--DockerEngine.extra_buildx_build_args=--network=host",
    ]
    words = [sys.executable, "-m", "repo2docker", *flags, f"--image-name={IMAGE}", str(path)]
    ended = subprocess.run(words, cwd=path, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    yield made
    docker("image", "rm", "--force", IMAGE)


def docker(*words: str) -> str:
    return subprocess.run(
        ["docker", *words], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.mark.docker
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the base image's Python is 3.11")
class TestBuilt:
    """The image that repo2docker builds."""

    def test_image_has_the_locked_packages(self, built: Repository) -> None:
        """The proof calls it equal to the lock for notebooks, file by file."""
        said = built.labcoat(
            "prove",
            "--only",
            "docker",
            LABCOAT_REQUIREMENTS="requirements-notebook.txt",
            LABCOAT_IMAGE=IMAGE,
        )
        assert "equal: lock, docker" in said

    def test_binders_command_serves_the_repository(self, built: Repository) -> None:  # noqa: ARG002
        """Binder's own command runs as uid 1000 and lists the files, which belong to that user."""
        serve = ["jupyter", "notebook", "--ip=0.0.0.0", "--port=8888", "--IdentityProvider.token=a"]
        container = docker("run", "--detach", "--rm", IMAGE, *serve)
        try:
            code = (
                "import json, os, urllib.request as u;"
                " os.access('.', os.W_OK) or exit('not writable');"
                "names = json.load(u.urlopen('http://127.0.0.1:8888/api/contents?token=a'))['content'];"
                "print(os.getuid(), sorted(one['name'] for one in names))"
            )
            for _ in range(100):
                asked = subprocess.run(
                    ["docker", "exec", container, "python", "-c", code],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if asked.returncode == 0:
                    break
                time.sleep(0.5)
            assert asked.stdout.startswith("1000 "), asked.stderr
            assert "'requirements-notebook.txt'" in asked.stdout
        finally:
            docker("rm", "--force", container)

    def test_dev_container_user_exists(self, built: Repository) -> None:
        """devcontainer.json names a user and a Python that the image has."""
        container = json.loads((built.path / binder.DEVCONTAINER).read_text())
        python = container["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
        code = "import ipykernel, six, getpass; print(getpass.getuser())"
        assert (
            docker("run", "--rm", "--user", container["remoteUser"], IMAGE, python, "-c", code)
            == "labcoat"
        )


def test_the_addresses_of_named_indexes_are_written(tmp_path: Path) -> None:
    """Binder passes no arguments; an address with a variable is left out with a warning."""
    text = "ARG LOCK\nFROM base AS tools\nUSER root\n"
    (tmp_path / "Dockerfile").write_text(text)
    (tmp_path / "requirements.txt").write_text(
        "a==1\n    # from: one\nb==1\n    # from: two\nc==1\n"
    )
    (tmp_path / "pyproject.toml").write_text(
        '[tool.labcoat.indexes.one]\nurl = "https://one.example/simple"\npackages = ["a"]\n'
        '[tool.labcoat.indexes.two]\nurl = "https://u:${TOKEN}@two.example"\npackages = ["b"]\n'
    )
    project = Project(tmp_path, DEFAULTS)
    for _ in range(2):  # the second time from a Dockerfile that has the line
        binder.write_binder_files(project, project)
        written = (tmp_path / binder.FILE).read_text()
        assert 'AS tools\nARG INDEXES="one=https://one.example/simple"\nUSER' in written
        assert written.count("INDEXES") == 1
        (tmp_path / "Dockerfile").write_text(text.replace("tools\n", "tools\nARG INDEXES=x\n"))
