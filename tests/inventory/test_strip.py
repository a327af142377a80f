"""Python and the Dockerfile remove the same files of packages for LABCOAT_STRIP."""

import subprocess
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import DEFAULTS
from labcoat.inventory.strip import is_stripped, strip_parts
from support.messages import inventory as messages

# Files in site-packages, and the kind that removes them.
FILES = {
    "numpy/__init__.py": "",
    "numpy/_core/tests/test_a.py": "tests",
    "numpy/_core/tests/data/a.csv": "tests",
    "numpy/testing/utils.py": "",
    "numpy/_core/include/numpy/a.h": "headers",
    "numpy-2.4.6.dist-info/licenses/numpy/_core/include/LICENSE": "",
    "numpy-2.4.6.dist-info/tests/a": "",
    "tensorflow/include/external/eigen/Core": "headers",
    "tensorflow/include/tests/a.h": "both",
    "tensorflow/_api/v2/test/__init__.py": "",
    "tests/test_top.py": "",
    "include/top.h": "",
    "package/include/__init__.py": "",
    "package/include/module.so": "",
    "cupy/_core/include/a.h": "",
    "cupy/tests/test_a.py": "tests",
    "numba_cuda/numba/include/a.h": "",
    "nvidia/cuda_runtime/include/a.h": "",
    "nvidiax/include/a.h": "headers",
    "triton/backends/include/cuda.h": "",
    "tests.py": "",
    "a name/te sts/tests/with space.py": "tests",
}


@pytest.mark.parametrize(
    "kinds",
    [(), ("tests",), ("headers",), ("tests", "headers")],
    ids=lambda kinds: " ".join(kinds) or "nothing",
)
def test_dockerfile_removes_the_same_files_as_python(
    kinds: tuple[str, ...], tmp_path: Path, repository: Path
) -> None:
    """The script's shell lines run on a tree; no empty directory stays."""
    text = (repository / "src/lib/labcoat/scaffold/templates/install-lock.sh").read_text(
        encoding="utf-8"
    )
    functions = text.partition("\ncase $1 in\n")[0]
    script = f'{functions}\nfor kind in $STRIP; do strip_packages "$kind"; done\n'
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run(
        ["sh", "-euc", script],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "STRIP": " ".join(kinds)},
        check=True,
    )
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {
        name for name, kind in FILES.items() if kind not in kinds and not (kind == "both" and kinds)
    }
    assert left == {name for name in FILES if not is_stripped(name, kinds)}
    assert [path for path in tmp_path.rglob("*") if path.is_dir() and not any(path.iterdir())] == []


def test_setting_accepts_known_kinds() -> None:
    """They are in any order, separated by spaces or commas."""
    settings = [
        Project(Path("/p"), {**DEFAULTS, "LABCOAT_STRIP": value})
        for value in ("", "headers, tests", "docs")
    ]
    assert [strip_parts(project) for project in settings[:2]] == [(), ("tests", "headers")]
    with pytest.raises(LabcoatError, match=messages.UNKNOWN_KIND.format(kind="docs")):
        strip_parts(settings[2])
