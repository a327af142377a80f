"""Programs in bin are those of their wheel, in whatever form installers write the first lines."""

import pytest

from labcoat.inventory.programs import script_digest
from support import Index, Repository
from support.messages import proof as messages

OWN = "/a b/.venv/bin/python"
TEXT = b"# -*- coding: utf-8 -*-\nprint('x')\n"
FORM = b"#!/bin/sh\n# coding: %s\n'''exec' \"$(printf %%b %s)\" \"$0\" \"$@\"\n' '''\n"

CODINGS = {
    "none": b"print('program')",
    "emacs": b"# -*- coding: utf-8 -*-\nprint('program')",
    "vim": b"# vim: set fileencoding=UTF-8 :\nprint('program')",
    "latin": b"# coding=latin-1\nprint('program', '\xe9' * 0, sep='', end='\\n')",
}


def octal(path: str) -> bytes:
    return b" ".join(b"'\\'%04o" % byte for byte in path.encode())


def digest(data: bytes) -> str:
    return script_digest(data, lambda path: path == OWN)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_program_of_a_wheel_is_equal_in_a_folder_with_a_space(
    repo: Repository, index: Index, coding: str
) -> None:
    """Whatever encoding it declares, which its installer has to repeat; and it runs."""
    name = f"tool{coding}"
    program = b"#!python\n" + CODINGS[coding] + b"\n"
    index.add(name, "1.0", files={f"{name}-1.0.data/scripts/tool": program})
    (repo.path / "requirements.in").write_text(f"{name}\n")
    repo.make("venv")
    assert messages.EQUAL.format(names="lock, venv") in repo.labcoat("prove", "--only", "venv")
    assert repo.labcoat("run", "tool").strip() == "program"
    edited = repo.path / ".venv/bin/tool"
    edited.write_bytes(edited.read_bytes().replace(b"program", b"another"))
    assert "was edited" in repo.labcoat("prove", "--only", "venv", fails=True)


def test_a_path_in_octal_numbers_is_read() -> None:
    """It is the environment's Python alone, and the encoding is the one that is declared."""
    plain = digest(b"#!%s\n" % b"/x" + TEXT)
    same = digest(FORM % (b"utf-8", octal(OWN)) + TEXT)
    quoted = digest(b"#!/bin/sh\n'''exec' \"%s\" \"$0\" \"$@\"\n' '''\n" % OWN.encode() + TEXT)
    assert same == quoted != plain
    for other in (
        FORM % (b"utf-7", octal(OWN)) + TEXT,
        FORM % (b"utf-8", octal("/evil")) + TEXT,
        FORM % (b"utf-8", octal(OWN) + b" '\\'0012") + TEXT,
        FORM % (b"utf-8", octal(OWN) + b" x") + TEXT,
        FORM % (b"utf-8", octal(OWN)) + b"print('x')\n",
    ):
        assert digest(other) != same
