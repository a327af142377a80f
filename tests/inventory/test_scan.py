"""Files of distributions: what installers write besides is no part of them."""

from pathlib import Path

import pytest

from labcoat.inventory import scan

PROGRAM = """#!{python}
# -*- coding: utf-8 -*-
import sys
from pip._internal.cli.main import {function}
if __name__ == "__main__":
    if sys.argv[0].endswith("-script.pyw"):
        sys.argv[0] = sys.argv[0][:-11]
    elif sys.argv[0].endswith(".exe"):
        sys.argv[0] = sys.argv[0][:-4]
    sys.exit({function}())
"""


@pytest.mark.parametrize(("function", "is_alias"), [("main", True), ("cli", True), ("x", False)])
def test_program_of_pip_for_one_python_is_no_file_of_its_wheel(
    tmp_path: Path, function: str, is_alias: bool
) -> None:
    """Where pip itself is locked; pip 26.3 starts by another function than those before."""
    site = tmp_path / "lib/python3.11/site-packages"
    info = site / "pip-26.3.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pip\nVersion: 26.3\n")
    (info / "RECORD").write_text("../../../bin/pip,,\n../../../bin/pip3.11,,\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "pyvenv.cfg").write_text("")
    for name in ("pip", "pip3.11"):
        text = PROGRAM.format(python=tmp_path / "bin/python", function=function)
        (tmp_path / "bin" / name).write_text(text)
    (found,) = scan.scan(str(tmp_path), str(site))["distributions"]
    assert ("{prefix}/bin/pip3.11" not in found["files"]) == is_alias
    assert "{prefix}/bin/pip" in found["files"]
