"""Record the README's first screen: run its five commands in a new project and draw the session.

    python3 docs/first_screen/record.py

Needs git, make, Docker and a package index. It installs the last commit of this clone with pipx in
a temporary directory, writes `session.svg` beside this file, and replaces the table that follows
the commands in the README. LABCOAT_BASE_IMAGE and LABCOAT_DOCKER_FLAGS have their usual meaning.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[1]
README, SVG = REPOSITORY / "README.md", FOLDER / "session.svg"
INPUTS = {"train.py": (FOLDER / "train.py").read_text(), "requirements.txt": "scikit-learn\n"}

COLUMNS, KEPT = 76, 2  # characters a line; first and last lines of a long output
LEFT, TOP, LINE_HEIGHT, CHARACTER = 16, 46, 18, 7.8  # px, for a font of 13 px
STYLE = """
  text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #24292f }
  .window { fill: #f6f8fa; stroke: #d0d7de }
  .bar, .output { fill: #57606a }
  .prompt { fill: #1a7f37 }
  .command { font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .window { fill: #0d1117; stroke: #30363d }
    .bar, .output { fill: #9198a1 }
    .prompt { fill: #3fb950 }
  }
"""


@dataclass(frozen=True)
class Step:
    """A command as the README shows it, and the lines that it printed."""

    command: str
    output: Sequence[str]


def read_commands(readme: str) -> list[str]:
    """Return the commands of the README's first shell block."""
    block = re.search(r"(?s)```sh\n(.*?)```", readme)
    if block is None:
        raise SystemExit("README.md has no shell block")
    return block[1].splitlines()


def create_project(folder: Path) -> None:
    """Write what the reader has before the first command: a program and what it needs."""
    folder.mkdir()
    for name, text in INPUTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)


def run_commands(commands: Sequence[str], folder: Path, env: Mapping[str, str]) -> list[Step]:
    """Run `commands` in `folder`; return what each printed. Stop with an error if one fails."""
    steps = []
    for command in commands:
        print(f"$ {command}", file=sys.stderr)
        ended = subprocess.run(
            ["sh", "-c", command],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise SystemExit(f"{command} failed:\n{ended.stdout}")
        steps.append(Step(command, shorten_output(ended.stdout.splitlines())))
    return steps


def shorten_output(lines: Sequence[str]) -> list[str]:
    """Return the lines of a table without what precedes it; of others, the first and last lines."""
    lines = [line.rstrip() for line in lines if line.strip()]
    tables = [number for number, line in enumerate(lines) if line.lstrip().startswith("Python ")]
    if tables:  # without the progress before it
        lines = lines[tables[0] :]
    elif len(lines) > 2 * KEPT:
        lines = [*lines[:KEPT], "…", *lines[-KEPT:]]
    return [line if len(line) <= COLUMNS else f"{line[: COLUMNS - 1]}…" for line in lines]


def draw(steps: Sequence[Step]) -> str:
    """Return an SVG of a terminal with `steps`; it follows the reader's light or dark theme."""
    rows: list[str] = []
    for step in steps:
        prompt = f'<tspan class="prompt">$ </tspan><tspan class="command">{escape(step.command)}'
        rows += [f"{prompt}</tspan>"]
        rows += [f'<tspan class="output">{escape(line)}</tspan>' for line in step.output]
    width = round(2 * LEFT + COLUMNS * CHARACTER)
    height = TOP + len(rows) * LINE_HEIGHT + LEFT // 2
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img" aria-labelledby="title">',
        '<title id="title">labcoat in a project with scikit-learn</title>',
        f"<style>{STYLE}</style>",
        f'<rect class="window" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        f'<text class="bar" x="{LEFT}" y="24">~/project</text>',
    ]
    drawn += [
        f'<text xml:space="preserve" x="{LEFT}" y="{TOP + LINE_HEIGHT * number}">{row}</text>'
        for number, row in enumerate(rows)
    ]
    return "\n".join([*drawn, "</svg>", ""])


def replace_table(readme: str, lines: Sequence[str]) -> str:
    """Return `readme` with `lines` in its first block of text."""
    block = "```text\n" + "\n".join(lines) + "\n```"
    return re.sub(r"(?s)```text\n.*?\n```", lambda _: block, readme, count=1)


def install_pipx(folder: Path) -> dict[str, str]:
    """Install pipx; return an environment in which it installs this clone as labcoat."""
    subprocess.run([sys.executable, "-m", "venv", folder / "pipx"], check=True)
    python = folder / "pipx/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "pipx"], check=True)
    subprocess.run(["git", "clone", "--quiet", REPOSITORY, folder / "labcoat"], check=True)
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    # What `pipx install labcoat` does once the package index has labcoat.
    program = bin_folder / "pipx"
    program.write_text(
        f"#!/bin/sh\n"
        f'[ "$*" = "install labcoat" ] && exec {python} -m pipx install {folder}/labcoat\n'
    )
    program.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PIPX_HOME": str(folder / "pipx-home"),
        "PIPX_BIN_DIR": str(bin_folder),
        "PIPX_DEFAULT_PYTHON": sys.executable,
        "USE_EMOJI": "0",
        "LABCOAT_IMAGE": "labcoat/project",
    }


def main() -> None:
    """Run the commands, draw them, and put the last table into the README."""
    readme = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="labcoat-first-screen-") as name:
        folder = Path(name)
        create_project(folder / "project")
        steps = run_commands(read_commands(readme), folder / "project", install_pipx(folder))
    SVG.write_text(draw(steps), encoding="utf-8")
    README.write_text(replace_table(readme, steps[-1].output), encoding="utf-8")


if __name__ == "__main__":
    main()
