"""What PyPI calls a package of conda."""

import pytest

from labcoat.names import conda


@pytest.mark.parametrize(
    ("name", "build", "package"),
    [
        ("numpy", "", "numpy"),
        ("pytorch", "", "torch"),
        ("opencv", "", "opencv-python"),
        ("python-graphviz", "", "graphviz"),
        ("Typing_Extensions", "", "typing-extensions"),
        ("libgcc-ng", "", ""),
        ("mkl", "", ""),
        ("openssl", "", ""),
        ("r-ggplot2", "", ""),
        # Names of a family of conda's that are packages of PyPI all the same.
        ("librosa", "", "librosa"),
        ("cuda-python", "", "cuda-python"),
        # A freeze has the name as an index writes it.
        ("python-abi", "", ""),
        ("mkl-fft", "", ""),
        ("rarely-used", "py39h1_0", "rarely-used"),
        ("rarely-used", "h1ccaba5_0", ""),
    ],
)
def test_name(name: str, build: str, package: str) -> None:
    assert conda.pypi_name(name, build) == package


def test_programs_that_only_conda_has() -> None:
    assert conda.is_system("pandoc")
    assert not conda.is_system("numpy")
    assert not conda.is_system("pip")
