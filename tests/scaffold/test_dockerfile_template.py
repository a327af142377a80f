"""The Dockerfile that labcoat writes into projects."""

import re
from pathlib import Path

import pytest

from labcoat.container.context.build_context import BuildContext
from labcoat.core import files

TEMPLATES = Path("src/lib/labcoat/scaffold/templates")


@pytest.mark.parametrize("folder", [Path(), Path("examples/catsdogs")], ids=["root", "catsdogs"])
@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("Dockerfile", "Dockerfile"),
        (".dockerignore", "dockerignore"),
        ("install-lock.sh", "install-lock.sh"),
    ],
)
def test_this_repositorys_own_are_the_templates(
    repository: Path, folder: Path, name: str, template: str
) -> None:
    """labcoat and its example use the files that labcoat writes into projects."""
    assert (repository / folder / name).read_bytes() == (
        repository / TEMPLATES / template
    ).read_bytes()


@pytest.mark.parametrize("folder", [Path(), Path("examples/catsdogs")], ids=["root", "catsdogs"])
def test_image_lock_is_up_to_date(repository: Path, folder: Path) -> None:
    """It has the digests of the present lock and Dockerfile, which builds are compared with."""
    recorded = (repository / folder / "image.lock.yaml").read_text(encoding="utf-8")
    for name, file in (("lock", "requirements.txt"), ("dockerfile", "Dockerfile")):
        assert (
            f"\n{name}: {files.text_digest((repository / folder / file).read_bytes())}\n"
            in recorded
        )


def test_the_builders_uv_is_the_tools_uv(repository: Path) -> None:
    """The same uv, with hashes from the same lock, installs image and virtual environment."""
    script = (repository / TEMPLATES / "install-lock.sh").read_text(encoding="utf-8")
    lock = (repository / "src/lib/labcoat/toolchain/tools.txt").read_text(encoding="utf-8")
    block = re.search(r"^uv==(\S+)((?:.*\\\n)+.*)", lock, re.MULTILINE)
    assert block is not None
    hashes = re.findall(r"--hash=(sha256:[0-9a-f]{64})", script)
    assert f'UV="uv=={block[1]} ' in script
    assert len(hashes) >= 4  # glibc and musl, x86-64 and arm64
    assert not {digest for digest in hashes if digest not in block[2]}


@pytest.mark.parametrize("unwanted", ["# syntax=", "<<EOF", "--link", "useradd", "pip install -r"])
def test_it_builds_without_a_registry_and_on_older_engines(repository: Path, unwanted: str) -> None:
    """It fetches no frontend and uses only the syntax of Docker 20.10."""
    assert unwanted not in (repository / TEMPLATES / "Dockerfile").read_text(encoding="utf-8")


def test_it_fits_a_screen_and_a_half(repository: Path) -> None:
    """At most 73 lines, none of them a program in quotes, and two that show where to add a step."""
    lines = (repository / TEMPLATES / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 73
    assert not [line for line in lines if "printf" in line]
    assert [line for line in lines if line.startswith("# Add your own steps here")]


def test_labcoat_understands_its_own_dockerfile(repository: Path) -> None:
    """The parser finds its stages, and that the project's files reach the image."""
    build = BuildContext(repository, str(TEMPLATES / "Dockerfile"))
    own = ["folder", "packages", "with-folder", "with-archive", "image"]
    assert [stage.name for stage in build.parsed.stages] == [
        *("base", "debs", "apt", "system"),
        "tools",
        "lock",
        "large",
        "small",
        *own,
    ]
    assert build.reaching_files(["main.py", "requirements.txt"]) == {"main.py", "requirements.txt"}
