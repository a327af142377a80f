"""One table of all messages, and no phrase that readers did not understand."""

import subprocess
import sys

import pytest

from support import REPOSITORY, SUPPORT
from support.message_table import messages, table
from support.plain_english import find_phrases, instead

COMMITTED = REPOSITORY / "tests/docs/messages.txt"


def test_the_committed_table_has_every_message() -> None:
    """To renew it: python tests/support/message_table.py >tests/docs/messages.txt."""
    assert COMMITTED.read_text(encoding="utf-8") == table()


def test_a_message_is_read_from_the_source() -> None:
    """Computed parts stand in braces; both branches of a condition are there."""
    source = (
        "raise LabcoatError(f'no file `{path.name}`' + end, 'a' if x else 'b')\n"
        "Finding(1, 2, 'm')\n"
    )
    assert list(messages(source)) == [
        (1, ["error: no file `{path.name}`{end}", "hint: a", "hint: b"]),
        (2, ["finding: m"]),
    ]


def test_messages_and_hints_have_one_form() -> None:
    """No final period and no prefix; a hint begins with a capital letter or a name."""
    # The test above says that it has every message.
    for line in COMMITTED.read_text(encoding="utf-8").splitlines():
        kind, _, text = line.partition(": ")
        if kind in {"error", "warning"}:
            assert not text.endswith("."), line
            assert not text.startswith("labcoat:"), line
        if kind == "hint":
            assert not text.endswith("."), line
            assert not text[:1].islower(), line


@pytest.mark.parametrize("phrase", ["the rung", "made anew", "see to it", "is none of ours"])
def test_a_phrase_is_found(phrase: str) -> None:
    """With what to write instead."""
    (found,) = find_phrases(f"one\n{phrase}\n")
    assert found[0] == 2
    assert instead(found[1])


def test_the_texts_have_none_of_the_phrases() -> None:
    """What `make lint` runs finds nothing."""
    words = [sys.executable, str(SUPPORT / "plain_english.py")]
    ended = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")
