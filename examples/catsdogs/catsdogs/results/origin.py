"""Say what a model was made of: in words, and as the command that makes it again."""

from shlex import quote

from catsdogs.data import split
from catsdogs.data.dataset import NEAR, Data
from catsdogs.network import backbones, engine
from catsdogs.results.choice import Chosen
from catsdogs.training import lessons

# What is shown of everything that produced a model, with titles.
SHOWN = {
    "preprocessing": "preprocessing",
    "convolutions": "convolutions",
    "device": "device",
    **{name: f"{name}, sha256" for name in ("data", "program")},
    "weights": "weights",
    **{name: name for name in ("tensorflow", "keras", "numpy", "pillow")},
}


def network(chosen: Chosen) -> str:
    """Return the network and the size of its pictures."""
    application = backbones.choose(chosen.settings.backbone).application
    return f"{application}, pictures of {chosen.settings.size} px"


def produced_by(chosen: Chosen, found: Data) -> list[tuple[str, str]]:
    """Return what determines the model, in words; its record has everything."""
    made, settings = chosen.record["produced_by"], chosen.settings
    course = lessons.LESSONS[chosen.lesson].course
    steps = (
        f"{course.epochs} epochs, {course.batch} pictures in a step, learning rate {course.rate:g}"
        if course
        else "the optimum of a convex problem"
    )
    views = "one view" if settings.views == 1 else f"{settings.views} views"
    how = split.chosen(found.pictures, settings.split)
    return [
        ("training", f"{steps}; {views} of each picture" + "; balanced" * settings.balance),
        ("split", f"{how}, seed {settings.seed}, {settings.alike} duplicates in one part"),
        *((title, made[name]) for name, title in SHOWN.items() if name in made),
        ("environment", engine.environment()),
    ]


def command(chosen: Chosen) -> str:
    """Return the command that trains the model."""
    settings = chosen.settings
    target = "finetune" if chosen.lesson == "finetuned" else "train"
    given = {
        "DATA": quote(settings.data),
        "BACKBONE": settings.backbone,
        "WEIGHTS": quote(settings.weights),
        "SIZE": settings.size,
        "SEED": settings.seed,
        "SPLIT": quote(settings.split),
        "CLASSES": settings.classes,
        "ALIKE": "" if settings.alike == NEAR else settings.alike,
        "VIEWS": settings.views,
    }
    typed = [f"{name}={value}" for name, value in given.items() if value not in {"", quote("")}]
    line = " ".join(["make", target, *typed])
    balance = " BALANCE=1" if settings.balance else ""
    on_gpu = " GPU=1" if "device" in chosen.record["produced_by"] else ""
    off = "" if settings.winograd or on_gpu else " WINOGRAD=off"
    return f"{line}{balance}{off}{on_gpu}"
