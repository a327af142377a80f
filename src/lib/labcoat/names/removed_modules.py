"""Modules that a release of their package removed: code that imports one needs an older release.

The releases are those whose wheels lack what those of the release before have.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple


class Removal(NamedTuple):
    """The release of `package` from which on `module` is gone."""

    module: str
    package: str
    below: str


# By top-level module, package and release: the names of modules in it, or `.` for all of it.
_REMOVED: Mapping[tuple[str, str, str], str] = {
    ("fastai", "fastai", "2"): """
        basic_data basic_train callbacks core data_block datasets gen_doc general_optimizer script
        sixel tabular.models tabular.transform text.interpret text.models.transformer text.transform
        train utils version vision.cyclegan vision.image vision.interpret vision.models.darknet
        vision.models.efficientnet vision.models.wrn vision.transform vision.tta widgets
    """,
    ("keras", "keras", "2.9"): """
        layers.advanced_activations layers.convolutional_recurrent layers.embeddings layers.local
        layers.merge layers.recurrent layers.wrappers
    """,
    ("keras", "keras", "2.13"): """
        engine layers.convolutional layers.core layers.noise layers.normalization layers.pooling
        utils.generic_utils utils.np_utils utils.vis_utils wrappers
    """,
    ("keras", "keras", "3"): """
        backend.experimental callbacks.experimental dtensor estimator experimental
        layers.experimental metrics.experimental models.experimental optimizers.experimental
        preprocessing.text utils.experimental
    """,
    ("langchain", "langchain", "1"): """
        adapters base_language cache callbacks chains chat_loaders docstore document_loaders
        document_transformers evaluation globals graphs hub indexes llms load memory output_parsers
        prompts pydantic_v1 requests retrievers runnables schema serpapi smith sql_database storage
        text_splitter utilities utils vectorstores
    """,
    ("moviepy", "moviepy", "2"): "editor",
    ("openai", "openai", "1"): "api_resources embeddings_utils error openai_object",
    ("pandas", "pandas", "2"): "util.testing",
    ("pytorch_lightning", "pytorch-lightning", "1.5"): "metrics",
    ("pkg_resources", "setuptools", "82"): ".",
    ("torch", "torch", "2"): "_six",
    ("torchtext", "torchtext", "0.12"): "legacy",
    ("torchvision", "torchvision", "0.17"): "transforms.functional_tensor",
    ("werkzeug", "werkzeug", "1"): "contrib",
    ("gensim", "gensim", "4"): """
        models.base_any2vec models.deprecated models.wrappers sklearn_api summarization viz
    """,
    ("sklearn", "scikit-learn", "0.23"): """
        ensemble.partial_dependence externals.joblib externals.six utils.linear_assignment_
    """,
    ("sklearn", "scikit-learn", "0.24"): """
        cluster.bicluster cluster.birch cluster.dbscan_ cluster.hierarchical cluster.k_means_
        datasets.base datasets.samples_generator decomposition.base decomposition.nmf
        decomposition.online_lda decomposition.pca decomposition.truncated_svd ensemble.bagging
        ensemble.base ensemble.forest ensemble.gradient_boosting ensemble.iforest ensemble.voting
        ensemble.weight_boosting feature_extraction.stop_words feature_selection.base
        feature_selection.from_model feature_selection.rfe feature_selection.univariate_selection
        linear_model.base linear_model.coordinate_descent linear_model.logistic linear_model.ridge
        linear_model.stochastic_gradient manifold.t_sne metrics.classification metrics.ranking
        metrics.regression metrics.scorer mixture.gaussian_mixture neighbors.base
        neighbors.classification neighbors.kde neighbors.lof neighbors.regression
        neighbors.unsupervised neural_network.multilayer_perceptron preprocessing.data
        preprocessing.label semi_supervised.label_propagation svm.base svm.classes tree.export
        tree.tree utils.mocking utils.testing
    """,
    **{
        ("transformers", "transformers", "4"): " ".join(
            f"{kind}_{model}"
            for kind in ("configuration", "modeling", "tokenization")
            for model in ("albert", "auto", "bart", "bert", "distilbert", "gpt2", "roberta", "t5")
        )
    },
}


def find_removal(module: str) -> Removal | None:
    """Return what removed `module`, which is dotted, or a package that it is in; None if nothing.

    The answer is the same for what is below a removed module.
    """
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        if found := _removals().get(".".join(parts[:end])):
            return found
    return None


def is_removed(module: str) -> bool:
    """Whether a release removed just this module, which is dotted."""
    return module in _removals()


@cache
def _removals() -> Mapping[str, Removal]:
    return {
        module: Removal(module, package, below)
        for (top, package, below), names in _REMOVED.items()
        for module in (f"{top}.{name}".rstrip(".") for name in names.split())
    }
