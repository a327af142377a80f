"""The completion of bash, zsh and fish offers commands, options and their values."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from labcoat import cli
from labcoat.commands import completion

WORDS = list(completion.read_words(cli.parser()))
CASES = [
    ([""], {"init", "image", "status", "completion"}),
    (["ini"], {"init"}),
    (["image", ""], {"build", "sbom"}),
    (["image", "show", "--h"], {"--help"}),
    (["init", "--"], {"--dry-run", "--undo"}),
    (["freeze", "--in", ""], {"none", "venv", "conda", "docker"}),
    (["freeze", "--in", "conda", "--d"], {"--dry-run"}),
    (["completion", ""], {"bash", "zsh", "fish"}),
]
# Not of the expected words, whose order differs between workers.
IDS = [" ".join(words) for words, _ in CASES]


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(("words", "expected"), CASES, ids=IDS)
def test_bash_completes(
    words: list[str], expected: set[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "script").write_text(script("bash", capsys))
    line = " ".join(f"'{word}'" for word in ["labcoat", *words])
    code = (
        f"set -u; . ./script; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _labcoat labcoat;"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    ended = subprocess.run(
        ["bash", "--norc", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stderr == ""
    found = set(ended.stdout.split())
    assert expected <= found
    assert all(each.startswith(words[-1]) for each in found)


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
@pytest.mark.parametrize(("words", "expected"), CASES, ids=IDS)
def test_zsh_completes(
    words: list[str], expected: set[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Its own functions, which need a terminal, are replaced by ones that print."""
    (tmp_path / "script").write_text(script("zsh", capsys))
    line = " ".join(f"'{word}'" for word in ["labcoat", *words])
    code = (
        "compdef() { :; }; _describe() { print -l -- ${found%%:*}; }; _files() { :; };"
        f". ./script; words=({line}); CURRENT={len(words) + 1}; _labcoat"
    )
    ended = subprocess.run(
        ["zsh", "-f", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stderr == ""
    assert {each for each in expected if each.startswith(words[-1])} <= set(ended.stdout.split())


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_completes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One fish asks for all, since its start is slow."""
    lines = [f'echo "@"; complete -C "{" ".join(["labcoat", *words])}"\n' for words, _ in CASES]
    (tmp_path / "script").write_text(script("fish", capsys) + "".join(lines))
    ended = subprocess.run(
        ["fish", "--no-config", "script"],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    for part, (_, expected) in zip(ended.stdout.split("@\n")[1:], CASES, strict=True):
        assert expected <= {line.partition("\t")[0] for line in part.splitlines()}


def test_fish_has_a_line_for_each_word(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """fish itself parses the lines where it is installed."""
    text = script("fish", capsys)
    for words in WORDS:
        for name in [*words.commands, *(option.lstrip("-") for option in words.options)]:
            assert f" {name}" in text
    if fish := shutil.which("fish"):
        (tmp_path / "script").write_text(text)
        subprocess.run([fish, "--no-execute", tmp_path / "script"], check=True)


def test_every_command_is_completed() -> None:
    commands = {name for group in cli.COMMANDS.values() for name in group}
    assert commands <= {each.command for each in WORDS}
