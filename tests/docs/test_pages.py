"""The pages agree with the code: targets, settings, commands, messages, figures and links."""

import argparse
import functools
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from labcoat import cli
from labcoat.commands.makefile_comments import parse_entries
from labcoat.core.settings import DEFAULTS
from labcoat.levels import registry

REPOSITORY = Path(__file__).parents[2]
ENTRIES = parse_entries((REPOSITORY / "src/lib/include.python.mk").read_text(encoding="utf-8"))
TARGETS = {entry.name: entry for entry in ENTRIES if not entry.is_variable}
SETTINGS = {entry.name: entry for entry in ENTRIES if entry.is_variable}
# Empty or computed defaults, in the words of docs/reference/make.md.
COMPUTED = {
    "LABCOAT_DEV_REQUIREMENTS": "`requirements-dev.txt` if there is a `requirements-dev.in`, or a"
    " group or an extra `dev`",
    "LABCOAT_IMAGE": "`labcoat/DIRECTORY`",
    "LABCOAT_CONDA": "the first of micromamba, mamba and conda",
    "LABCOAT_BASE_IMAGE": "the pinned Python image of the project's minor version",
    "LABCOAT_GPU": "the value of `GPU`",
    "LABCOAT_CACHE": "`labcoat` in your cache directory",
}


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


@functools.cache
def rows(page: str) -> dict[str, list[str]]:
    """The rows of all tables of `page` whose first cell is code: that code, and the other cells."""
    found = re.findall(r"^\| `([^`]+)` \|(.*)\|$", read(page), re.MULTILINE)
    return {name: [cell.strip() for cell in re.split(r"(?<!\\)\|", cells)] for name, cells in found}


def pages() -> list[str]:
    """Every Markdown page that git knows."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "*.md"]
    listed = subprocess.run(
        words, cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    return [name for name in listed if name and (REPOSITORY / name).exists()]


def commands(parser: argparse.ArgumentParser, prefix: str = "labcoat") -> Iterator[str]:
    """Every command that `parser` knows, as it is typed."""
    groups = [
        action for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    ]
    if not groups:
        yield prefix
    for name, below in (pair for group in groups for pair in group.choices.items()):
        yield from commands(below, f"{prefix} {name}")


@pytest.mark.parametrize("target", TARGETS)
def test_target_is_documented(target: str) -> None:
    """Each target of the include has a row in docs/reference/make.md."""
    assert target in rows("docs/reference/make.md")


@pytest.mark.parametrize("setting", SETTINGS)
def test_setting_is_documented_with_its_default(setting: str) -> None:
    """Each setting of the include has a row in docs/reference/make.md, with its default."""
    default = SETTINGS[setting].default
    documented = rows("docs/reference/make.md")[setting][0]
    assert documented == COMPUTED.get(setting, f"`{default}`" if default else "")


def test_pages_name_existing_targets_and_settings_only() -> None:
    """No page names an unknown LABCOAT_ setting, nor docs/reference/make.md an unknown target."""
    named = {name for name in rows("docs/reference/make.md") if "=" not in name}
    assert named <= TARGETS.keys() | SETTINGS.keys() | set(registry.level_names())
    known = SETTINGS.keys() | {
        "LABCOAT_BIN",
        "LABCOAT_RUN",
        "LABCOAT_READY",
        "LABCOAT_REQUIRE_DOCKER",
        "LABCOAT_TEST_BASE_IMAGE",
    }
    for page in pages():
        assert set(re.findall(r"LABCOAT_[A-Z]+(?:_[A-Z]+)*", read(page))) <= known, page


def test_helper_and_include_have_the_same_settings_and_defaults() -> None:
    """Helper and include have the same settings, and equal defaults unless make computes them."""
    assert {
        name: entry.default for name, entry in SETTINGS.items() if "$" not in entry.default
    } == {name: default for name, default in DEFAULTS.items() if "$" not in SETTINGS[name].default}


@pytest.mark.parametrize("level", registry.level_names())
def test_level_of_isolation_is_documented(level: str) -> None:
    """Each level has a row in docs/reference/make.md and is named in the README."""
    assert level in rows("docs/reference/make.md")
    assert f"`{level}`" in read("README.md")


@pytest.mark.parametrize("command", list(commands(cli.parser())))
def test_command_is_documented(command: str) -> None:
    """Each command of the helper has a row in docs/reference/cli.md."""
    assert command in rows("docs/reference/cli.md")


def test_pages_name_existing_commands_only() -> None:
    """Each row of docs/reference/cli.md is a command, and targets beside it exist."""
    assert rows("docs/reference/cli.md").keys() == set(commands(cli.parser()))
    for _, target in rows("docs/reference/cli.md").values():
        assert {word.strip("`") for word in target.split(", ") if word} <= TARGETS.keys()


SHARED = {"example_runs", "rates", "side_by_side"}  # imported by the benchmarks
BENCHMARKS = {path.stem for path in (REPOSITORY / "benchmarks").glob("*.py")} - SHARED


@pytest.mark.parametrize("benchmark", sorted(BENCHMARKS))
def test_benchmark_is_documented(benchmark: str) -> None:
    """Each benchmark has a command and a section in benchmarks/README.md."""
    page = read("benchmarks/README.md")
    assert re.search(
        rf"^(?:python3|\.venv/bin/python) benchmarks/{benchmark}\.py\b", page, re.MULTILINE
    )
    assert f"## {benchmark}\n" in page


def heading_anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page: str) -> None:
    """Each link to a file or a heading of this repository finds it."""
    text = re.sub(r"(?s)```.*?```", "", read(page))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (REPOSITORY / page).parent / path if path else REPOSITORY / page
        assert file.exists(), f"{page} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(heading_anchor, headings), f"{page} links to {target}"


def test_index_names_every_page() -> None:
    """docs/README.md links to each page in docs; the rules have an index of their own."""
    index = read("docs/README.md")
    for page in pages():
        if page.startswith("docs/") and page != "docs/README.md":
            wanted = "rules/README.md" if page.startswith("docs/rules/") else page[len("docs/") :]
            assert f"]({wanted})" in index, page


PARTS = ("tutorial", "how-to", "reference", "explanation")


@pytest.mark.parametrize(
    "page", [page for page in pages() if page.startswith(tuple(f"docs/{part}/" for part in PARTS))]
)
def test_page_says_whom_it_is_for(page: str) -> None:
    """The first sentence of each page in the four parts of the documentation names its readers."""
    assert re.match(r"# .+\n\nFor \w+", read(page))


@functools.cache
def own_targets() -> set[str]:
    """The targets of the Makefiles in this repository."""
    makefiles = [
        REPOSITORY / "Makefile",
        *REPOSITORY.glob("examples/*/*akefile"),
        *REPOSITORY.glob("examples/*/*.mk"),
    ]
    texts = (file.read_text(encoding="utf-8") for file in makefiles)
    return {entry.name for text in texts for entry in parse_entries(text)}


@pytest.mark.parametrize("page", [page for page in pages() if page != "CHANGELOG.md"])
def test_make_commands_of_a_page_exist(page: str) -> None:
    """Each make target in a page's command block exists, in the include or in a Makefile here."""
    for block in re.findall(r"(?s)```sh\n(.*?)```", read(page)):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["make"]:
                assert {
                    word for word in words[1:] if "=" not in word and not word.startswith("-")
                } <= TARGETS.keys() | own_targets(), line


def test_two_commands_set_this_repository_up() -> None:
    """The README has `make demo` and `make test` in one block, and the Makefile has both."""
    assert "make demo\nmake test\n" in re.findall(r"(?s)```sh\n(.*?)```", read("README.md"))
    assert {"demo", "test"} <= {entry.name for entry in parse_entries(read("Makefile"))}


def test_figures_are_those_of_the_benchmarks() -> None:
    """Each number in the README's comparison, and in the decisions, is in benchmarks/README.md."""
    table = read("README.md").partition("## Why not another tool?")[2].partition("\n## ")[0]
    figures = re.findall(r"\d+(?:\.\d+)? times", table + read("docs/explanation/decisions.md"))
    assert len(figures) >= 4
    measured = read("benchmarks/README.md")
    for figure in figures:
        assert re.search(rf"\b{re.escape(figure.split()[0])}\b", measured), figure


def test_picture_of_the_architecture_is_the_contract() -> None:
    """The arrows in docs/explanation/architecture.md are those of import-linter's layers."""
    contract = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"][0]
    layers = [layer.split(" | ") for layer in contract["layers"]]
    arrows = {
        (upper, lower) for above, below in pairwise(layers) for upper in above for lower in below
    }
    page = read("docs/explanation/architecture.md")
    drawn = set(re.findall(r"^  (\w+) --> (\w+)$", page, re.MULTILINE))
    assert drawn == arrows
    assert {package for layer in layers for package in layer} <= rows(
        "docs/explanation/architecture.md"
    ).keys()


def test_example_makefile_works(tmp_path: Path) -> None:
    """The Makefile in docs/how-to/own-targets.md works: its own `run`, help with its targets."""
    (shown,) = re.findall(r"(?s)```make\n(.*?)```", read("docs/how-to/own-targets.md"))
    (tmp_path / "labcoat").symlink_to(REPOSITORY)
    (tmp_path / "Makefile").write_text(shown, encoding="utf-8")
    (tmp_path / "requirements.in").write_text("six\n", encoding="utf-8")
    words = {"run": "server.py", "train": "train.py", "lint": "ruff"}
    for target, word in words.items():
        planned = subprocess.run(
            ["make", "-n", target], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout
        assert word in planned.splitlines()[-1]
    output = subprocess.run(
        ["make", "help"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    assert "This project" in output
    assert "train on the level that IN names" in output
    assert not (tmp_path / ".venv").exists()


def quoted_messages() -> list[str]:
    """Return the errors that docs/how-to/troubleshooting.md quotes."""
    return re.findall(r"^> error: (.*)$", read("docs/how-to/troubleshooting.md"), re.MULTILINE)


@functools.cache
def source_texts() -> str:
    """The sources that have messages, with `…` for what is computed in them."""
    folder = REPOSITORY / "src/lib"
    sources = [
        *folder.rglob("*.py"),
        *folder.glob("labcoat/*.sh"),
        folder / "include.python.mk",
        folder / "labcoat/scaffold/templates/labcoat.mk",
    ]
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    return re.sub(r"\{[^{}]*\}|\$\w+", "…", re.sub(r'"\s*\n\s*f?"', "", text))


@pytest.mark.parametrize("message", quoted_messages())
def test_quoted_message_exists(message: str) -> None:
    """Each quoted error is in the helper, the include or labcoat.mk, word for word."""
    assert message.strip("… ") in source_texts()


@pytest.mark.parametrize("word", list(rows("docs/how-to/freeze.md")))
def test_freeze_prints_the_words_of_its_page(word: str) -> None:
    """Each word in the table of docs/how-to/freeze.md begins a line that `make freeze` prints."""
    source = read("src/lib/labcoat/inventory/environment_changes.py")
    assert re.search(rf'"{re.escape(word)}[":]', source)


def test_changelog_has_a_place_for_what_is_new() -> None:
    """CHANGELOG.md has an Unreleased section, with entries under titles of Keep a Changelog."""
    section = re.search(r"(?ms)^## \[Unreleased\]\n(.*?)(?=^## \[|\Z)", read("CHANGELOG.md"))
    assert section is not None
    titles = re.findall(r"^### (.*)$", section[1], re.MULTILINE)
    assert titles
    assert set(titles) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert re.search(r"^- \S", section[1], re.MULTILINE)
