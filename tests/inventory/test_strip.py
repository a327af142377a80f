"""What an image may leave out of packages: by the same rules in Python and in the Dockerfile."""

import subprocess
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project import DEFAULTS, Project
from labcoat.inventory.strip import is_stripped, strip_parts

# Each file of a site-packages, and the kind that takes it out.
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
def test_the_dockerfile_leaves_out_what_python_says(
    kinds: tuple[str, ...], tmp_path: Path, repository: Path
) -> None:
    """The shell lines of the Dockerfile, run on a tree, take out these files and no others, and no empty folder stays."""
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


def test_the_setting_takes_known_kinds() -> None:
    """In any order, with spaces or commas; another word is quoted."""
    settings = [
        Project(Path("/p"), {**DEFAULTS, "LABCOAT_STRIP": value})
        for value in ("", "headers, tests", "docs")
    ]
    assert [strip_parts(project) for project in settings[:2]] == [(), ("tests", "headers")]
    with pytest.raises(LabcoatError, match="cannot leave out 'docs'"):
        strip_parts(settings[2])
