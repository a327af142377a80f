"""`[tool.labcoat.indexes.NAME]`: what is accepted and refused, and which index has a package."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.toolchain import named_indexes
from support.messages import toolchain

URL = 'url = "https://one.example/simple"'


def write(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text)
    return folder


def table(name: str = "one", url: str = URL, packages: str = '["torch"]', more: str = "") -> str:
    return f"[tool.labcoat.indexes.{name}]\n{url}\npackages = {packages}\n{more}\n"


def test_each_package_has_one_index(tmp_path: Path) -> None:
    """Names are normalized, * stands for any characters, and a variant comes before the rest."""
    write(
        tmp_path,
        table(packages='["Torch_Vision", "nvidia-*"]')
        + table("two", packages='["nvidia-*"]', more='variant = "cpu"')
        + table("three", packages='["nvidia-*"]', more='variant = ["cu128", "rocm"]'),
    )

    def index_of(package: str, lock: str) -> str:
        indexes = named_indexes.lock_indexes(tmp_path / lock)
        found = named_indexes.find_index(package, indexes)
        return found.name if found else ""

    assert index_of("torch-vision", "requirements-cpu.txt") == "one"
    assert index_of("torch", "requirements-cpu.txt") == ""
    assert index_of("nvidia-nccl", "requirements.txt") == "one"
    assert index_of("nvidia-nccl", "requirements-cpu.txt") == "two"
    assert index_of("nvidia-nccl", "requirements-cpu-notebook.txt") == "two"
    assert index_of("nvidia-nccl", "requirements-rocm.txt") == "three"
    assert index_of("nvidia-nccl", "requirements-cpus.txt") == "one"


def test_a_lock_in_a_directory_has_the_indexes_of_the_project(tmp_path: Path) -> None:
    """pyproject.toml is looked for upwards, but not outside of the project."""
    write(tmp_path, table())
    for name in ("app/locks", "other/locks"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "other/Makefile").write_text("")
    assert named_indexes.lock_indexes(tmp_path / "app/locks/requirements.txt")
    assert not named_indexes.lock_indexes(tmp_path / "other/locks/requirements.txt")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.labcoat]\nindexes = 3\n", toolchain.NO_TABLE_OF_INDEXES),
        ("[tool.labcoat.indexes]\none = 3\n", toolchain.NO_TABLE_OF_INDEXES),
        (table('"a b"'), "invalid name `a b` of an index"),
        (table(url=""), "the index `one` in `pyproject.toml` has no url"),
        (table(url='url = "one"'), toolchain.INVALID_URL),
        (table(url='url = "file:///wheels"'), toolchain.INVALID_URL),
        (table(url='url = "https:///simple"'), toolchain.INVALID_URL),
        (table(url='url = "https://x y/simple"'), toolchain.INVALID_URL),
        (table(url='url = "https://x:99999/simple"'), toolchain.INVALID_URL),
        (table(url='url = "https://x/$TOKEN/simple"'), toolchain.INVALID_URL),
        (table(url='url = "https://me:secret@x/simple"'), toolchain.URL_WITH_PASSWORD),
        (table(url='url = "https://secret@x/simple"'), toolchain.URL_WITH_PASSWORD),
        (table(url='url = "https://${USER}:secret@x/simple"'), toolchain.URL_WITH_PASSWORD),
        (table(packages="[]"), "has no list of packages"),
        (table(packages='"torch"'), "has no list of packages"),
        (table(packages='["torch>=2"]'), "has the package `torch>=2`, which is not a name"),
        (table(packages='["*"]'), "has the package `*`, which is not a name"),
        (table(packages="[3]"), "has the package `3`, which is not a name"),
        (table(more="variant = 3"), "the variant of the index `one`"),
        (table(more="explicit = true"), "has an unknown setting `explicit`"),
        (table() + table(), "is not valid TOML"),
        (table() + table("two"), "`torch` comes from two indexes in `pyproject.toml`: `one` and"),
        (table("a-b") + table("A_b", packages='["x"]'), "the index `A_b` is defined twice"),
        (table(packages='["nvidia-*"]') + table("two", packages='["nvidia-nccl"]'), "nvidia-nccl"),
        (
            table(more='variant = "cpu"') + table("two", more='variant = ["gpu", "cpu"]'),
            "comes from two indexes",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    """Every mistake is an error with a hint, and no error has the password."""
    with pytest.raises(LabcoatError) as error:
        named_indexes.list_indexes(write(tmp_path, text))
    assert message in error.value.message
    assert error.value.hint
    assert "secret" not in error.value.message + error.value.hint


def test_patterns_that_overlap_are_found_when_a_package_has_both(tmp_path: Path) -> None:
    """Two patterns may both fit a name that neither contains."""
    write(tmp_path, table(packages='["nvidia-*"]') + table("two", packages='["*-cu12"]'))
    indexes = named_indexes.list_indexes(tmp_path)
    assert named_indexes.find_index("nvidia-nccl", indexes)
    with pytest.raises(LabcoatError, match="`nvidia-nccl-cu12` comes from two indexes"):
        named_indexes.find_index("nvidia-nccl-cu12", indexes)


def test_variables_in_the_url_are_read_when_it_is_used(tmp_path: Path) -> None:
    """The text of the setting does not depend on them; one that is not set is named."""
    write(tmp_path, table(url='url = "https://me:${TOKEN}@x/simple/"'))
    (index,) = named_indexes.list_indexes(tmp_path)
    assert index.address({"TOKEN": "abc"}) == "https://me:abc@x/simple"
    assert "${TOKEN}" in named_indexes.format_indexes([index])
    with pytest.raises(LabcoatError, match="needs the environment variable TOKEN"):
        index.address({})


def test_other_files_are_not_judged(tmp_path: Path) -> None:
    """A pyproject.toml that does not parse is another reader's concern, if it has no indexes."""
    assert named_indexes.list_indexes(tmp_path) == ()
    assert named_indexes.list_indexes(write(tmp_path, "[tool.poetry]\nindex = \n")) == ()


UV = """
[[tool.uv.index]]
name = "cpu"
url = "https://one.example/cpu"
explicit = true
[[tool.uv.index]]
name = "gpu"
url = "https://one.example/gpu"
[[tool.uv.index]]
url = "https://unnamed.example/simple"
[tool.uv.sources]
mine = { path = "mine" }
"""


def test_uvs_tables_say_the_same(tmp_path: Path) -> None:
    """A source with an extra is for the lock of the extra; other sources are no concern here."""
    write(
        tmp_path,
        f"""{UV}
Torch = [{{ index = "cpu", extra = "cpu" }}, {{ index = "gpu", extra = "gpu", marker = "x" }}]
torchvision = {{ index = "cpu", marker = "sys_platform == 'linux'" }}
""",
    )

    def index_of(package: str, lock: str) -> str:
        found = named_indexes.find_index(package, named_indexes.lock_indexes(tmp_path / lock))
        return found.url.rpartition("/")[2] if found else ""

    assert index_of("torch", "requirements.txt") == ""
    assert index_of("torch", "requirements-cpu.txt") == "cpu"
    assert index_of("torch", "requirements-gpu.txt") == "gpu"
    assert index_of("torchvision", "requirements-gpu.txt") == "cpu"
    assert index_of("mine", "requirements.txt") == ""
    text = (tmp_path / "pyproject.toml").read_text() + table(packages='["x"]')
    (own,) = named_indexes.list_indexes(write(tmp_path, text))
    assert own.name == "one"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('torch = { index = "xpu" }', "from the index `xpu`, which is not defined"),
        ('torch = [{ index = "cpu" }, { index = "gpu" }]', "`torch` comes from two indexes"),
        ('a = { index = "cpu" }\n[[tool.uv.index]]\nname = "cpu"\nurl = "x"', "is defined twice"),
        ('a = { index = "b" }\n[[tool.uv.index]]\nname = "b"\nurl = "wheels"', "an invalid url"),
    ],
)
def test_what_is_wrong_in_uvs_tables_is_named(tmp_path: Path, more: str, message: str) -> None:
    """Only the indexes that a package names are judged."""
    with pytest.raises(LabcoatError, match=message):
        named_indexes.list_indexes(write(tmp_path, UV + more))
    assert named_indexes.list_indexes(write(tmp_path, "[tool.uv]\nindex = 3\n")) == ()


@pytest.mark.parametrize("table", ["tool.labcoat.index", "tool.labcaot.indexes"])
def test_a_misspelt_table_is_named(tmp_path: Path, table: str) -> None:
    """Passed over, its packages would come from the default index."""
    text = f'[{table}.x]\nurl = "https://host.example/simple"\npackages = ["six"]\n'
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(LabcoatError) as error:
        named_indexes.lock_indexes(tmp_path / "requirements.txt")
    assert error.value.message == f"`{table}` in `pyproject.toml` is unknown"


def test_sources_of_poetry_s_dependencies_are_indexes(tmp_path: Path) -> None:
    """In any group; PyPI is the default one, and one that is not defined is refused."""
    text = (
        '[tool.poetry.dependencies]\nmine = {version = "^1", source = "own"}\nsix = "*"\n'
        'idna = {version = "*", source = "PyPI"}\n'
        '[tool.poetry.group.dev.dependencies]\nyours = [{version = "1", source = "own"}]\n'
    )
    source = '[[tool.poetry.source]]\nname = "own"\nurl = "https://own.example/simple/"\n'
    write(tmp_path, text + source)
    (found,) = named_indexes.list_indexes(tmp_path)
    assert (found.name, found.url) == ("own", "https://own.example/simple")
    assert found.packages == ("mine", "yours")
    write(tmp_path, text)
    with pytest.raises(LabcoatError, match=toolchain.NO_SOURCE_OF_POETRY):
        named_indexes.list_indexes(tmp_path)
    write(tmp_path, table(packages='["Mine", "y*"]') + text)
    (found,) = named_indexes.list_indexes(tmp_path)
    assert found.name == "one"
    write(tmp_path, table(packages='["yours"]') + text)
    with pytest.raises(LabcoatError, match=toolchain.POETRY_PASSED_OVER):
        named_indexes.list_indexes(tmp_path)
