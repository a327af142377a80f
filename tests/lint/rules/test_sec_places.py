"""SEC: the place of a secret: in a program, and where browsers load it."""

from pathlib import Path

import pytest

from labcoat.container.context.build_context import BuildContext, secrets_reaching
from labcoat.lint.fixes import apply_fixes
from labcoat.lint.runner import Selection, check_repository
from support.repositories import Content, repository
from support.rule_cases import KEY

COPY_ALL = "FROM scratch\nCOPY . /app\nUSER 1000\n"
GOOGLE = "AIza" + "SyB7kWqZt3mN9xRv-p2Lc8Yh5Jd6Fg1Ts-Q"
TOKEN = "ghp_" + "a1B2" * 9
PROGRAMS = {
    "key.py": f'KEY = """{KEY}"""\n',
    "src/deploy/keys.ts": f"export const key = `{KEY}`\n",
    "conf/.env.js": f"module.exports = {{ token: '{TOKEN}' }}\n",
}


@pytest.mark.parametrize(("path", "text"), PROGRAMS.items(), ids=PROGRAMS.keys())
def test_program_is_never_ignored(path: str, text: str, tmp_path: Path) -> None:
    """Others import it, whatever its name and the kind of secret: the secret is taken out."""
    root = repository(tmp_path / "r", {"Dockerfile": COPY_ALL, path: text})
    sent, tracked = check_repository(root, Selection(("SEC",))).findings
    assert (tracked.rule, tracked.path, str(tracked.severity)) == ("SEC001", path, "error")
    assert (sent.rule, str(sent.severity), sent.fix) == ("SEC002", "note", None)
    assert sent.hint.startswith(f"Take it out of {path}")
    assert apply_fixes(root, Selection(("SEC",)), unsafe=True).done == ()


PUBLISHED: dict[str, tuple[dict[str, Content], list[str]]] = {
    "page-and-program": (
        {"web/src/firebase.ts": f"const key = '{GOOGLE}'\n", "api/a.py": f"KEY = '{GOOGLE}'\n"},
        ["note", "note"],
    ),
    "another-value": (
        {"web/firebase.ts": f"const k = '{GOOGLE}'\n", "a.py": f"K = '{GOOGLE[:-1]}R'\n"},
        ["error", "note"],
    ),
    "beside-another-secret": (
        {"web/firebase.ts": f"const k = '{GOOGLE}'\n", "a.py": f"'{GOOGLE}'\n'{TOKEN}'\n"},
        ["note", "error", "note"],
    ),
    "in-a-test": (
        {"tests/a.py": f"K = '{GOOGLE}'\n", "z.py": f"K = '{GOOGLE}'\n"},
        ["note", "error"],
    ),
    "kind-that-is-never-public": (
        {"a.py": f"K = '{TOKEN}'\n", "web/a.ts": f"const k = '{TOKEN}'\n"},
        ["error", "note"],
    ),
}


@pytest.mark.parametrize(("files", "expected"), PUBLISHED.values(), ids=PUBLISHED.keys())
def test_key_of_a_page_is_public_everywhere(
    files: dict[str, Content], expected: list[str], tmp_path: Path
) -> None:
    """One value has one answer: what browsers load is no secret in a program either."""
    root = repository(tmp_path / "r", files)
    found = check_repository(root, Selection(("SEC001",))).findings
    assert [str(each.severity) for each in found] == expected


def test_key_of_a_page_stops_no_build(tmp_path: Path) -> None:
    """The guard of a build answers as the check does."""
    files: dict[str, Content] = {
        "Dockerfile": COPY_ALL,
        "web/firebase.ts": f"const k = '{GOOGLE}'\n",
        "a.py": f"K = '{GOOGLE}'\n",
    }
    root = repository(tmp_path / "r", files)
    assert secrets_reaching(BuildContext(root)) == []
    found = check_repository(root, Selection(("SEC",))).findings
    assert {str(each.severity) for each in found} == {"note"}
