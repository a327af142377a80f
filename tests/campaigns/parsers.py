"""Fuzz the parsers with atheris: `python tests/campaigns/parsers.py SECONDS [SEED]`.

It needs a Python that has atheris, which follows the code that each input reaches. An input that
raises anything but the error of its parser ends the campaign, and atheris prints it; so does one
that takes longer than ten seconds.
"""

import contextlib
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "src" / "lib"))
atheris = import_module("atheris")  # which no lock of this repository has
with atheris.instrument_imports(include=["labcoat"]):
    from labcoat.container.dockerfile.copy_trace import trace_copies
    from labcoat.container.dockerfile.parser import parse_dockerfile
    from labcoat.container.dockerignore.matcher import Matcher, Semantics
    from labcoat.container.dockerignore.parser import parse_ignore_file
    from labcoat.core.installations import find_installations
    from labcoat.core.shell_commands import split_commands
    from labcoat.imports.notebooks import read_notebook
    from labcoat.imports.sources import read_source, scan_lines
    from labcoat.lint.repository.build_files import parse_blocks, read_bake, read_compose
    from labcoat.locking.requirement_lines import parse_requirements
    from labcoat.secrets.content import find_in_content, find_in_variables

PATHS = ["a", "b.py", "src/m.py", "src/deep/o", "é/u", ".env"]
LONGEST = 4096  # bytes of an input
EMPTY = Path(tempfile.gettempdir()) / "no-such-context"


def read_dockerfile(data: bytes) -> None:
    """Parse a Dockerfile and follow its copies."""
    parsed = parse_dockerfile(data.decode("utf-8", "replace"))
    trace_copies(parsed, PATHS, EMPTY)


def read_ignore_file(data: bytes) -> None:
    """Parse an ignore file for both builders, and match some paths."""
    for semantics in (Semantics.BUILDKIT, Semantics.DOCKER_20_10):
        matcher = Matcher(parse_ignore_file(data, semantics), semantics)
        matcher.filter_files(PATHS[:2])
        matcher.find_emptied(PATHS)


def read_script(data: bytes) -> None:
    """Split a script into commands, and read what it installs."""
    text = data.decode("utf-8", "replace")
    list(split_commands(text))
    list(find_installations(text))


def read_builds(data: bytes) -> None:
    """Read a compose file and bake files."""
    text = data.decode("utf-8", "replace")
    list(read_compose(text))
    list(parse_blocks(text))
    list(read_bake("docker-bake.hcl", text))
    list(read_bake("docker-bake.json", text))


def read_secrets(data: bytes) -> None:
    """Look for secrets in two kinds of files."""
    for path in ("src/settings.py", "deploy/.env", "Dockerfile"):
        find_in_content(path, data)
        find_in_variables(path, data)


def read_sources(data: bytes) -> None:
    """Read imports, notebooks and requirements."""
    read_source(data)
    scan_lines(data.decode("utf-8", "replace"))
    read_notebook(data)
    parse_requirements(data.decode("utf-8", "replace"))


TARGETS: tuple[Callable[[bytes], None], ...] = (
    *(read_dockerfile, read_ignore_file, read_script, read_builds, read_secrets, read_sources),
)


def run_one(data: bytes) -> None:
    """Give an input to the parser that its first byte chooses."""
    if not data:
        return
    with contextlib.suppress(ValueError):  # PatternError, DockerfileError and their like
        TARGETS[data[0] % len(TARGETS)](data[1:LONGEST])


def main(seconds: int, seed: int) -> None:
    """Run until the time is over."""
    words = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={LONGEST}", "-timeout=10"]
    atheris.Setup([sys.argv[0], *words, "-print_final_stats=1"], run_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 1)
