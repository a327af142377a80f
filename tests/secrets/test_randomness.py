"""Passwords that a program made up so that they can be pronounced."""

import pytest

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
