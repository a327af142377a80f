"""labcoat's own Dockerfile has no steps of a project's own."""

from pathlib import Path

import pytest

from labcoat.container.dockerfile.image_settings import stage_chain
from labcoat.container.dockerfile.own_steps import has_own_steps
from labcoat.container.dockerfile.parser import parse_dockerfile

TEMPLATE = Path("src/lib/labcoat/scaffold/templates/Dockerfile")


@pytest.mark.parametrize(
    "line",
    ["", "RUN true", "COPY x /x", "ADD x /x", "WORKDIR /srv", "COPY --from=debian /x /x",
     "RUN sh /opt/install-lock.sh tools; true", "COPY --from=large / /"],
)  # fmt: skip
def test_a_step_of_ones_own_is_seen(repository: Path, line: str) -> None:
    """In the stage that is meant for it, or anywhere else."""
    text = (repository / TEMPLATE).read_text(encoding="utf-8")
    changed = text.replace("AS base\n", f"AS base\n{line}\n")
    parsed = parse_dockerfile(changed)
    assert has_own_steps(parsed, stage_chain(parsed, None)) == bool(line)


def test_steps_of_earlier_versions_are_labcoats(repository: Path) -> None:
    """Their stages put what the image gets at the top."""
    text = (repository / TEMPLATE).read_text(encoding="utf-8")
    former = text.replace("/labcoat/out/", "/out/")
    assert former != text
    for place, is_own in (("/out/", False), ("/opt/out/", True)):
        parsed = parse_dockerfile(former.replace("/out/", place))
        assert has_own_steps(parsed, stage_chain(parsed, None)) == is_own


def test_packages_of_the_system_are_own_steps(repository: Path) -> None:
    """They are in a stage of their own, which only SYSTEM=apt uses."""
    parsed = parse_dockerfile(
        (repository / TEMPLATE).read_text(encoding="utf-8"), {"SYSTEM": "apt"}
    )
    assert has_own_steps(parsed, stage_chain(parsed, None))
