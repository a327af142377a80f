"""Modules that later releases of their package do not have."""

import pytest

from labcoat.names.modules import package_of
from labcoat.names.removed_modules import _removals, find_removal, is_removed


@pytest.mark.parametrize(
    ("module", "package", "below"),
    [
        ("keras.utils.vis_utils", "keras", "2.13"),
        ("keras.preprocessing.text", "keras", "3"),
        ("sklearn.externals.joblib.parallel", "scikit-learn", "0.23"),
        ("transformers.modeling_bert", "transformers", "4"),
        ("keras.utils", "", ""),
        ("transformers.modeling_utils", "", ""),
        ("engine", "", ""),
    ],
)
def test_a_module_and_what_is_below_it(module: str, package: str, below: str) -> None:
    found = find_removal(module)
    assert (found.package, found.below) == (package, below) if found else not package


def test_only_the_module_itself_is_removed() -> None:
    assert is_removed("keras.utils.np_utils")
    assert not is_removed("keras.utils.np_utils.to_categorical")
    assert not is_removed("keras.utils")


def test_each_is_of_the_package_that_provides_the_module() -> None:
    assert all(package_of(each.module) == each.package for each in _removals().values())
