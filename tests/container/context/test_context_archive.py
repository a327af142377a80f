"""A Dockerfile is sent an archive if it copies nothing else from its context."""

import os
import re
import tarfile
from pathlib import Path

import pytest

from labcoat.container.context import context_archive
from labcoat.container.context.build_context import BuildContext
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from support.messages.container_context import CANNOT_SEND

OURS = (Path(context_archive.__file__).parents[2] / "scaffold/templates/Dockerfile").read_text()


@pytest.mark.parametrize(
    ("before", "after", "accepts"),
    [
        ("USER 1000", "ENV DEBUG=1\nUSER 1000", True),
        ("FROM packages AS with-folder", "RUN apt-get update\nFROM packages AS with-folder", True),
        ("USER 1000", "COPY settings.ini /etc/\nUSER 1000", False),
        ("USER 1000", "ADD https://example.org/a /a\nUSER 1000", False),
        (
            "USER 1000",
            "RUN --mount=type=bind,source=apt.txt,target=/apt.txt cat /apt.txt\nUSER 1000",
            False,
        ),
        (
            "COPY . /labcoat/out/home/labcoat/project/",
            "COPY src /labcoat/out/home/labcoat/project/src/",
            False,
        ),
        ("ADD labcoat.tar /\n", "", False),
        ('ARG LARGE="tensorflow', 'ARG LARGE="six|tensorflow', True),
        ('COPY ["${LOCK}", ', 'COPY ["own.toml", "${LOCK}", ', False),
        ("COPY . /labcoat/out/", "COPY --exclude=.env . /labcoat/out/", False),
        (
            "COPY . /labcoat/out/home/labcoat/project/\n",
            "COPY . /labcoat/out/home/labcoat/project/\nRUN date >/labcoat/out/date\n",
            False,
        ),
        (
            "COPY --from=folder /labcoat/out/ /\n",
            "COPY --from=folder /labcoat/out/ /\nRUN date >/date\n",
            False,
        ),
        ("USER 1000", "RUN --mount=target=/src ls /src >/listing\nUSER 1000", False),
        (
            "USER 1000",
            "RUN --mount=type=cache,target=/cache --mount=from=tools,target=/t ls /t\nUSER 1000",
            True,
        ),
        ("USER 1000", "RUN --mount=From=tools,target=/t ls /t\nUSER 1000", True),
        ("USER 1000", "RUN --mount=FROM=folder,target=/t ls /t\nUSER 1000", False),
        ("USER 1000", "RUN --mount=type=cache,from=folder,target=/t ls\nUSER 1000", False),
        ("USER 1000", "RUN --mount='target=/t,\"source=a,from=b\"' ls\nUSER 1000", False),
        (
            "USER 1000",
            "COPY --from=folder /labcoat/out/home/labcoat/project/a.py /opt/\nUSER 1000",
            False,
        ),
        (
            "FROM with-${SOURCE} AS image",
            "FROM with-folder AS debug\nFROM with-${SOURCE} AS image",
            False,
        ),
        ("FROM with-${SOURCE} AS image", "FROM with-${SOURCE} AS first\nFROM first AS image", True),
        ("COPY . /labcoat/out/", "# the project\nCOPY   . /labcoat/out/", True),
        ("source=install-lock.sh", "source=own.sh", False),
    ],
)
def test_dockerfiles_that_accept_an_archive(before: str, after: str, accepts: bool) -> None:
    assert before in OURS
    assert context_archive.accepts_archive(OURS.replace(before, after)) is accepts


def test_dockerfiles_with_their_output_at_the_top_accept_an_archive() -> None:
    former = OURS.replace("/labcoat/out/", "/out/")
    assert former != OURS
    assert context_archive.accepts_archive(former)
    assert not context_archive.accepts_archive(former.replace("/out/", "/opt/out/"))


def test_dockerfiles_of_earlier_versions_accept_an_archive() -> None:
    """Before there were sources, the stage `folder` set times, owner and modes itself."""
    start, end = OURS.index("FROM tools AS folder"), OURS.index("FROM system AS packages")
    before = """FROM base AS folder
USER root
COPY . /out/home/labcoat/project/
RUN find /out/home/labcoat/project -mindepth 1 -type d -empty -delete && \
chmod -R a-st,u=rwX,go=rX /out/home/labcoat && \
    chown -hR 1000:1000 /out/home/labcoat && find /out -exec touch -h -d @315532800 {} +
""".replace("-delete && \\\nchmod", "-delete && chmod")
    assert context_archive.accepts_archive(f"{OURS[:start]}{before}{OURS[end:]}")
    other = before.replace("USER root", "USER 7")
    assert not context_archive.accepts_archive(f"{OURS[:start]}{other}{OURS[end:]}")


def archive_contents(root: Path) -> list[str] | None:
    (root / "Dockerfile").write_text(OURS)
    (root / "requirements.txt").write_text("")
    return context_archive.archive_contents(Project(root), BuildContext(root))


def test_project_is_sent_as_an_archive(tmp_path: Path) -> None:
    """The context is then the archive, and the lock at its own path."""
    (root := tmp_path / "project").mkdir()
    paths = archive_contents(root)
    assert paths
    assert set(paths) == {"Dockerfile", "requirements.txt"}
    context_archive.write_context_archive(Project(root), paths, tmp_path / "room")
    assert {each.name for each in (tmp_path / "room").iterdir()} == {
        "requirements.txt",
        "labcoat.tar",
    }
    # Without a sources file the image has nothing but the project, so that its id stays.
    with tarfile.open(tmp_path / "room/labcoat.tar") as archive:
        names = [each.name for each in archive if not "home/labcoat/project".startswith(each.name)]
    assert names == ["home/labcoat/project/Dockerfile", "home/labcoat/project/requirements.txt"]


def test_file_deleted_after_the_listing_is_an_error(tmp_path: Path) -> None:
    (root := tmp_path / "project").mkdir()
    paths = archive_contents(root)
    assert paths
    message = CANNOT_SEND.format(root / "gone.py", "No such file or directory")
    with pytest.raises(LabcoatError, match=re.escape(message)):
        context_archive.write_context_archive(Project(root), [*paths, "gone.py"], tmp_path / "room")


@pytest.mark.parametrize("odd", ["large", "emptied", "pattern", "gone", "pipe"])
def test_contexts_that_are_sent_as_a_folder(
    odd: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large, with files that BuildKit empties, a malformed pattern, a deleted file, a pipe."""
    root = tmp_path / "project"
    (root / "d").mkdir(parents=True)
    (root / "d/f").write_text("text")
    if odd == "large":
        with (root / "large").open("wb") as file:
            file.truncate((50 << 20) + 1)
    elif odd == "emptied":
        (root / ".dockerignore").write_text("d\n!d/f\nd*\n")
    elif odd == "pattern":
        (root / ".dockerignore").write_text("[\n")
    elif odd == "gone":
        monkeypatch.setattr(BuildContext, "sent_files", lambda _: ["no-such-file"])
    else:
        os.mkfifo(root / "pipe")
    assert archive_contents(root) is None
