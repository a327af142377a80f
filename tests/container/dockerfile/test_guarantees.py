"""What labcoat cannot guarantee of an image from a custom Dockerfile."""

from pathlib import Path

import pytest

from labcoat.container.dockerfile.guarantees import lost_guarantees
from labcoat.container.dockerfile.parser import parse_dockerfile
from support.messages.container_context import NOT_ROOT, PACKAGES, SAME_IMAGE

GOOD = (
    "FROM a AS b\nRUN pip install --require-hashes -r x\nFROM a\nCOPY --from=b /out/ /\nUSER 1000\n"
)
WRITTEN = {
    "pip in the last stage": (
        "FROM a\nRUN pip install --require-hashes -r x\nUSER 1000\n",
        [SAME_IMAGE],
    ),
    "a RUN in a stage below": (
        "FROM a AS b\nRUN pip install --require-hashes -r x\nFROM b\nUSER 1000\n",
        [SAME_IMAGE],
    ),
    "no hashes": (GOOD.replace("--require-hashes", ""), [PACKAGES]),
    "no user": (GOOD.replace("USER 1000", ""), [NOT_ROOT]),
    "root again": (GOOD + "USER root:root\n", [NOT_ROOT]),
    "all lost": (
        "FROM a\nRUN pip install x\n",
        [PACKAGES, SAME_IMAGE, NOT_ROOT],
    ),
    "none lost": (GOOD, []),
}


@pytest.mark.parametrize(("text", "parts"), WRITTEN.values(), ids=WRITTEN.keys())
def test_lost_guarantees(text: str, parts: list[str]) -> None:
    """Each guarantee that the Dockerfile loses, and no other."""
    found = lost_guarantees(parse_dockerfile(text), text)
    assert len(found) == len(parts)
    assert all(part in line for part, line in zip(parts, found, strict=True))


def test_labcoats_own_dockerfile_keeps_every_guarantee(repository: Path) -> None:
    text = (repository / "src/lib/labcoat/scaffold/templates/Dockerfile").read_text(
        encoding="utf-8"
    )
    script = repository / "src/lib/labcoat/scaffold/templates/install-lock.sh"
    whole = text + script.read_text(encoding="utf-8")
    assert lost_guarantees(parse_dockerfile(text), whole) == []
