"""Which package provides a module."""

import json
from pathlib import Path

import pytest

from labcoat.core.package_names import normalize_name
from labcoat.names import modules


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("numpy", "numpy"),
        ("sklearn.metrics", "scikit-learn"),
        ("cv2", "opencv-python"),
        ("skmisc.loess", "scikit-misc"),
        ("segment_anything", "segment-anything"),
        ("delta.tables", "delta-spark"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("google.cloud.language_v1", "google-cloud-language"),
        ("google.protobuf.message", "protobuf"),
        ("mpl_toolkits.mplot3d", "matplotlib"),
        ("mpl_toolkits.basemap", "basemap"),
        ("azure.storage.blob", "azure-storage-blob"),
        ("airflow.providers.google.cloud", "apache-airflow-providers-google"),
        ("iterstrat.ml_stratifiers", "iterative-stratification"),
        ("ruamel.yaml", "ruamel-yaml"),
        ("torch.utils.tensorboard.writer", "tensorboard"),
        ("torch.utils.data", "torch"),
        ("keras.models", "keras"),
        ("mmh3", "mmh3"),
        ("google.colab", ""),
        ("google", ""),
        ("ibis.selectors", "ibis-framework"),
        ("apex.amp", ""),  # NVIDIA's, which no index has; the index has another apex
    ],
)
def test_package(module: str, package: str) -> None:
    assert modules.package_of(module) == package


def test_alternatives_provide_a_module_too() -> None:
    assert {"opencv-python", "opencv-contrib-python"} <= modules.providers_of("cv2")
    assert modules.providers_of("torch.utils.tensorboard") == {"tensorboard"}
    assert "google" not in modules.providers_of("google.cloud.storage")


def test_names_that_projects_give_their_own_modules() -> None:
    assert modules.is_own_name("utils.io")
    assert not modules.is_own_name("pandas")


def test_guesses_are_what_no_table_has() -> None:
    assert modules.is_guess("rarely_used")
    assert not modules.is_guess("numpy.linalg")
    assert not modules.is_guess("skimage.io")


def test_the_table_has_other_names_only() -> None:
    """A module that its package is named after needs no line; update.py leaves it out."""
    table = json.loads(Path(modules.__file__).with_name("modules.json").read_text())
    assert len(table) > 1500
    assert not {module for module, name in table.items() if normalize_name(module) == name}


@pytest.mark.parametrize(
    ("module", "listed"),
    [
        ("mdeditor", "django-mdeditor"),
        ("debug_toolbar.middleware", "django-debug-toolbar"),
        ("haystack", "django-haystack"),
        ("haystack", "farm-haystack"),
        ("rest_framework_jwt", "djangorestframework-jwt"),
        ("mnist", "python-mnist"),
        ("allure", "allure-pytest"),
        ("fasttextish", "pyfasttextish"),
        ("yaml", "pyyaml"),
    ],
)
def test_package_that_is_named_after_a_module_provides_it(module: str, listed: str) -> None:
    """What is listed under such a name is not looked for under another one."""
    assert modules.find_providers(module, {"numpy", listed}) == {listed}


@pytest.mark.parametrize(
    ("module", "listed"),
    [
        ("redis", "django-redis"),
        ("yaml", "ruamel-yaml"),
        ("pandas", "pandas-profiling"),
        ("flow", "tensorflow"),
        ("google", "google-auth"),
        ("unknownmodule", "numpy"),
    ],
)
def test_package_with_a_like_name_does_not_provide_a_module(module: str, listed: str) -> None:
    """A popular package is the one that provides its module; a part of a word says nothing."""
    assert not modules.find_providers(module, {listed})
