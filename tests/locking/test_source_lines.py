"""What an error about an address says about the line that asks for it."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.locking.inputs import find_input
from labcoat.locking.source_lines import make_plan


@pytest.mark.parametrize("line", ["gone @ git+{}", "gone @ git+{}@main", "git+{}#egg=gone"])
def test_an_address_that_cannot_be_read_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    address = f"{tmp_path.as_uri()}/gone"
    (tmp_path / "requirements.in").write_text(f"alpha\n{line.format(address)}\n")
    with pytest.raises(LabcoatError) as raised:
        make_plan(Project(tmp_path), find_input(tmp_path / "requirements.txt"))
    assert f"`{address}`" in raised.value.message
    assert raised.value.hint.startswith("requirements.in:2 asks for it. ")
