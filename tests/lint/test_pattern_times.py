"""Long texts that are made to be slow to search take no time that grows with their square."""

import time
from collections.abc import Callable

import pytest

from labcoat.core import path_roles
from labcoat.lint.repository import docker_builds
from labcoat.lint.rules import dkf_dockerfile, dkf_installs, req_addresses
from labcoat.secrets import content, mail, values

TEXTS: dict[str, tuple[Callable[[str], object], str]] = {
    "empty-lines-before-no-dockerfile": (docker_builds._BEGINS.match, "\n" * 100_000 + "x"),
    "image-of-underscores": (dkf_dockerfile._OF_ONE_MACHINE.fullmatch, "_" * 100_000 + "/"),
    "folders-of-a-course": (path_roles.is_course_material, "exercise-" * 10_000),
    "number-of-a-course": (path_roles.is_course_material, "hw" + "1" * 100_000),
    "laboratories": (path_roles.is_course_material, "lab1 " * 20_000),
    "folders-of-runs": (path_roles.is_run_record, "wandb/" * 20_000),
    "tag-of-digits": (req_addresses._TAG.search, "git+x@" + "1" * 100_000 + "!"),
    "tag-of-dots": (req_addresses._TAG.search, "git+x@" + "1." * 50_000 + "!"),
    "file-of-digits": (req_addresses._read_archive, "https://x/" + "1-1." * 60 + "!"),
    "files-of-versions": (req_addresses._read_archive, "https://x" + "/a-1.1" * 20_000 + ".whl"),
    "file-of-dots": (req_addresses._read_archive, "https://x/" + "a-1.1.1" * 36),
    "words-of-keys": (lambda text: values.is_stand_in(text.encode()), "key_" * 25_000 + "!"),
    "words": (lambda text: values.is_stand_in(text.encode()), "ab_" * 30_000 + "!"),
    "list-of-keys": (lambda text: values.is_stand_in(text.encode()), "key_1," * 20_000 + "!"),
    "spaces-in-a-variable": (
        lambda text: content.find_in_variables("a.env", text.encode()),
        f"API_KEY=a{' ' * 100_000}b",
    ),
    "tokens-without-an-end": (
        lambda text: content.find_in_content("a.py", text.encode()),
        "-eyJpc3MiOiJrdWJlcm5ldGVz" * 20_000,
    ),
    "table-of-people-in-a-program": (
        lambda text: content.find_in_content("a.py", text.encode()),
        f"password: '{'k3W9vTq2' + 'Zx8LmP4r'}', first_name=x\n" * 2900,
    ),
    "addresses-without-a-key": (
        lambda text: content.find_in_content("a.py", text.encode()),
        f"://{'a.' * 40}?{'a&' * 120}" * 1500,
    ),
    "accounts-of-snowflake": (
        lambda text: content.find_in_content("a.py", text.encode()),
        "snowflake password " + "account: a1" * 30_000,
    ),
    "letters-of-twitter": (
        lambda text: content.find_in_content("a.py", text.encode()),
        "A" * 400_000,
    ),
    "programs-that-send-mail": (
        lambda text: list(mail.find_passwords("a.py", text.encode())),
        "SMTP(a)\n" * 50_000 + "@",
    ),
    "passwords-of-mail-without-an-address": (
        lambda text: list(mail.find_passwords("a.py", text.encode())),
        "mail_pass='a1b2c3d4' a.b-c.d-e.f-@\n" * 20_000,
    ),
    "names-of-mail": (
        lambda text: list(mail.find_passwords("a.yml", text.encode())),
        "username='mailmail" * 20_000 + "@",
    ),
    "sections": (
        lambda text: content.find_in_content("a.yml", text.encode()),
        f"a:\ntest:\n secret_key: {'k3W9vTq2' + 'Zx8LmP4r'}\n" * 3000,
    ),
    "version": (lambda text: values.is_version(text.encode()), "1." * 50_000 + "!"),
    "version-of-letters": (lambda text: values.is_version(text.encode()), "1.1" + "rca" * 30_000),
    "public-half": (
        lambda text: values.is_secret_variable(f"{text}token".encode()),
        "pub_key_" * 200,
    ),
    "tokens-of-the-web": (
        lambda text: content.find_in_content("a.py", text.encode()),
        "'eyJ" + "eyJhbGciOi.eyJ" * 20_000,
    ),
    "beginnings-of-encoded-keys": (
        lambda text: content.find_in_content("a.yml", text.encode()),
        "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBL" * 20_000,
    ),
    "quotes-of-a-notebook": (
        lambda text: content.find_in_content("a.ipynb", text.encode()),
        '"token": "abcdefgh", ' * 150_000,
    ),
    "redirections": (dkf_installs._REDIRECTED.search, "a" * 100_000 + " a>" * 50_000),
    "sudo": (dkf_dockerfile._SUDO.search, "sudo " * 100_000),
    "su": (lambda text: dkf_dockerfile._needs_root(text, frozenset()), "su " * 100_000),
}


@pytest.mark.parametrize(("search", "text"), TEXTS.values(), ids=TEXTS.keys())
def test_search_takes_no_time(search: Callable[[str], object], text: str) -> None:
    """Each takes less than a fifth of a second; before, some of them would have taken hours."""
    start = time.process_time()
    search(text)
    assert time.process_time() - start < 5
