"""The lessons: configurations, each with its expected accuracy and the command that runs it.

Expected accuracies come from the README's table: 2,002 of Kaggle's photographs. Published
accuracies, from the same kind of network on other photographs of Kaggle's, are given beside them.
`make lessons` runs all lessons and writes one table, in this order.
"""

from dataclasses import dataclass

from catsdogs.errors import CatsdogsError
from catsdogs.network.backbones import SCALED
from catsdogs.training.steps import Course

# Where a lesson's training starts: it trains everything after this.
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
# Small steps, which change a weight by about a thousandth: it was trained on a million pictures,
# and these are few.
FINE = Course(epochs=4, batch=32, rate=3e-5)
BRIEF = Course(epochs=2, batch=32, rate=3e-5)


@dataclass(frozen=True)
class Lesson:
    """What to train, on how many views of each picture, and how; and the published accuracy.

    A lesson that trains on several views of each picture predicts from the same number of views and
    averages the predictions. With `balance` all classes count the same in training, however many
    pictures each has.
    """

    name: str
    title: str
    start: str
    published: str
    course: Course | None = None
    views: int = 1
    dropout: float = 0.0
    preprocessing: str = ""
    balance: bool = False

    @property
    def step(self) -> str:
        """What its history has one value for."""
        return "epoch" if self.course else "step"


@dataclass(frozen=True)
class Scratch(Lesson):
    """A small network with random weights. It memorizes the training pictures, and generalizes half
    as well.

    Expected: 0.70 to 0.78. `make lessons LESSONS=scratch SIZE=150`
    """

    name: str = "scratch"
    title: str = "network from scratch"
    start: str = PIXELS
    published: str = "0.72 Sarkar, 0.835 Chollet 2nd"
    course: Course = SCRATCH


@dataclass(frozen=True)
class ScratchDropout(Lesson):
    """The same, but dropout hides three tenths of the inputs of its last layers at every step, so
    that it relies on no single one.

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
    """The same, with four views of each picture, so that memorizing is harder.

    Expected: like the previous lesson, or better. `make lessons LESSONS=scratch-augmented SIZE=150`
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
    """The mistake that many lessons teach: the frozen network gets RGB divided by 255, which it was
    not trained on.

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

    Set DATA= to any folder with a subfolder for each class.
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
    """The frozen network with its own preprocessing, and one linear layer: `make train`.

    Expected: 0.955 to 0.97 at 150 px, 0.98 or more at 224 px. `make lessons LESSONS=frozen`
    """

    name: str = "frozen"
    title: str = "frozen, linear head"
    start: str = FEATURES
    published: str = "0.97 Chollet 2nd, 0.971 keras.io"


@dataclass(frozen=True)
class FrozenAugmented(Lesson):
    """The same, trained on each picture and its mirror image, with predictions averaged over both.
    VIEWS=4 adds parts of the picture, rotated a little.

    Expected: one or two pictures in a thousand better than the previous lesson. `make lessons
    LESSONS=frozen-augmented`
    """

    name: str = "frozen-augmented"
    title: str = "… with augmentation"
    start: str = FEATURES
    published: str = "0.96 Chollet 1st, 0.975 Chollet 2nd"
    views: int = 2


@dataclass(frozen=True)
class FineTuned(Lesson):
    """The last block is trained too, on the outputs of the others, which are computed once for each
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
    """The last two blocks are trained too. A step has five times as much arithmetic.

    Expected: 0.94 to 0.98 at 150 px, like the previous lesson, in half the epochs. `make lessons
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
    """Return the lessons that `words` name, in order, or all if it is empty."""
    names = words.replace(",", " ").split()
    for name in names:
        if name not in LESSONS:
            raise CatsdogsError(
                f"unknown lesson `{name}`", f"Set `LESSONS=` to some of {', '.join(LESSONS)}"
            )
    return [LESSONS[name] for name in names or LESSONS]
