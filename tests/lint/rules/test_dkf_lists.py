"""DKF002: lists that a Dockerfile installs."""

from pathlib import Path

import pytest

from labcoat.container.dockerfile.parser import Instruction
from labcoat.lint.findings import Finding, Severity
from labcoat.lint.repository.repository import Repository
from labcoat.lint.rules import dkf_stages
from labcoat.lint.runner import Selection, check_repository
from support.repositories import git, repository

BASE = f"FROM python:3.11@sha256:{'0' * 64}\n"
INSTALL = "COPY requirements.txt .\nRUN pip install -r requirements.txt\nUSER 1000\n"
HASH = f" --hash=sha256:{'0' * 64}"


def check(root: Path) -> list[Finding]:
    """Return what is wrong with installations."""
    return [each for each in check_repository(root).findings if each.rule == "DKF002"]


def test_list_that_only_names_others_follows_from_them(tmp_path: Path) -> None:
    """REQ001 reports the list with the packages: whoever locks it fixes the image."""
    files = {
        "Dockerfile": f"{BASE}{INSTALL}",
        "requirements.txt": "-r requirements/prod.txt\n",
        "requirements/prod.txt": "-r common.txt\n",
        "requirements/common.txt": "flask\n",
    }
    root = repository(tmp_path / "r", files)
    assert [each.severity for each in check(root)] == [Severity.NOTE]
    only = check_repository(root, Selection(("DKF002",))).findings
    assert [each.severity for each in only] == [Severity.WARNING]


@pytest.mark.parametrize("own", ["flask==3.0\n", ""])
def test_list_beside_a_locked_one_is_a_warning(own: str, tmp_path: Path) -> None:
    """Nothing else is reported of a list below that has a name of its own."""
    files = {
        "Dockerfile": f"{BASE}{INSTALL.replace('requirements.txt', 'list.txt')}",
        "list.txt": f"{own}-r needed.txt\n",
        "needed.txt": "flask\n",
    }
    assert [each.severity for each in check(repository(tmp_path / "r", files))] == [
        Severity.WARNING
    ]


def test_list_that_the_context_lacks_is_a_note(tmp_path: Path) -> None:
    """An export before the build may write it, with hashes; that of another service is no help."""
    files = {"api/Dockerfile": f"{BASE}{INSTALL}", "api/app.py": "", "web/requirements.txt": "a\n"}
    root = repository(tmp_path / "r", files)
    found = check(root)
    assert [each.severity for each in found] == [Severity.NOTE]
    assert "requirements.txt is installed, and the build context lacks it" in found[0].message


@pytest.mark.parametrize(
    "lines",
    [
        "RUN echo flask > list.txt && pip install -r list.txt\n",
        "RUN pip install -r https://example.org/list.txt\n",
        "RUN git clone https://example.org/x && pip install -r x/list.txt\n",
        "COPY list.txt .\nRUN git clone https://example.org/x && pip install -r x/list.txt\n",
        "COPY --from=other list.txt .\nRUN pip install -r list.txt\n",
    ],
)
def test_list_from_elsewhere_is_a_warning(lines: str, tmp_path: Path) -> None:
    """The build itself writes or downloads what no one has locked."""
    other = f"{BASE.strip()} AS other\nRUN echo flask > list.txt\n"
    files = {"Dockerfile": f"{other}{BASE}{lines}USER 1000\n", "app.py": ""}
    assert [each.severity for each in check(repository(tmp_path / "r", files))] == [
        Severity.WARNING
    ]


def test_redirection_names_what_to_quote(tmp_path: Path) -> None:
    """The shell writes a file named `=3.0` and installs the newest release."""
    files = {"Dockerfile": f"{BASE}RUN pip install flask>=3.0 numpy>=2.1\nUSER 1000\n"}
    found = check(repository(tmp_path / "r", files))
    assert [each.severity for each in found] == [Severity.ERROR]
    assert "the shell takes `>=3.0` behind `flask` for a redirection" in found[0].message
    assert '`"flask>=3.0"`' in found[0].hint


def test_one_redirection_of_several_images_is_one_error(tmp_path: Path) -> None:
    """Whoever corrects one corrects the others: they were copied."""
    text = f"{BASE}RUN pip install flask>=3.0\nUSER 1000\n"
    files = {"a/Dockerfile": text, "b/Dockerfile": text, "c/Dockerfile": text}
    found = check(repository(tmp_path / "r", files))
    assert [each.severity for each in found] == [Severity.ERROR, Severity.NOTE, Severity.NOTE]
    assert found[0].message.endswith("; the same in b/Dockerfile, c/Dockerfile")


def test_long_command_is_shortened(tmp_path: Path) -> None:
    """A message is read on one line or two."""
    packages = " ".join(f"package-{number}" for number in range(50))
    files = {"Dockerfile": f"{BASE}RUN pip install {packages}\nUSER 1000\n"}
    found = check(repository(tmp_path / "r", files))
    assert "package-7 …` installs whatever" in found[0].message


def test_long_command_is_named_by_what_it_does_not_pin(tmp_path: Path) -> None:
    """Dots stand for the packages of one version."""
    pinned = " ".join(f"package-{each}==1.{each}" for each in range(4))
    more = " ".join(f"other-{each}==2.{each}" for each in range(4))
    lines = f"FROM a\nRUN pip install {pinned} jsonschema {more} 'boto3>=1.28'\n"
    root = repository(tmp_path / "r", {"Dockerfile": lines})
    (found,) = check_repository(root, Selection(("DKF002",))).findings
    assert found.message.startswith("`pip install … jsonschema … boto3>=1.28` installs whatever")


@pytest.mark.parametrize(
    ("step", "severity"),
    [
        ("ARG LIMITS=https://example.org/limits.txt\n", Severity.NOTE),
        ("RUN pip install --no-deps -c https://example.org/limits.txt ./x\n", Severity.NOTE),
        ("RUN curl -O https://example.org/requirements.txt\n", Severity.WARNING),
        ("ADD https://example.org/requirements.txt .\n", Severity.WARNING),
    ],
)
def test_constraints_bring_no_list(step: str, severity: Severity, tmp_path: Path) -> None:
    """The list that the image installs is still the one that REQ001 reports."""
    files = {"Dockerfile": f"{BASE}{step}{INSTALL}", "requirements.txt": "flask\n"}
    found = [each for each in check(repository(tmp_path / "r", files)) if "hashes" in each.message]
    assert found[-1].severity is severity


@pytest.mark.parametrize(("text", "rules"), [("", []), ("flask\n", ["DKF002"])])
def test_empty_list_needs_no_hashes(text: str, rules: list[str], tmp_path: Path) -> None:
    """Nothing is installed of it."""
    root = repository(tmp_path / "r", {"Dockerfile": f"{BASE}{INSTALL}", "requirements.txt": text})
    assert [each.rule for each in check(root)] == rules


@pytest.mark.parametrize(
    ("pins", "severity"),
    [("flask==3.0\nnumpy==2.0\n", Severity.NOTE), ("flask==3.0\nnumpy\n", Severity.WARNING)],
)
def test_constraints_pin_what_a_command_names(
    pins: str, severity: Severity, tmp_path: Path
) -> None:
    """It has no hashes, and the versions stay."""
    install = "COPY limits.txt .\nRUN pip install -c limits.txt flask 'numpy>=1'\nUSER 1000\n"
    root = repository(tmp_path / "r", {"Dockerfile": f"{BASE}{install}", "limits.txt": pins})
    assert [each.severity for each in check(root)] == [severity]


@pytest.mark.parametrize(
    "step",
    [
        "COPY a/requirements.txt .\nRUN grep -v 'torch>=2' requirements.txt > /tmp/some.txt && "
        "pip install -r /tmp/some.txt",
        "COPY a/requirements.txt all.txt\nRUN cat all.txt | sed -e /torch/d > some.txt\n"
        "RUN pip install -r some.txt",
    ],
)
def test_list_without_some_lines_is_the_list(step: str, tmp_path: Path) -> None:
    """What the repository has is what can be pinned: REQ001 reports that."""
    files = {"Dockerfile": f"{BASE}{step}\nUSER 1000\n", "a/requirements.txt": "flask\ntorch>=2\n"}
    found = {each.rule: each.severity for each in check(repository(tmp_path / "r", files))}
    assert found["DKF002"] is Severity.NOTE


def test_bounds_that_are_redirections_are_one_error(tmp_path: Path) -> None:
    """They stand in one RUN, and one edit quotes them all."""
    step = "RUN pip install flask>=3 && pip install numpy>=2"
    found = check(repository(tmp_path / "r", {"Dockerfile": f"{BASE}{step}\nUSER 1000\n"}))
    assert [each.severity for each in found] == [Severity.ERROR]


def test_list_of_another_suffix_is_in_the_context(tmp_path: Path) -> None:
    """What the build copies is there, whatever its name."""
    step = "COPY src/requirements.pip /tmp/\nRUN pip install -r /tmp/requirements.pip"
    files = {"Dockerfile": f"{BASE}{step}\nUSER 1000\n", "src/requirements.pip": "flask==3.0.0\n"}
    (found,) = check(repository(tmp_path / "r", files))
    assert "without hashes" in found.message


GUARDS = [
    "[[ -f requirements.txt ]] && pip install -r requirements.txt",
    'if [ -f "./requirements.txt" ]; then pip install -r ./requirements.txt; fi',
    "if test -s requirements.txt; then \\\n  pip install -r requirements.txt; \\\n  fi",
    "[ ! -e requirements.txt ] || pip install -r requirements.txt",
    "[[ -d x && -f requirements.txt ]] && pip install -r requirements.txt",
]


@pytest.mark.parametrize("command", GUARDS)
def test_list_that_is_installed_where_it_exists(command: str, tmp_path: Path) -> None:
    """Nothing is installed in a build that has none; one with a list is checked as ever."""
    files = {
        "Dockerfile": f"{BASE}COPY . requirements.txt* /app/\nRUN {command}\nUSER 1000\n",
        "app.py": "",
    }
    assert check(repository(tmp_path / "r", files)) == []
    other = {**files, "requirements.txt": "flask\n"}
    assert [each.rule for each in check(repository(tmp_path / "o", other))] == ["DKF002"]
    ignored = {**other, ".dockerignore": "requirements.txt\n"}
    assert check(repository(tmp_path / "i", ignored)) == []
    text = files["Dockerfile"].replace("COPY", "RUN pip freeze > requirements.txt\nCOPY")
    script = {**files, "install.sh": f"#!/bin/sh\n{command}\n"}
    script["Dockerfile"] = f"{BASE}COPY . /app\nRUN sh install.sh\nUSER 1000\n"
    assert check(repository(tmp_path / "s", script)) == []
    written = {**files, "Dockerfile": text}
    assert [each.rule for each in check(repository(tmp_path / "w", written))] == ["DKF002"]


@pytest.mark.parametrize(
    ("address", "severity"),
    [
        ("https://github.com/us/project", Severity.NOTE),
        ("git@github.com:us/project.git", Severity.NOTE),
        ("https://github.com/us/other", Severity.WARNING),
        ("https://github.com/us/project-two.git", Severity.WARNING),
    ],
)
def test_clone_of_the_own_repository_brings_its_lists(
    address: str, severity: Severity, tmp_path: Path
) -> None:
    """REQ001 reports the list, which nothing has to copy."""
    install = "pip install -r project/requirements.txt"
    text = f"{BASE}RUN git clone --depth=1 {address} project && {install}\nUSER 1000\n"
    root = repository(tmp_path / "r", {"Dockerfile": text, "requirements.txt": "flask\n"})
    git(root, "remote", "add", "origin", "https://me@github.com/us/project.git")
    assert [each.severity for each in check(root)] == [severity]


@pytest.mark.parametrize(
    ("before", "is_misspelled"),
    [("", True), ("RUN touch requirments.txt\n", False), ("COPY requirments.txt .\n", False)],
)
def test_misspelled_list(before: str, is_misspelled: bool, tmp_path: Path) -> None:
    """No instruction brings it, so that hashes are not what it lacks."""
    dockerfile = f"{BASE}COPY requirements.txt .\n{before}RUN pip install -r requirments.txt\n"
    root = repository(tmp_path / "r", {"Dockerfile": dockerfile, "requirements.txt": "flask\n"})
    (found,) = check(root)
    assert ("the build fails" in found.message) == is_misspelled


def test_list_of_the_repository_is_not_misspelled(tmp_path: Path) -> None:
    """Its name is like that of another one."""
    dockerfile = f"{BASE}COPY requirements.txt /a/\nCOPY . .\nRUN pip install -r requirments.txt\n"
    files = {"Dockerfile": dockerfile, "requirements.txt": "flask\n", "requirments.txt": "a\n"}
    (found,) = check(repository(tmp_path / "r", files))
    assert "the build fails" not in found.message


def test_steps_of_a_stage_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not again for each of its RUNs: a Dockerfile may have a hundred."""
    read = []
    may_download = dkf_stages._may_download

    def count(repository: Repository, step: Instruction) -> bool:
        read.append(step)
        return may_download(repository, step)

    monkeypatch.setattr(dkf_stages, "_may_download", count)
    check(repository(tmp_path / "r", {"Dockerfile": BASE + "RUN pip install flask\n" * 9}))
    assert len(read) == 9
