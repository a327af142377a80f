"""Packages that import another one, and leave it to whoever uses them to install it.

Keras runs on one of several libraries; add-ons of TensorFlow, PyTorch and JAX work with any build
of these. Each below imports the other package when it is imported or first used, and the metadata
of its wheel asks for none: no resolver brings one.
"""

from collections.abc import Iterator, Mapping

from labcoat._vendor.packaging.version import InvalidVersion, Version
from labcoat.core.records import Record
from labcoat.names import modules

_NEEDED_BY: Mapping[str, str] = {
    "tensorflow": """
        dm-sonnet efficientnet image-classifiers keras keras-bert keras-cv keras-self-attention
        ktrain larq mtcnn onnx-tf segmentation-models tensorflow-addons tensorflow-io
        tensorflow-probability tensorlayer tf-explain tf-keras-vis tf-slim tf2onnx tflearn
    """,
    "torch": """
        skorch torch-cluster torch-geometric torch-scatter torch-sparse torch-spline-conv
        torch-summary torchinfo torchsummary
    """,
    "jax": "dm-haiku",
}
_BACKENDS = ("torch", "jax")  # that will do too, from Keras 3 on


class MissingPeer(Record):
    """A `package` that another one, `needing`, imports and does not ask for."""

    package: str
    needing: str

    def describe(self) -> str:
        """Return a sentence about it, without its full stop."""
        return f"{self.needing} imports `{self.package}` and does not ask for it"


def find_missing_peers(versions: Mapping[str, str]) -> Iterator[MissingPeer]:
    """Yield what packages of an environment import and it lacks, each once.

    `versions` are those of all its packages, by normalized name.
    """
    for package, names in _NEEDED_BY.items():
        for name in sorted(versions.keys() & set(names.split())):
            others = _BACKENDS if name == "keras" and _is_keras_3(versions[name]) else ()
            if not any(versions.keys() & modules.providers_of(each) for each in (package, *others)):
                yield MissingPeer(package, name)
                break


def _is_keras_3(version: str) -> bool:
    try:
        return Version(version) >= Version("3")
    except InvalidVersion:
        return False
