"""Files that COPY brings into the image: flags of newer builders, and what tests can do unbuilt.

Also covers stage_files. The rest is compared with real builds, in integration/test_real_copies.
"""

from pathlib import Path

import pytest

from labcoat.container.context.build_context import BuildContext
from labcoat.container.dockerfile.parser import parse_dockerfile
from support.repositories import write

TREE = [
    "a.py",
    "home.txt",
    "home.md",
    "homepage",
    "x/a/one",
    "x/a/b/two",
    "x/c/three",
    "src/m.py",
    "src/n.txt",
    "src/deep/o.py",
]
SHAPES = {
    "parents": ("COPY --parents ./x/a/one ./x/c/three /d/", {"x/a/one", "x/c/three"}),
    "parents-of-a-folder": ("COPY --parents x/a /d/", {"x/a/one", "x/a/b/two"}),
    "parents-pivot": ("COPY --parents ./x/./a /d/", {"x/a/one", "x/a/b/two"}),
    "parents-any-depth": ("COPY --parents **/*.py /d/", {"a.py", "src/m.py", "src/deep/o.py"}),
    "parents-below-a-folder": ("COPY --parents ./src/./**/*.py /d/", {"src/m.py", "src/deep/o.py"}),
    "parents-then-stage": (
        "COPY --parents ./x/./a/b/two /d/\nFROM scratch\nCOPY --from=build /d/a/b /e/",
        {"x/a/b/two"},
    ),
    "exclude": ("COPY --exclude=*.txt hom* /d/", {"home.md", "homepage"}),
    "exclude-several": ("COPY --exclude=*.txt --exclude=*.md hom* /d/", {"homepage"}),
    "exclude-in-a-folder": ("COPY --exclude=*.txt --exclude=deep src /d/", {"src/m.py"}),
    "exclude-at-any-depth": ("COPY --exclude=**/*.py src /d/", {"src/n.txt"}),
    "exclude-but-for": ("COPY --exclude=* --exclude=!m.py src /d/", {"src/m.py"}),
    "exclude-from-a-stage": (
        "COPY . /s\nFROM scratch\nCOPY --from=build --exclude=deep /s/src /d/",
        {"src/m.py", "src/n.txt"},
    ),
}


@pytest.mark.parametrize(("shape", "expected"), SHAPES.values(), ids=SHAPES.keys())
def test_flags_of_newer_builders(tmp_path: Path, shape: str, expected: set[str]) -> None:
    """`--parents` keeps folders, accepts `**`, starts at `/./`; `--exclude` leaves files out."""
    write(tmp_path, {path: path for path in TREE})
    described = BuildContext(tmp_path)
    described.__dict__["parsed"] = parse_dockerfile(f"FROM scratch AS build\n{shape}\n")
    assert described.reaching_files() == expected


@pytest.mark.parametrize(
    "reference", ["/opt/a.py", "/opt"], ids=["in-the-folder", "the-name-itself"]
)
def test_destination_that_may_be_a_folder_of_the_base(tmp_path: Path, reference: str) -> None:
    """Without a trailing slash it may be one: the file counts at both paths."""
    write(tmp_path, {path: path for path in TREE})
    described = BuildContext(tmp_path)
    described.__dict__["parsed"] = parse_dockerfile(
        f"FROM base AS b\nCOPY a.py /opt\nFROM scratch\nCOPY --from=b {reference} /x\n"
    )
    assert described.reaching_files() == {"a.py"}


def test_symlink_to_itself_matches_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"loop": Path("loop"), "a": "a"})
    described = BuildContext(tmp_path)
    described.__dict__["parsed"] = parse_dockerfile("FROM scratch\nCOPY loop a /x/\n")
    assert described.reaching_files() == {"a"}
