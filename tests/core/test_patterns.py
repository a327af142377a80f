"""Regular expressions that are compiled when they are first used."""

import re

import pytest

from labcoat.core import patterns
from labcoat.core.patterns import lazy_pattern


def test_pattern_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the first call, and with its flags."""
    compiled: list[str] = []

    def record(source: str, flags: int = 0) -> re.Pattern[str]:
        compiled.append(source)
        return original(source, flags)

    original = re.compile
    monkeypatch.setattr(patterns.re, "compile", record)
    pattern = lazy_pattern("A(b)", re.IGNORECASE)
    assert not compiled
    assert pattern.search("xaB") is not None
    assert pattern.fullmatch("ab") is not None
    assert pattern.pattern == "A(b)"
    assert compiled == ["A(b)"]
    with pytest.raises(AttributeError):
        pattern.nothing  # type: ignore[attr-defined]  # noqa: B018
