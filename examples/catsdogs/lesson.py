# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Cats and dogs
#
# Train a network that knows 1.2 million photographs to distinguish two classes, with a few hundred
# pictures, in a minute. Run the cells from top to bottom. Without data the pictures are textures,
# spots and stripes, and the network has random weights, which shows that everything works. Set
# `DATA` to a zip file, a folder with a subfolder per class, or `mirror` (photographs from the web),
# and the same cells learn cats and dogs.

# %%
import numpy as np
from matplotlib import pyplot
from PIL import Image

from catsdogs.data import manifest, pictures, split, summary
from catsdogs.network import engine, features
from catsdogs.network.backbones import SCALED
from catsdogs.network.features import Sight
from catsdogs.results import evaluation, gradcam, mistake, statistics
from catsdogs.results.predictions import Predictions
from catsdogs.settings import settle
from catsdogs.training import head, learn, models

DATA = "synthetic"
WEIGHTS = ""  # empty: imagenet for photographs, random for synthetic pictures; or a file
CLASSES = ""  # where the classes are: top, parts, names or last; empty: find out
ALIKE = ""  # which pictures stay in one part of the split: near or exact; empty: near

settings = settle("build/lesson", data=DATA, weights=WEIGHTS, classes=CLASSES, alike=ALIKE)
print(engine.environment())

# %% [markdown]
# ## 1. Read the data
#
# Every picture is read, hashed and decoded once. Broken files are set aside, and near duplicates
# are detected.

# %%
source, found = settings.opened()
print(*summary.describe(found), sep="\n")

figure, axes = pyplot.subplots(2, 5, figsize=(10, 4.4))
for row, label in zip(axes, found.classes[:2], strict=True):
    members = [picture for picture in found.pictures if picture.label == label][: len(row)]
    for place, picture in zip(row, members, strict=False):
        place.imshow(pictures.pixels(source.read(picture.name), settings.size))
        place.set_title(label)
        place.axis("off")

# %% [markdown]
# ## 2. Split
#
# The split is decided by a hash of each picture's bytes. Near duplicates are in the same part,
# because otherwise the test would reward memorizing.

# %%
rows = split.divide(found.pictures, settings.seed)
print(*summary.understood(found, rows, ""), sep="\n")
print(split.describe(rows))

# %% [markdown]
# ## 3. Compute the features
#
# Without its last layers, the frozen network turns each picture into 512 numbers. This is nearly
# all of the work, and the result is the same every time, so it is cached. Run the cell again, and
# it takes no time.

# %%
network = settings.network()
seen = features.compute(source, found.pictures, Sight(network), settings.cache)
print(f"{len(seen)} pictures, {seen.shards[0].shape[1]} numbers each")

# %% [markdown]
# ## 4. Train the head
#
# One linear layer with softmax: logistic regression. The problem is convex, so there is one
# optimum, and no randomness.


# %%
def part(name, of):
    """Return the features in `of` and the labels of a part of the split."""
    members = [row for row in rows if row.part == name]
    return head.Part(of.of(row.sha256 for row in members), learn.labels(members, found.classes))


training, validation, test = (
    part(name, seen) for name in (manifest.TRAINING, manifest.VALIDATION, manifest.TEST)
)
fitted, history = head.fit(training, validation, len(found.classes))

figure, (loss, accuracy) = pyplot.subplots(1, 2, figsize=(10, 3.6))
for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
    axes.semilogx(range(1, len(history[name]) + 1), history[name], label="training")
    axes.semilogx(range(1, len(history[name]) + 1), history[f"val_{name}"], label="validation")
    axes.set_xlabel("step")
    axes.set_ylabel(name)
    axes.legend(frameon=False)

# %% [markdown]
# ## 5. Measure accuracy and its uncertainty
#
# An accuracy is counted on a number of pictures, and has a confidence interval. Two results whose
# intervals overlap much are not significantly different.

# %%
probabilities = fitted.probabilities(test.features)
names = [row.path for row in rows if row.part == manifest.TEST]
answers = Predictions(found.classes, names, test.labels, probabilities)
low, high = statistics.wilson(int(answers.right.sum()), len(names))
print(
    f"test accuracy {answers.right.mean():.4f}, 95% interval {low:.4f} to {high:.4f}, of "
    f"{len(names)} pictures"
)
print("confusion matrix, true classes in rows, predicted in columns:", found.classes)
print(evaluation.confusion(answers))

# %% [markdown]
# ## 6. Inspect the results
#
# The most confident right predictions of each class, then the most confident mistakes. Below each
# is its Grad-CAM heat map: the brighter a region, the more it supports the prediction. With random
# weights a map may be empty.

# %%
whole = models.whole(network, fitted)
heat = gradcam.explainer(whole, settings.seed)
chosen = evaluation.examples(answers, 5)

figure, axes = pyplot.subplots(2, len(chosen), figsize=(10, 4.6), squeeze=False)
for (above, below), row in zip(axes.T, chosen, strict=True):
    square = pictures.pixels(source.read(answers.names[row]), settings.size)
    above.imshow(square)
    predicted, known = (found.classes[of[row]] for of in (answers.answers, answers.labels))
    title = f"{predicted} {answers.confidence[row]:.2f}"
    above.set_title(title + f"\nis {known}" * (predicted != known), fontsize=9)
    below.imshow(gradcam.overlay(Image.fromarray(square), heat(square, int(answers.answers[row]))))
    above.axis("off")
    below.axis("off")

# %% [markdown]
# ## 7. A common mistake
#
# Many lessons divide pictures by 255 before VGG16, which was trained on something else: blue,
# green, red, minus ImageNet's mean colour. Everything else is the same here: the network, the head,
# the pictures. Each picture is tested once, by a head that was trained on four fifths of the
# others.
#
# Textures do not show this, and neither do random weights. So without photographs of your own, or
# if yours are too few or too easy, the numbers are those of 400 of Kaggle's photographs: their
# features, 512 numbers each, come with this example.

# %%
compared = None
if DATA != "synthetic":
    scaled = features.compute(
        source, found.pictures, Sight(settings.network(SCALED)), settings.cache
    )
    labels = learn.labels(rows, found.classes)
    ways = (of.of(row.sha256 for row in rows) for of in (seen, scaled))
    compared = mistake.compare(mistake.Pair(*ways, labels), "of your pictures")
    print(*compared.lines(), sep="\n")
if compared is None or not compared.shows:
    compared = mistake.compare(mistake.packaged())
    print(*compared.lines(), sep="\n")

figure, axes = pyplot.subplots(figsize=(7, 2.2))
mistake.draw(compared, axes)

# %% [markdown]
# ## 8. Use it
#
# The saved model takes plain RGB from 0 to 255: preprocessing is its first layer.

# %%
asked = np.stack([pictures.pixels(source.read(name), settings.size) for name in names[:3]])
for name, shares in zip(names, whole.predict_on_batch(asked), strict=False):
    print(name, dict(zip(found.classes, shares.round(4).tolist(), strict=True)))

# %% [markdown]
# ## Next steps
#
# `make lessons DATA=…` compares networks from scratch, frozen and fine-tuned in one table; `make
# report` writes a report about a run. The README beside this notebook describes the modules that
# are used here.
