"""Requirements as repositories have them, before an index is asked."""

import pytest

from labcoat.adoption.pins.lines import Line, merge_lines, read_line
from labcoat.adoption.plan import Decision, Kind, Wanted


def read(text: str, kind: Kind = "freeze", own: frozenset[str] = frozenset({"mine"})) -> str | None:
    """Return what becomes of a line; None if it is left out."""
    found = read_line(Wanted(text, "list.txt", 1, kind), own)
    return found.text if isinstance(found, Line) else found.after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("numpy==1.19.5", "numpy==1.19.5"),
        ("torch==1.8.1+cu111", "torch==1.8.1"),
        ("jaxlib===0.4.1+cuda11.cudnn82", "jaxlib==0.4.1"),
        ("pkg-resources==0.0.0", None),
        ("pkg_resources==0.0.0", None),
        ("-e .", None),
        ("-e ./lib[dev]", None),
        ("-e git+https://host.example/me/mine.git@abc123#egg=mine", None),
        ("-e git+ssh://git@host.example/me/mine.git@abc123", None),
        ("mine @ git+https://host.example/me/mine.git@abc123", None),
        (
            "-e git+https://host.example/me/other.git@abc#egg=other",
            "-e git+https://host.example/me/other.git@abc#egg=other",
        ),
        ("numpy @ file:///tmp/build/80754af9/numpy_and_base_16/work", "numpy"),
        ("near @ file:///home/me/near", None),
        ("near @ file:./libs/near", "near @ file:./libs/near"),
        ("near @ file:.", None),
        ("idna @ file:///C:/Users/me/idna-3.4-py3-none-any.whl", "idna==3.4"),
        (
            "torch @ file:///home/me/torch-1.8.1%2Bcu111-cp38-cp38-linux_x86_64.whl",
            "torch==1.8.1",
        ),
        ("pywin32==227", "pywin32==227 ; sys_platform == 'win32'"),
        ("appnope==0.1.0", "appnope==0.1.0 ; sys_platform == 'darwin'"),
        ("appnope==0.1; os_name == 'x'", "appnope==0.1; os_name == 'x'"),
        ("pandas=1.2", "pandas==1.2"),
        ("pandas 1.2.0", "pandas==1.2.0"),
        ("./wheels/own.whl", None),
        ("--extra-index-url https://host.example/simple", None),
        ("?? what", None),
        ("python==3.9.*", None),
    ],
)
def test_each_line_of_a_freeze(text: str, after: str | None) -> None:
    """Is what an index can give, or left out."""
    assert read(text) == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("numpy=1.19.5=py38h123_0", "numpy==1.19.5"),
        ("numpy=1.19", "numpy==1.19.*"),
        ("numpy>=1.19", "numpy>=1.19"),
        ("numpy", "numpy"),
        ("pytorch=1.8.1=py3.8_cuda11.1_cudnn8.0.5_0", "torch==1.8.1"),
        ("pytorch-cpu", "torch"),
        ("matplotlib-base=3.4.2=py38_0", "matplotlib==3.4.2"),
        ("jpeg=9e=h5eee18b_1", None),
        ("_libgcc_mutex=0.1=main", None),
        ("libgcc-ng=11.2.0=h1234567_1", None),
        ("r-base=4.1", None),
        ("cudatoolkit=11.1", None),
        ("librosa=0.8", "librosa==0.8.*"),
        ("python=3.8.10", None),
    ],
)
def test_each_line_of_a_conda_dump(text: str, after: str | None) -> None:
    """Has the index's name and version, or is conda's only."""
    assert read(text, "conda") == after


def test_names_of_conda_do_not_touch_other_lists() -> None:
    """An index has packages of the same names."""
    assert read("snappy==1.0", "demand") == "snappy==1.0"
    assert read("snappy==1.0", "conda") is None
    assert read("pytables", "conda") == "tables"


def test_a_stronger_line_wins() -> None:
    """A demand over a recorded version, that over an import; different ranges both stay."""

    def line(text: str, kind: Kind) -> Line:
        found = read_line(Wanted(text, f"{kind}.txt", 1, kind), ())
        assert isinstance(found, Line)
        return found

    import_, freeze, demand = line("a", "import"), line("a==1", "freeze"), line("A>=2", "demand")
    kept, dropped = merge_lines([import_, freeze, demand])
    assert kept == [demand]
    assert [each.wanted.kind for each, _ in dropped] == ["freeze", "import"]
    assert all("demand.txt:1" in decision.reason for _, decision in dropped)
    assert isinstance(dropped[0][1], Decision)
    kept, _ = merge_lines([line("b>=1", "demand"), line("b<2", "demand")])
    assert len(kept) == 2
    wide, recorded = line("c>=2,<4", "demand"), line("c==3.1", "freeze")
    weaker = [line("c==3.1", "conda"), line("c==3.2", "freeze"), line("c", "import")]
    kept, dropped = merge_lines([*weaker, recorded, wide])
    assert [each.text for each in kept] == ["c==3.2", "c>=2,<4"]
    assert len(dropped) == 3
    _, dropped = merge_lines([line("d>1", "demand"), line("d>1", "freeze")])
    assert dropped[0][1].reason == "demand.txt has it already"
    kept, dropped = merge_lines([wide, line("c==4", "freeze")])
    assert kept == [wide]
    assert "c>=2,<4" in dropped[0][1].reason
