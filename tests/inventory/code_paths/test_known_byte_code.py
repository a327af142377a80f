"""Byte code that was found equal once is not compiled again, and what changed is."""

import os
import py_compile
import subprocess
from pathlib import Path

import pytest

from labcoat.core.records import replace
from labcoat.inventory.code_paths.byte_code import judge_byte_code
from labcoat.inventory.code_paths.layout import Layout
from labcoat.toolchain.interpreters import own_interpreter
from support import BASE_PYTHON

VERSION = own_interpreter().version
FORGED = "is not what its source compiles to"


class Environment:
    """A module and its byte code, and how often a Python was started to check it."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root / "environment"
        self.root.mkdir()
        self.source = self.root / "a.py"
        self.source.write_text("value = 1\n")
        self.compiled = Path(py_compile.compile(str(self.source), doraise=True))
        self.started = 0
        run = subprocess.run

        def counted(*args: object, **options: object) -> object:
            self.started += 1
            return run(*args, **options)  # type: ignore[call-overload]

        monkeypatch.setattr(subprocess, "run", counted)
        monkeypatch.setenv("LABCOAT_CACHE", str(root / "cache"))

    def judge(self, program: Path = BASE_PYTHON, version: str = VERSION) -> list[str]:
        """Return the details of what is wrong in an environment of Python `version`."""
        path = str(self.compiled.relative_to(self.root))
        python = replace(own_interpreter(), executable=program)
        found = judge_byte_code(self.root, [path], python, version, Layout("lib", ()))
        return [one.detail for one in found]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    return Environment(tmp_path, monkeypatch)


def test_it_is_compiled_once_by_each_python(environment: Environment, tmp_path: Path) -> None:
    """A link to the same Python is no other."""
    link = tmp_path / "python"
    link.symlink_to(BASE_PYTHON)
    assert [environment.judge(), environment.judge(), environment.judge(link)] == [[], [], []]
    assert environment.started == 1
    other = tmp_path / "other"
    other.write_text(f'#!/bin/sh\nexec "{BASE_PYTHON}" "$@"\n')
    other.chmod(0o755)
    assert environment.judge(other) == []
    assert environment.started == 2


def test_a_change_of_the_source_is_noticed(environment: Environment) -> None:
    """Of the same size and time, so that Python would still read the byte code."""
    assert environment.judge() == []
    status = environment.source.stat()
    environment.source.write_text("value = 2\n")
    os.utime(environment.source, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert environment.judge() == [FORGED]
    assert environment.judge() == [FORGED]
    assert environment.started == 3


def test_another_release_than_the_environments_is_named(environment: Environment) -> None:
    """It may compile a source otherwise, so that it matters who compared."""
    status = environment.source.stat()
    environment.source.write_text("value = 2\n")
    os.utime(environment.source, ns=(status.st_atime_ns, status.st_mtime_ns))
    minor = VERSION.rpartition(".")[0]
    named = f" in Python {VERSION} of this machine; the environment has {minor}.99"
    details = [environment.judge(version=version) for version in (minor, f"{minor}.99")]
    assert details == [[FORGED], [FORGED + named]]


def test_byte_code_that_python_ignores_is_checked_when_the_time_is_right(
    environment: Environment,
) -> None:
    """It was no finding while the source was newer."""
    status = environment.source.stat()
    environment.source.write_text("value = 2\n")
    os.utime(environment.source, (1, 1))
    assert environment.judge() == []
    os.utime(environment.source, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert environment.judge() == [FORGED]


def test_without_a_cache_it_is_compiled_each_time(environment: Environment, tmp_path: Path) -> None:
    """Nothing else changes."""
    (tmp_path / "cache").write_text("a file\n")
    assert [environment.judge(), environment.judge()] == [[], []]
    assert environment.started == 2
