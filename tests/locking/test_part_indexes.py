"""An index for a group or an extra, in a lock that has it under another name."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.locking.inputs import find_input
from support.messages import locking

GROUPS = (
    '[project]\nname = "p"\nversion = "1"\ndependencies = ["six"]\n'
    '[project.optional-dependencies]\nall = ["p[test]"]\ntest = ["Mine[a]>=1"]\n'
    '[dependency-groups]\ndev = [{include-group = "My-tests"}]\nmy_tests = ["mine"]\n'
    '[[tool.uv.index]]\nname = "own"\nurl = "https://own.example/simple"\n'
)
LOCKS = '[tool.labcoat.locks]\nrequirements = ["test"]\n'


def write(folder: Path, source: str, more: str = "") -> None:
    text = f"{GROUPS}[tool.uv.sources]\nmine = {source}\n{more}"
    (folder / "pyproject.toml").write_text(text)


@pytest.mark.parametrize(
    ("lock", "source", "more"),
    [
        ("requirements-all.txt", '{ index = "own", extra = "test" }', ""),
        ("requirements-dev.txt", '{ index = "own", group = "my-tests" }', ""),
        ("requirements.txt", '{ index = "own", extra = "test" }', LOCKS),
    ],
)
def test_an_index_of_a_part_is_not_passed_over(
    tmp_path: Path, lock: str, source: str, more: str
) -> None:
    """The default index may have another package of that name."""
    write(tmp_path, source, more)
    with pytest.raises(LabcoatError) as error:
        find_input(tmp_path / lock).texts()
    assert locking.INDEX_OF_A_PART in error.value.message
    assert error.value.message.endswith("too")


@pytest.mark.parametrize(
    ("lock", "source", "more"),
    [
        ("requirements-test.txt", '{ index = "own", extra = "test" }', ""),
        ("requirements-dev.txt", '{ index = "own", extra = "test" }', ""),
        ("requirements.txt", '{ index = "own", extra = "test" }', ""),
        ("requirements-all.txt", '{ index = "own" }', ""),
        ("requirements-all.txt", '{ path = "mine", extra = "test" }', ""),
        (
            "requirements-all.txt",
            '{ index = "own", extra = "test" }',
            '[tool.labcoat.indexes.one]\nurl = "https://h/s"\npackages = ["mine"]\n',
        ),
    ],
)
def test_an_index_that_counts_or_is_for_other_locks_is_fine(
    tmp_path: Path, lock: str, source: str, more: str
) -> None:
    write(tmp_path, source, more)
    assert find_input(tmp_path / lock).texts()
