"""Passwords that a program made up so that they can be pronounced."""

import pytest

from labcoat.secrets.randomness import is_counted
from labcoat.secrets.values import is_generated

MADE_UP = [b"Qoryhavuxiqethab7oplw", b"meFtus-7dekpy-wuvrix", b"bepzod-Hufgyr-7tynke"]
WRITTEN = [
    b"AirflowPostgres14Database",
    b"rabbitmq3management",
    b"backup-Server-node01",
    b"docker-server-node-1",
    b"abcdef-ghijkl-mnopqr",
    b"neo4jdevelopment",
]


@pytest.mark.parametrize("value", MADE_UP)
def test_pronounceable_passwords_are_generated(value: bytes) -> None:
    """Safari proposes three groups, other programs one long word with a digit inside."""
    assert is_generated(value)


@pytest.mark.parametrize("value", WRITTEN)
def test_words_with_a_digit_are_not_generated(value: bytes) -> None:
    """Names of programs have digits too."""
    assert not is_generated(value)


def test_what_counts_in_parts_is_not_for_show() -> None:
    """Keys in base64 have zeros in them, and tokens a number."""
    for value in (
        b"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ9f86d081884c7d659a2feaa0c55ad01",
        b"xoxb-" + b"9387164205-8172640937-k3W9vTq2Zx8LmP4rN7bYabcd",
        b"7730519" + b"264:AAHq3wZ8Lm2Rk9Ty_Vb7Xc4Nd6Jf1Gs5Hpu",
    ):
        assert not is_counted(value)
