"""SEC002: secrets that a build gets as arguments."""

from pathlib import Path

import pytest

from labcoat.lint.runner import Selection, check_repository
from support.repositories import repository

ENV = "FROM scratch\nARG AWS_SECRET_ACCESS_KEY\nENV KEY=$AWS_SECRET_ACCESS_KEY\n"
CLONE = 'FROM a\nARG GH_TOKEN\nRUN git clone "https://${GH_TOKEN}@github.com/a/b"\n'
SHIPPED = {
    "environment": ENV,
    "command": CLONE,
    "setting": "FROM a\nARG DB_PASSWORD=\nRUN app configure password ${DB_PASSWORD:-x}\n",
    "here-document": "FROM a\nARG API_KEY\nRUN <<END\nexport K=$API_KEY\nEND\n",
    "label": "FROM a\nARG API_KEY\nLABEL key=$API_KEY\n",
    "address": "FROM a\nARG API_KEY\nADD https://host.org/f?key=$API_KEY /f\n",
    "base": CLONE.replace("FROM a", "FROM a AS base") + "FROM base\nRUN true\n",
    "inherited": "FROM a AS base\nARG GH_TOKEN\nFROM base\nRUN fetch $GH_TOKEN\n",
    "before-the-first-stage": f"ARG GH_TOKEN\n{CLONE}",
    "before-a-stage-for-tests": f"{CLONE.replace('FROM a', 'FROM a AS app')}FROM b AS test\n",
}


@pytest.mark.parametrize("text", SHIPPED.values(), ids=SHIPPED.keys())
def test_argument_in_the_image_is_a_warning(text: str, tmp_path: Path) -> None:
    """Docker records what an instruction got, and everybody who has the image can read it."""
    root = repository(tmp_path / "r", {"Dockerfile": text})
    (found,) = check_repository(root, Selection(("SEC",))).findings
    declared = [number for number, line in enumerate(text.split("\n"), 1) if line.startswith("ARG")]
    assert (found.rule, str(found.severity), found.line) == ("SEC002", "warning", declared[-1])
    assert found.fix is None
    assert "--mount=type=secret" in found.hint


HARMLESS = {
    "unused": "FROM a\nARG GH_TOKEN\nRUN make\n",
    "earlier-stage": f"{CLONE.replace('FROM a', 'FROM a AS build')}FROM b\nCOPY --from=build b b\n",
    "default": CLONE.replace("ARG GH_TOKEN", "ARG GH_TOKEN=none"),
    "default-before": f"ARG GH_TOKEN=none\n{CLONE}",
    "name-of-no-secret": CLONE.replace("GH_TOKEN", "VERSION"),
    "key-of-a-cache": CLONE.replace("GH_TOKEN", "CACHE_KEY"),
    "public-key": CLONE.replace("GH_TOKEN", "VITE_API_KEY"),
    "mounted": "FROM a\nRUN --mount=type=secret,id=GH_TOKEN,env=GH_TOKEN clone $GH_TOKEN\n",
    "longer-name": CLONE.replace("${GH_TOKEN}", "$GH_TOKEN_USER"),
    "escaped": CLONE.replace("${GH_TOKEN}", "\\\\$GH_TOKEN"),
    "used-before": "FROM a\nRUN echo $GH_TOKEN\nARG GH_TOKEN\n",
    "malformed": "FROM a\nARG GH_TOKEN\nFETCH $GH_TOKEN\n",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_argument_that_stays_out_of_the_image(text: str, tmp_path: Path) -> None:
    """Not used, not in the stage that is shipped, or no secret."""
    root = repository(tmp_path / "r", {"Dockerfile": text})
    assert check_repository(root, Selection(("SEC",))).findings == []


def test_arguments_of_a_dockerfile_are_one_warning(tmp_path: Path) -> None:
    """The first one names the others; those of an image for development are notes."""
    two = f"{CLONE}ARG API_KEY\nRUN app --key $API_KEY\n"
    root = repository(tmp_path / "r", {"Dockerfile": two, "dev/Dockerfile": ENV})
    found = check_repository(root, Selection(("SEC",))).findings
    weights = [(each.path, each.line, str(each.severity)) for each in found]
    assert weights == [
        ("Dockerfile", 2, "warning"),
        ("Dockerfile", 4, "note"),
        ("dev/Dockerfile", 2, "note"),
    ]
    assert "the same on line 4" in found[0].message
