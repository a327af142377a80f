"""What a notebook imports and installs."""

import json
import time

import pytest

from labcoat.imports.notebooks import read_notebook


def notebook(*cells: object, **metadata: object) -> bytes:
    made = [{"cell_type": "code", "source": cell} for cell in cells]
    return json.dumps({"cells": made, "metadata": metadata}).encode()


def test_imports_between_magics_are_found() -> None:
    """Lines of IPython do not keep the rest of a cell from being read."""
    data = notebook(
        ["%matplotlib inline\n", "import a\n", "if x:\n", "    !ls\n", "import b"],
        "%%time\nimport c",
        "pip install d\nimport e",
        "import f?\n",
    )
    found = read_notebook(data)
    assert found is not None
    assert [(each.module, each.line) for each in found.imports[:4]] == [
        ("a", 1),
        ("b", 1),
        ("c", 2),
        ("e", 3),
    ]
    assert found.commands[-1] == (3, "pip install d")


def test_cells_in_other_languages_are_left_out() -> None:
    found = read_notebook(notebook("%%html\nimport a", "%%writefile x.py\nimport b", "import c"))
    assert found is not None
    assert [each.module for each in found.imports] == ["c"]
    shell = read_notebook(notebook("%%bash\npip install a"))
    assert shell is not None
    assert shell.commands == ((1, "pip install a"),)


def test_a_notebook_of_another_language_imports_nothing() -> None:
    found = read_notebook(notebook("import a", language_info={"name": "julia"}))
    assert found is not None
    assert found.imports == ()


def test_the_old_format_is_read() -> None:
    cells = [{"cell_type": "code", "input": ["import a\n"]}]
    found = read_notebook(json.dumps({"worksheets": [{"cells": cells}]}).encode())
    assert found is not None
    assert [each.module for each in found.imports] == ["a"]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1]", b"\xff\xfe\0", b"[" * 100_000, b" " * ((1 << 25) + 1)]
)
def test_what_is_no_notebook_is_none(data: bytes) -> None:
    assert read_notebook(data) is None


def test_long_output_keeps_no_notebook_from_being_read() -> None:
    """A picture of 34 MB is left out before the rest is parsed."""
    picture = {"output_type": "display_data", "data": {"image/png": "PICTURE"}}
    cells = [{"cell_type": "code", "source": ["import a\n"], "outputs": [picture]}]
    data = json.dumps({"cells": cells}).encode().replace(b"PICTURE", b"iVB" * 3_800_000 * 3)
    found = read_notebook(data)
    assert found is not None
    assert [each.module for each in found.imports] == ["a"]


def test_a_long_file_of_short_texts_is_given_up() -> None:
    """It would take a minute to look at each of them, and no notebook has as many."""
    begun = time.process_time()
    assert read_notebook(b'{"cells": [' + b'{"long name":[' * (1 << 22)) is None
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("cells", [None, 3, [3], [{"cell_type": "code", "source": {"a": 1}}]])
def test_other_types_are_no_error(cells: object) -> None:
    read_notebook(json.dumps({"cells": cells, "metadata": []}).encode())
