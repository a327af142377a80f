"""What users and contributors read says what is there: targets, settings, commands, messages and links."""

import argparse
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat import cli
from labcoat.commands.makefile_comments import parse_entries
from labcoat.core.project import DEFAULTS
from labcoat.levels import registry

REPOSITORY = Path(__file__).parents[2]
ENTRIES = parse_entries((REPOSITORY / "src/lib/include.python.mk").read_text(encoding="utf-8"))
TARGETS = {entry.name: entry for entry in ENTRIES if not entry.is_variable}
SETTINGS = {entry.name: entry for entry in ENTRIES if entry.is_variable}
# What a setting's empty or computed default comes to, in the words of docs/make.md.
COMPUTED = {
    "LABCOAT_DEV_REQUIREMENTS": "`requirements-dev.txt` if there is a `requirements-dev.in`",
    "LABCOAT_IMAGE": "`labcoat/FOLDER`",
    "LABCOAT_CONDA": "the first of micromamba, mamba and conda",
    "LABCOAT_BASE_IMAGE": "the pinned Python image of the project's minor version",
    "LABCOAT_GPU": "what `GPU=` says",
    "LABCOAT_CACHE": "`labcoat` in your cache folder",
}


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


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


@pytest.mark.parametrize("page", ["README.md", "docs/make.md"])
@pytest.mark.parametrize("target", TARGETS)
def test_target_is_documented(target: str, page: str) -> None:
    """Each target of the include has a row in the README's table and in docs/make.md's."""
    assert target in rows(page)


@pytest.mark.parametrize("setting", SETTINGS)
def test_setting_is_documented_with_its_default(setting: str) -> None:
    """Each setting of the include has a row in docs/make.md, with the default that it has there."""
    default = SETTINGS[setting].default
    documented = rows("docs/make.md")[setting][0]
    assert documented == COMPUTED.get(setting, f"`{default}`" if default else "")


def test_pages_name_no_target_or_setting_that_is_not_there() -> None:
    """No row of docs/make.md is about what the include does not have, and no page names an unknown LABCOAT_ word."""
    assert {
        name for name in rows("docs/make.md") if "`" not in name
    } <= TARGETS.keys() | SETTINGS.keys()
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
    """The settings that the helper knows are those of the include, and default to the same where make computes nothing."""
    assert {
        name: entry.default for name, entry in SETTINGS.items() if "$" not in entry.default
    } == {name: default for name, default in DEFAULTS.items() if "$" not in SETTINGS[name].default}


@pytest.mark.parametrize("level", registry.level_names())
def test_level_of_isolation_is_in_the_readme(level: str) -> None:
    """Each level of isolation has a row in the README."""
    assert level in rows("README.md")


@pytest.mark.parametrize("command", list(commands(cli.parser())))
def test_command_is_documented(command: str) -> None:
    """Each command of the helper has a row in docs/cli.md."""
    assert command in rows("docs/cli.md")


def test_pages_name_no_command_that_is_not_there() -> None:
    """Each row of docs/cli.md is a command, and targets beside it exist."""
    assert rows("docs/cli.md").keys() == set(commands(cli.parser()))
    for _, target in rows("docs/cli.md").values():
        assert {word.strip("`") for word in target.split(", ") if word} <= TARGETS.keys()


BENCHMARKS = {path.stem for path in (REPOSITORY / "benchmarks").glob("*.py")} - {
    "side_by_side"
}  # which they share


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
    """docs/README.md links to each page in docs, or to the index of its folder."""
    index = read("docs/README.md")
    for page in pages():
        folder = Path(page).parent
        if page.startswith("docs/") and page != "docs/README.md":
            wanted = page if folder == Path("docs") else str(folder / "README.md")
            assert (
                f"]({wanted.removeprefix('docs/')}" in index
                or f"]({page.removeprefix('docs/')}" in index
            ), page


@pytest.mark.parametrize("page", [page for page in pages() if page != "CHANGELOG.md"])
def test_make_commands_of_a_page_exist(page: str) -> None:
    """Each target in a command block of a page is the include's or a Makefile's of this repository, and make takes it."""
    makefiles = [
        REPOSITORY / "Makefile",
        *REPOSITORY.glob("examples/*/*akefile"),
        *REPOSITORY.glob("examples/*/*.mk"),
    ]
    known = TARGETS.keys() | {
        entry.name
        for file in makefiles
        for entry in parse_entries(file.read_text(encoding="utf-8"))
    }
    for block in re.findall(r"(?s)```sh\n(.*?)```", read(page)):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["make"]:
                assert {
                    word for word in words[1:] if "=" not in word and not word.startswith("-")
                } <= known, line


def test_quick_start_is_two_commands() -> None:
    """The README's first command block is `make demo` and `make test`, and the Makefile has both."""
    first = re.findall(r"(?s)```sh\n(.*?)```", read("README.md"))[0]
    assert first == "make demo\nmake test\n"
    assert {"demo", "test"} <= {entry.name for entry in parse_entries(read("Makefile"))}


def test_example_makefile_works(tmp_path: Path) -> None:
    """Make reads the Makefile shown in docs/make.md, its own `run` is the project's, and help lists its targets."""
    (shown,) = re.findall(r"(?s)```make\n(.*?)```", read("docs/make.md"))
    (tmp_path / "labcoat").symlink_to(REPOSITORY)
    (tmp_path / "Makefile").write_text(shown, encoding="utf-8")
    (tmp_path / "requirements.in").write_text("six\n", encoding="utf-8")
    words = {"run": "server.py", "train": "train.py", "lint": "ruff"}
    for target, word in words.items():
        planned = subprocess.run(
            ["make", "-n", target], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout
        assert word in planned.splitlines()[-1]
    said = subprocess.run(
        ["make", "help"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    assert "This project" in said
    assert "train on the level that IN names" in said
    assert not (tmp_path / ".venv").exists()


def messages() -> list[str]:
    """The headings of docs/troubleshooting.md that are labcoat's own words."""
    ours = read("docs/troubleshooting.md").partition("## In a Makefile")[0]
    return re.findall(r"^### (.*)$", ours, re.MULTILINE)


@pytest.mark.parametrize("message", messages())
def test_message_is_one_that_labcoat_says(message: str) -> None:
    """Each message in docs/troubleshooting.md is in the helper, the include or the README's include line, word for word."""
    folder = REPOSITORY / "src/lib"
    sources = [
        *folder.rglob("*.py"),
        *folder.glob("labcoat/*.sh"),
        folder / "include.python.mk",
        REPOSITORY / "README.md",
    ]
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    text = re.sub(r"\{[^{}]*\}|\$\w+", "…", re.sub(r'"\s*\n\s*f?"', "", text))
    assert message.strip("… ") in text


def test_changelog_has_a_place_for_what_is_new() -> None:
    """CHANGELOG.md has an Unreleased section, with entries under titles of Keep a Changelog."""
    section = re.search(r"(?ms)^## \[Unreleased\]\n(.*?)(?=^## \[|\Z)", read("CHANGELOG.md"))
    assert section is not None
    titles = re.findall(r"^### (.*)$", section[1], re.MULTILINE)
    assert titles
    assert set(titles) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert re.search(r"^- \S", section[1], re.MULTILINE)
