"""The lessons: each one a configuration, with what to expect of it and the command that runs it.

Expected accuracies are those of the five-fold run or of the test part of the table in the README:
2,002 of Kaggle's photographs at 150 px. Published ones, from the same kind of network on other
photographs of Kaggle's, stand beside them. `make lessons` runs all, in this order, and writes one
table.
"""

from dataclasses import dataclass

from catsdogs.errors import Failure
from catsdogs.network.backbones import SCALED
from catsdogs.training.steps import Course

# What a lesson starts from, and so what it trains: all that comes after.
PIXELS, FEATURES, HIDDEN, LAST_BLOCK, LAST_TWO = (
    "pixels",
    "features",
    "hidden layer",
    "last block",
    "last two blocks",
)

# Epochs and dropout of the lessons from scratch are Sarkar's.
SCRATCH = Course(epochs=30, batch=32, rate=1e-3)
SCRATCH_AUGMENTED = Course(epochs=100, batch=32, rate=1e-3)
HIDDEN_LAYER = Course(epochs=30, batch=32, rate=3e-4)
# Steps that change a weight by a thousandth of what it is: it has learned from a million pictures,
# and these are few.
FINE = Course(epochs=4, batch=32, rate=3e-5)
BRIEF = Course(epochs=2, batch=32, rate=3e-5)


@dataclass(frozen=True)
class Lesson:
    """What is trained, on how many views of each picture, and how; and what others have published
    for it.

    A lesson that trains on several views of each picture is asked about as many of a new one, and
    the mean counts.
    """

    name: str
    title: str
    start: str
    published: str
    course: Course | None = None
    views: int = 1
    dropout: float = 0.0
    preprocessing: str = ""


@dataclass(frozen=True)
class Scratch(Lesson):
    """A small network that has never seen a picture. It learns the training pictures by heart, and
    half as much about others.

    Expected: 0.70 to 0.78. `make lessons LESSONS=scratch SIZE=150`
    """

    name: str = "scratch"
    title: str = "network from scratch"
    start: str = PIXELS
    published: str = "0.72 Sarkar, 0.835 Chollet 2nd"
    course: Course = SCRATCH


@dataclass(frozen=True)
class ScratchDropout(Lesson):
    """The same, but three tenths of what its last layers rely on is hidden from them at every step:
    it has to spread its bets.

    Expected: 0.73 to 0.82. `make lessons LESSONS=scratch-dropout SIZE=150`
    """

    name: str = "scratch-dropout"
    title: str = "… with dropout"
    start: str = PIXELS
    published: str = "0.78 Sarkar"
    course: Course = SCRATCH
    dropout: float = 0.3


@dataclass(frozen=True)
class ScratchAugmented(Lesson):
    """The same, and each picture is shown in four views, so that there is less to learn by heart.

    Expected: as the last, or better. `make lessons LESSONS=scratch-augmented SIZE=150`
    """

    name: str = "scratch-augmented"
    title: str = "… with dropout and augmentation"
    start: str = PIXELS
    published: str = "0.82 Sarkar"
    course: Course = SCRATCH_AUGMENTED
    views: int = 4
    dropout: float = 0.3


@dataclass(frozen=True)
class Scaled(Lesson):
    """The fault that many lessons teach: the frozen network is fed with RGB divided by 255, which
    it was not trained on.

    Expected: 0.86 to 0.91, far below `frozen`. `make lessons LESSONS=scaled SIZE=150`
    """

    name: str = "scaled"
    title: str = "frozen, inputs divided by 255"
    start: str = FEATURES
    published: str = "0.87 Sarkar, 0.90 Chollet 1st"
    preprocessing: str = SCALED


@dataclass(frozen=True)
class Classes(Lesson):
    """LearnOpenCV's lesson for three classes: a hidden layer with dropout on the frozen network,
    for any number of classes.

    Give DATA= any folder with a subfolder for each class.
    Expected: 0.95 to 0.975 for cats and dogs. `make lessons LESSONS=classes SIZE=150`
    """

    name: str = "classes"
    title: str = "frozen, hidden layer, any number of classes"
    start: str = HIDDEN
    published: str = "0.90 Sarkar (with augmentation)"
    course: Course = HIDDEN_LAYER
    dropout: float = 0.5


@dataclass(frozen=True)
class Frozen(Lesson):
    """The frozen network with what it was trained on, and one linear layer: `make train`.

    Expected: 0.955 to 0.97 at 150 px, 0.98 or more at 224 px. `make lessons LESSONS=frozen`
    """

    name: str = "frozen"
    title: str = "frozen, linear head"
    start: str = FEATURES
    published: str = "0.97 Chollet 2nd, 0.971 keras.io"


@dataclass(frozen=True)
class FrozenAugmented(Lesson):
    """The same, on each picture and its mirror image, and asked about both. VIEWS=4 adds parts of
    it, turned a little.

    Expected: a picture in a thousand or two better than the last. `make lessons
    LESSONS=frozen-augmented`
    """

    name: str = "frozen-augmented"
    title: str = "… with augmentation"
    start: str = FEATURES
    published: str = "0.96 Chollet 1st, 0.975 Chollet 2nd"
    views: int = 2


@dataclass(frozen=True)
class FineTuned(Lesson):
    """The last block is trained too, from what the others give, which is computed once for each
    view: `make finetune`.

    Expected: 0.945 to 0.98 at 150 px, 0.98 to 0.99 at 224 px. `make lessons LESSONS=finetuned`
    """

    name: str = "finetuned"
    title: str = "last block fine-tuned"
    start: str = LAST_BLOCK
    published: str = "0.968 Chollet 1st, 0.985 Chollet 2nd and keras.io"
    course: Course = FINE
    views: int = 2


@dataclass(frozen=True)
class FineTunedTwo(Lesson):
    """The last two blocks are trained too. Its arithmetic is five times as much a step.

    Expected: 0.94 to 0.98 at 150 px, about as the last, in half the epochs. `make lessons
    LESSONS=finetuned-two`
    """

    name: str = "finetuned-two"
    title: str = "last two blocks fine-tuned"
    start: str = LAST_TWO
    published: str = "0.96 Sarkar"
    course: Course = BRIEF
    views: int = 2


ALL = (
    Scratch,
    ScratchDropout,
    ScratchAugmented,
    Scaled,
    Classes,
    Frozen,
    FrozenAugmented,
    FineTuned,
    FineTunedTwo,
)
LESSONS: dict[str, Lesson] = {lesson.name: lesson() for lesson in ALL}


def choose(words: str) -> list[Lesson]:
    """The lessons that `words` name, in order; all, where it names none."""
    names = words.replace(",", " ").split()
    for name in names:
        if name not in LESSONS:
            raise Failure(
                f"There is no lesson {name!r}.", f"Give LESSONS= some of {', '.join(LESSONS)}."
            )
    return [LESSONS[name] for name in names or LESSONS]
