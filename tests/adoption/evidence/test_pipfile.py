"""Pipfile: packages of an index, and those that have another place."""

from pathlib import Path

from labcoat.adoption.evidence.pipfile import find_pipfiles
from labcoat.imports.tree import list_tree

PIPFILE = """
[[source]]
name = "pypi"
url = "https://pypi.python.org/simple"
[[source]]
name = "own"
url = "https://own.example/simple"
[packages]
alpha = {version = "*", index = "pypi"}
near = {path = "../libs/near", editable = true}
gone = {path = "./gone"}
fork = {git = "https://h/fork", ref = "v1", subdirectory = "py", markers = "os_name == 'nt'"}
mine = {version = "*", index = "own"}
[dev-packages]
other = {file = "https://h/other.zip"}
"""


def test_places_are_kept_or_named(tmp_path: Path) -> None:
    """PyPI may have others of the names; paths are relative to the Pipfile."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app/Pipfile").write_text(PIPFILE)
    (tmp_path / "libs/near").mkdir(parents=True)
    (tmp_path / "libs/near/setup.py").touch()
    main, dev = find_pipfiles(list_tree(tmp_path))
    assert [each.requirement for each in main.wanted] == [
        "alpha",
        "near @ file:./libs/near",
        "fork @ git+https://h/fork@v1#subdirectory=py ; os_name == 'nt'",
    ]
    assert [each.name for each in main.skipped] == ["gone", "mine"]
    assert "[tool.labcoat.indexes]" in main.skipped[1].reason
    assert [each.requirement for each in dev.wanted] == ["other @ https://h/other.zip"]
