"""Requirements files: what they include, name and pin."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.locking import requirements_file
from support.messages import locking


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("-r base.in", "base.in"),
        ("-c  constraints.txt  # why", "constraints.txt"),
        ("--requirement=sub/x.in", "sub/x.in"),
        ("--constraint c.txt", "c.txt"),
        ("-rbase.in", "base.in"),
    ],
)
def test_every_way_to_include_is_followed(tmp_path: Path, line: str, name: str) -> None:
    """Each spelling that pip accepts is followed."""
    (tmp_path / "sub").mkdir()
    (tmp_path / name).write_text("six\n")
    (tmp_path / "a.in").write_text(line + "\n")
    assert list(requirements_file.included_files(tmp_path / "a.in")) == [
        tmp_path / "a.in",
        tmp_path / name,
    ]


def test_files_that_include_each_other_are_read_once(tmp_path: Path) -> None:
    """Each file of a circle is read once; an address is not a file."""
    (tmp_path / "a.in").write_text("-r b.in\n-c https://example.org/c.txt\n")
    (tmp_path / "b.in").write_text("-r a.in\n")
    assert [file.name for file in requirements_file.included_files(tmp_path / "a.in")] == [
        "a.in",
        "b.in",
    ]


def test_constraints_can_be_left_out(tmp_path: Path) -> None:
    """A file that -c names only limits versions."""
    (tmp_path / "a.in").write_text("-c limits.txt\n--requirement b.in\n")
    (tmp_path / "b.in").write_text("--constraint=limits.txt\nsix\n")
    assert [
        file.name for file in requirements_file.included_files(tmp_path / "a.in", constraints=False)
    ] == ["a.in", "b.in"]


def test_a_missing_include_is_named(tmp_path: Path) -> None:
    """A file that does not exist is an error, unless it may be compiled later."""
    (tmp_path / "a.in").write_text("-c later.txt\n")
    with pytest.raises(LabcoatError, match=locking.NO_FILE.format(name="later.txt")):
        list(requirements_file.included_files(tmp_path / "a.in"))
    assert len(list(requirements_file.included_files(tmp_path / "a.in", missing_ok=True))) == 2


def test_pins_are_read_with_extras_markers_and_any_spelling_of_a_name() -> None:
    """A lock's versions are listed by normalized names."""
    text = "Foo_Bar==1.0 \\\n    --hash=sha256:00\nx[y]==2 ; python_version > '3'\n# z==3\nw>=4\n"
    assert requirements_file.pinned_versions(text) == {"foo-bar": "1.0", "x": "2"}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Foo.Bar_baz", "foo-bar-baz"),
        ("foo[x,y]>=1", "foo"),
        ("foo ; python_version > '3'", "foo"),
        ("foo@ file:///x", "foo"),
        ("./foo", ""),
        ("https://h.example/foo.whl", ""),
        ("-r foo.in", ""),
        ("foo/bar.whl", ""),
    ],
)
def test_the_name_of_a_requirement_is_its_normalized_start(line: str, name: str) -> None:
    """It ends before extras, versions, markers and addresses; options and paths have none."""
    assert requirements_file.requirement_name(line) == name
    assert requirements_file.requirement_names(f"# foo\n{line}  # why\n") == (
        {name} if name else set()
    )


@pytest.mark.parametrize(
    ("lock", "lost"),
    [
        pytest.param("click>=8\nsix\n", ["click>=8"], id="manual"),
        pytest.param("click==8.*\n", ["click==8.*"], id="any version of a series"),
        pytest.param(
            "click==8.1\n-r other.txt\n", ["click==8.1", "-r other.txt"], id="another file"
        ),
        pytest.param("./mine\nSix==1.17\n", ["./mine"], id="a folder"),
        pytest.param(
            "click==8.1\ntorch==2.1+cpu\nmine @ file:///croot/mine\n-e git+https://h.example/x\n",
            [],
            id="pip freeze",
        ),
        pytest.param(
            "click==8.1 ; python_version > '3'\n    # via x\n--index-url https://h.example\n",
            [],
            id="a locker",
        ),
        pytest.param("click>=8 --hash=sha256:00\n", [], id="hashes"),
        pytest.param("# nothing\n", [], id="nothing"),
    ],
)
def test_only_manually_written_lines_are_unlisted(lock: str, lost: list[str]) -> None:
    """A manually written file may ask for more than the inputs; a generated one does not."""
    assert requirements_file.unlisted_requirements(lock, "six\n", Path()) == lost


@pytest.mark.parametrize(
    ("listed", "lost"),
    [
        ("six>=1\n-r more.txt\n", []),
        ("six>=1\nother\n", ["-r lists/default.txt"]),
        ("six>=1\n./six\n", ["-r lists/default.txt"]),
    ],
)
def test_list_that_includes_nothing_more_is_no_loss(
    tmp_path: Path, listed: str, lost: list[str]
) -> None:
    """Tools generate such lists from pyproject.toml."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "default.txt").write_text(listed)
    (tmp_path / "lists" / "more.txt").write_text("# generated\nseven\n")
    text = "-r lists/default.txt\n"
    found = requirements_file.unlisted_requirements(text, "six >=1\nseven\n", tmp_path)
    assert found == lost
    gone = requirements_file.unlisted_requirements("-r gone.txt\n", "six\n", tmp_path)
    assert gone == ["-r gone.txt"]
