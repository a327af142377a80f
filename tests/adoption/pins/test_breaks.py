"""Releases that older packages do not run with."""

from labcoat.adoption.pins import breaks
from labcoat.adoption.pins.index_releases import PackageReleases
from labcoat.toolchain.package_index import ListedFile


def _release(name: str, tag: str, uploaded: str) -> PackageReleases:
    file = f"{name}-1.0-{tag}.whl"
    return PackageReleases(name, (ListedFile(file, "", uploaded=f"{uploaded}T12:00:00Z"),))


def test_files_are_no_packages_whose_age_counts() -> None:
    """A locker names what asks for a package: other packages, and files."""
    versions = {"numpy": "2.1", "old": "1.0"}
    parents = {"numpy": ["-r wanted.txt", "old"]}
    assert breaks.suspects(versions, parents) == {"old", "numpy"}
    assert breaks.find_limits(versions, parents, {}) == []


def test_compiled_package_of_numpy_1_brings_limit_that_a_solution_keeps_by_chance() -> None:
    """The lock for all platforms may have another release of NumPy than this machine's solution."""
    known = {
        "compiled": _release("compiled", "cp311-cp311-manylinux_2_17_x86_64", "2023-05-01"),
        "pure": _release("pure", "py3-none-any", "2023-05-01"),
        "recent": _release("recent", "cp311-cp311-manylinux_2_17_x86_64", "2024-09-01"),
    }
    for numpy in ("1.23.5", "2.1.0"):
        versions = {"numpy": numpy, **dict.fromkeys(known, "1.0")}
        found = breaks.find_limits(versions, {"numpy": [*known]}, known)
        reason = "compiled 1.0 is older than numpy 2, and does not run with it"
        assert [(each.text, each.reason) for each in found] == [("numpy<2", reason)]
        assert not breaks.find_limits(versions, {"numpy": ["pure", "recent"]}, known)


def test_older_package_brings_limit_of_matplotlib() -> None:
    """seaborn 0.11 registers its colours in a way that matplotlib 3.9 no longer has."""
    known = {
        "old": _release("old", "py3-none-any", "2021-08-01"),
        "new": _release("new", "py3-none-any", "2023-01-01"),
    }
    versions = {"matplotlib": "3.9.2", "old": "1.0", "new": "1.0"}
    (found,) = breaks.find_limits(versions, {"matplotlib": ["old", "new"]}, known)
    assert found.text == "matplotlib<3.9"
    assert not breaks.find_limits(versions, {"matplotlib": ["new"]}, known)


def test_lowest_limit_comes_first() -> None:
    """The higher ones are for where it leaves no solution."""
    known = {"old": _release("old", "cp39-cp39-manylinux_2_17_x86_64", "2020-05-01")}
    found = breaks.find_limits({"numpy": "2.0", "old": "1.0"}, {"numpy": ["old"]}, known)
    assert [each.text for each in found] == ["numpy<1.24", "numpy<2"]
    assert found[0].is_within(found[1])
    assert not found[1].is_within(found[0])


def test_limit_above_all_releases_for_a_python_is_none() -> None:
    """The last NumPy for Python 3.8 is 1.24."""
    known = {"compiled": _release("compiled", "cp38-cp38-manylinux_2_17_x86_64", "2023-05-01")}
    versions = {"numpy": "1.24.4", "compiled": "1.0"}
    (limit,) = breaks.find_limits(versions, {"numpy": ["compiled"]}, known)
    files = tuple(
        ListedFile(f"numpy-{version}-py3-none-any.whl", "", requires_python=python)
        for version, python in (("1.24.4", ">=3.8"), ("2.0.0", ">=3.9"))
    )
    known = {"numpy": PackageReleases("numpy", files)}
    assert not breaks.exists(limit, known, "3.8")
    assert breaks.exists(limit, known, "3.9")
    assert breaks.exists(limit, {}, "3.8")


def test_the_wrong_name_of_scikit_learn_stays_where_it_can_be_built() -> None:
    """Older packages ask for `sklearn`, whose later releases, sources alone, fail to build."""
    (limit,) = breaks.limits_of_built({"sklearn", "another"})
    assert limit.text == "sklearn<0.0.post1"
    assert limit.reason == "sklearn 0.0.post1 refuses to be built"


def test_package_that_needs_a_newer_one_and_does_not_say_so_stays_below() -> None:
    """pyarrow 26 refuses NumPy 1, and asks for no NumPy at all."""
    known = {"numpy": PackageReleases("numpy", ())}
    (limit,) = breaks.find_limits({"numpy": "1.24.2", "pyarrow": "26.0.1"}, {}, known)
    assert limit.text == "pyarrow<26"
    for versions in ({"numpy": "2.1"}, {"numpy": "1.24.2", "pyarrow": "25.0.0"}):
        assert not breaks.find_limits({"pyarrow": "26.0.1", **versions}, {}, known)


def test_packages_with_the_same_files_get_one_version() -> None:
    """Two versions of OpenCV in one folder cannot be imported."""
    versions = {"opencv-python": "4.5.4.58", "opencv-python-headless": "4.11.0.86"}
    (limit,) = breaks.find_limits(versions, {}, {})
    assert limit.text == "opencv-python-headless<4.5.4.59"
    assert limit.reason == "opencv-python 4.5.4.58 brings the same files, of its own version"
    assert not breaks.find_limits(dict.fromkeys(versions, "4.5.4.58"), {}, {})
    assert not breaks.find_limits({"opencv-python": "4.5.4.58"}, {}, {})
