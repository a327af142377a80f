"""What labcoat cannot promise of an image whose Dockerfile a person has written."""

from pathlib import Path

import pytest

from labcoat.container.context import preflight
from labcoat.container.context.build_context import BuildContext
from labcoat.container.dockerfile.guarantees import lost_guarantees
from labcoat.container.dockerfile.parser import parse_dockerfile

GOOD = (
    "FROM a AS b\nRUN pip install --require-hashes -r x\nFROM a\nCOPY --from=b /out/ /\nUSER 1000\n"
)
WRITTEN = {
    "pip in the last stage": (
        "FROM a\nRUN pip install --require-hashes -r x\nUSER 1000\n",
        ["same image twice"],
    ),
    "a RUN in a stage below": (
        "FROM a AS b\nRUN pip install --require-hashes -r x\nFROM b\nUSER 1000\n",
        ["same image twice"],
    ),
    "no hashes": (GOOD.replace("--require-hashes", ""), ["packages are the lock's"]),
    "no user": (GOOD.replace("USER 1000", ""), ["not root"]),
    "root again": (GOOD + "USER root:root\n", ["not root"]),
    "none of it": (
        "FROM a\nRUN pip install x\n",
        ["packages are the lock's", "same image twice", "not root"],
    ),
    "all of it": (GOOD, []),
}


@pytest.mark.parametrize(("text", "parts"), WRITTEN.values(), ids=WRITTEN.keys())
def test_what_cannot_be_promised_is_said(text: str, parts: list[str]) -> None:
    """Each promise that the Dockerfile takes away, and no other."""
    found = lost_guarantees(parse_dockerfile(text), text)
    assert len(found) == len(parts)
    assert all(part in line for part, line in zip(parts, found, strict=True))


def test_labcoats_own_dockerfile_keeps_every_promise(repository: Path) -> None:
    """There is nothing to say of the template."""
    text = (repository / "src/lib/labcoat/scaffold/templates/Dockerfile").read_text(
        encoding="utf-8"
    )
    script = repository / "src/lib/labcoat/scaffold/templates/install-lock.sh"
    whole = text + script.read_text(encoding="utf-8")
    assert lost_guarantees(parse_dockerfile(text), whole) == []


def test_scripts_that_a_run_mounts_are_read(repository: Path, tmp_path: Path) -> None:
    """The template alone lacks --require-hashes: the script that it mounts has it."""
    templates = repository / "src/lib/labcoat/scaffold/templates"
    for name in ("Dockerfile", "install-lock.sh"):
        (tmp_path / name).write_text((templates / name).read_text(encoding="utf-8"))
    assert list(preflight.preflight_warnings(BuildContext(tmp_path))) == []
    (tmp_path / "install-lock.sh").write_text("pip install -r /tmp/lock.txt\n")
    assert any(
        "--require-hashes" in line for line in preflight.preflight_warnings(BuildContext(tmp_path))
    )


def test_a_large_context_is_remarked_on(tmp_path: Path) -> None:
    """With its size and the target that says more; what .dockerignore names does not count."""
    (tmp_path / "Dockerfile").write_text(GOOD)
    with (tmp_path / "weights.bin").open("wb") as file:
        file.truncate(60 << 20)
    assert list(preflight.preflight_warnings(BuildContext(tmp_path))) == [
        "the build is sent 60 MiB of files; make context says which"
    ]
    (tmp_path / ".dockerignore").write_text("*.bin\n")
    assert list(preflight.preflight_warnings(BuildContext(tmp_path))) == []
