"""What git searches for, and how long that takes."""

import resource
from pathlib import Path

import pytest

from labcoat.lint.runner import Selection, check_repository
from labcoat.secrets.searches import make_searches
from support.repositories import repository


def test_lines_are_searched_with_one_pattern() -> None:
    """With several, git looks for each in the rest of a file after each line that matches."""
    for search in make_searches("import"):
        patterns = [each for each in search.options() if each.startswith("-e")]
        assert len(patterns) == (1 if search.in_lines else len(search.patterns))


@pytest.mark.parametrize("kind", ["str | None", "Final[str]", "Final", "&'static str"])
def test_git_finds_secrets_with_a_type(kind: str, tmp_path: Path) -> None:
    """A type between the name and a value that is too short to be found without its name."""
    text = f'API_KEY: {kind} = "{"k3W9vTq2" + "Zx8L"}"\n'
    root = repository(tmp_path / "r", {"a/lib.rs": text})
    found = check_repository(root, Selection(("SEC",))).findings
    assert [each.rule for each in found] == ["SEC001"]


def test_a_list_of_checksums_takes_no_time(tmp_path: Path) -> None:
    """As in the description of an image's packages: 20,000 lines that match one pattern alone."""
    line = '{{"name": "package", "sum": "{0:040x}"}},\n'
    text = "".join(line.format(number * 7919) for number in range(20000))
    root = repository(tmp_path / "r", {"sbom.json": f"[\n{text}]\n"})
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    check_repository(root, Selection(("SEC",)))
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 1


@pytest.mark.parametrize(
    "text",
    [
        "get('https://api.telegram.org/bot"
        + "7730519"
        + "264:AAHq3wZ8Lm2Rk9Ty_Vb7Xc4Nd6Jf1Gs5Hpu')",
        "client.run('MTIzNTU3OTE4Mjcz" + "NjQ1MTky.GxYz12.hT7pQ2vR9sKd4Lm_Nb6Wc8Xf1Zj3YgAe0UiOtP')",
        "client.run('MTIzNTU3OTE4Mjcz" + "NjQ1MTk.GxYz12.hT7pQ2vR9sKd4Lm_Nb6Wc8Xf1Zj3YgAe0UiOtP')",
        "post('https://discord.com/api/webhooks/" + "908357263849573376/" + "k3W9vTq2Zx" * 7 + "')",
        "key = os.getenv('WEATHER_API_KEY', '" + "9f1c2e7ab04d4e58" + "a1b7c3d2e5f60718')",
        'key = os.environ.get( "DB_PASSWORD",  "' + "kT9vQ2xN" + 'pL4s")',
    ],
    ids=[
        *("telegram", "discord", "discord-of-17-digits", "discord-webhook"),
        *("default of getenv", "default of get"),
    ],
)
def test_a_token_in_a_call_is_searched_for(text: str, tmp_path: Path) -> None:
    """A file is read for it, although no variable there is named like a secret."""
    root = repository(tmp_path / "r", {"bot/main.py": f"{text}\n"})
    assert [each.rule for each in check_repository(root, Selection(("SEC",))).findings] == [
        "SEC001"
    ]
