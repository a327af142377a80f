"""The text of requirements.in says where each line is from, and what was left out."""

from pathlib import Path

from labcoat.adoption.evidence.source import Source
from labcoat.adoption.plan import Decision, Plan, Wanted
from labcoat.adoption.requirements_text import GUESSES, IMPORTS, INTRODUCTION, format_requirements
from labcoat.adoption.survey import Survey
from labcoat.locking.requirements_file import unlisted_requirements

LIST = ["a==1", "b==2", "sklearn", "d", "-e git+https://x/y#egg=e"]


def made() -> str:
    lines = tuple(Wanted(text, "r.txt", n, "demand") for n, text in enumerate(LIST, 1))
    source = Source("r.txt", "requirements", ("# why", *lines, "# --pre"))
    imports = Wanted("f", "m.py", 3, "import"), Wanted("g", "m.py", 4, "import", guess=True)
    plan = Plan(
        None,
        (
            Decision("python==3.9.*", None, "dropped", "a Python"),
            Decision("a==1", "a==1", "kept", ""),
            Decision("b==2", "b==3", "moved", "no wheel"),
            Decision("sklearn", "scikit-learn", "renamed", "its name"),
            Decision("d", None, "dropped", "not on the index"),
            Decision("-e git+https://x/y#egg=e", None, "dropped", "its own"),
            Decision("f", "f", "added", ""),
            Decision("g", "g", "added", ""),
        ),
    )
    python = Wanted("python==3.9.*", "Pipfile", 1, "demand")
    found = Survey(taken=(source,), missing=imports, pythons=(python,))
    return format_requirements(found, plan)


def test_every_line_is_there_or_named() -> None:
    assert made() == (
        f"{INTRODUCTION}# From r.txt:\n# why\na==1\nb==3  # was b==2\n"
        "# left out: sklearn (its name)\nscikit-learn\n# left out: d (not on the index)\n"
        "# left out: -e git+https://x/y#egg=e (its own)\n# --pre\n"
        f"\n{IMPORTS}\nf  # m.py:3\n\n{GUESSES}\ng  # m.py:4\n"
    )


def test_what_was_left_out_is_not_lost() -> None:
    """The lock may replace the list: each of its lines is in requirements.in, or in a comment."""
    listed = "\n".join([*LIST, "--pre", "h"])
    assert unlisted_requirements(listed, made(), Path()) == ["h"]


def test_what_was_left_out_is_one_line() -> None:
    """Names of a hostile file neither act on a terminal nor begin a requirement of their own."""
    wanted = Wanted("a\x1b[31m\nevil", "Pipfile", 1, "demand")
    source = Source("Pipfile", "Pipfile", (wanted,))
    plan = Plan(None, (Decision(wanted.requirement, None, "dropped", "not a requirement"),))
    text = format_requirements(Survey(taken=(source,)), plan)
    assert text.splitlines()[-1] == "# left out: a\\x1b[31m\\x0aevil (not a requirement)"


def test_a_name_of_a_file_is_one_line() -> None:
    """A folder may have any name; what is after a line's end in it would be a requirement."""
    listed, imported = (
        Wanted("a", "x\nevil/r.txt", 1, "demand"),
        Wanted("b", "\nevil.py", 2, "import"),
    )
    limit = Decision("c<2", "c<2", "added", "imported in \nevil.py")
    plan = Plan(None, (Decision("a", "a", "kept", ""), Decision("b", "b", "added", ""), limit))
    source = Source(listed.file, "requirements", (listed,))
    text = format_requirements(Survey(taken=(source,), missing=(imported,)), plan)
    assert "x\\x0aevil/r.txt" in text
    assert not [line for line in text.splitlines() if line.startswith("evil")]
