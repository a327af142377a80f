"""Faults that look like something harmless, and stay what they are."""

from pathlib import Path

import pytest

from labcoat.lint.findings import Severity
from labcoat.lint.runner import Selection, check_repository
from support.repositories import repository

DIGEST = "@sha256:" + "0" * 64
HASH = f" --hash=sha256:{'0' * 64}"
Files = dict[str, str]


def _dockerfile(*lines: str, base: str = f"python:3.11{DIGEST}") -> str:
    return "\n".join((f"FROM {base}", *lines, ""))


def _of_two_stages(name: str, takes: str) -> str:
    """Return a Dockerfile whose last stage takes packages from a stage with that name."""
    first = _dockerfile("RUN pip install --target=/a flask", base=f"python:3.11{DIGEST} AS {name}")
    return first + _dockerfile(takes, "USER 1000")


FAULTS: dict[str, tuple[Files, str]] = {
    "image-that-only-ends-like-one-that-compose-builds": (
        {
            "Dockerfile": _dockerfile("USER 1000", base="acme-web"),
            "compose.yml": "services:\n  a:\n    build: .\n    image: myweb\n",
        },
        "DKF001",
    ),
    "packages-copied-from-a-stage-for-development": (
        {"Dockerfile": _of_two_stages("dev", "COPY --from=dev /a /b")},
        "DKF002",
    ),
    "packages-mounted-from-a-stage-for-tests": (
        {"Dockerfile": _of_two_stages("ci", "RUN --mount=type=bind,from=ci,target=/a cp -r /a /b")},
        "DKF002",
    ),
    "packages-copied-from-a-stage-by-its-number": (
        {"Dockerfile": _of_two_stages("lint-deps", "COPY --from=0 /a /b")},
        "DKF002",
    ),
    "list-of-another-stage-under-the-same-name": (
        {
            "Dockerfile": _dockerfile("COPY a.txt /list.txt", "RUN pip install -r /list.txt")
            + _dockerfile("COPY b.txt /list.txt", "RUN pip install -r /list.txt", "USER 1000"),
            "a.txt": "flask\n",
            "b.txt": f"flask==3.0{HASH}\n",
        },
        "DKF002",
    ),
    "list-with-a-variable-in-its-name": (
        {
            "Dockerfile": _dockerfile(
                "ARG KIND=prod",
                "COPY requirements/${KIND}.txt /list.txt",
                "RUN pip install -r /list.txt",
                "USER 1000",
            ),
            "requirements/prod.txt": "flask\n",
        },
        "DKF002",
    ),
    "program-named-like-a-service": (
        {"Dockerfile": _dockerfile('CMD ["python", "cron.py"]')},
        "DKF003",
    ),
    "module-named-like-a-service": (
        {"Dockerfile": _dockerfile("CMD celery -A app.cron worker")},
        "DKF003",
    ),
    "script-that-speaks-of-services": (
        {
            "Dockerfile": _dockerfile('ENTRYPOINT ["./start.sh"]'),
            "start.sh": "# systemd starts it, not cron\necho 'no logrotate'\nexec python app.py\n",
        },
        "DKF003",
    ),
    **{
        f"service-in-{folder}": ({f"{folder}/requirements.txt": "flask\n"}, "REQ001")
        for folder in (
            *("lesson-service", "homework_checker", "apps/assignments", "services/archive"),
            "code-labs",
            *("td3", "backup", "backups", "history", "clase", "claude", "saula1"),
        )
    },
    **{
        f"branch-{name}": (
            {"requirements.txt": f"x @ git+https://example.org/x.git@{name}\n"},
            "REQ001",
        )
        for name in ("4.2.x", "1.0-stable")
    },
    "arguments-of-a-setup-file": (
        {
            "requirements.txt": "requests\n",
            "setup.py": "setup(\n    install_requires=['flask'],\n    requests=1,\n)\n",
        },
        "REQ001",
    ),
    "programs-of-a-supervisor": (
        {"Dockerfile": _dockerfile('CMD ["supervisord", "-n"]')},
        "DKF003",
    ),
}


@pytest.mark.parametrize(("files", "rule"), FAULTS.values(), ids=FAULTS.keys())
def test_fault_is_a_warning(files: Files, rule: str, tmp_path: Path) -> None:
    """A note would not fail a check, and most people never see it."""
    root = repository(tmp_path / "r", files)
    found = check_repository(root, Selection((rule,))).findings
    assert [each.severity for each in found] == [Severity.WARNING]


@pytest.mark.parametrize("negation", ["!dist", "!dist/inner/a.whl"])
def test_negation_of_untracked_files_is_a_warning(negation: str, tmp_path: Path) -> None:
    """What a build writes is not in git, and a later pattern keeps it out of the context."""
    files = {"Dockerfile": _dockerfile("USER 1000"), ".dockerignore": f"{negation}\ndist\n"}
    root = repository(tmp_path / "r", files, {"dist/inner/a.whl": "x", ".gitignore": "dist\n"})
    (found,) = check_repository(root, Selection(("IGN006",))).findings
    assert found.severity == Severity.WARNING
    assert "a pattern below it" in found.message


def test_requirement_of_a_tag_without_a_name_is_named(tmp_path: Path) -> None:
    """Its address is what a reader can look for."""
    root = repository(
        tmp_path / "r", {"requirements.txt": "git+https://example.org/x.git@v0.2.5\n"}
    )
    (found,) = check_repository(root, Selection(("REQ001",))).findings
    assert found.message.startswith("`git+https://example.org/x.git@v0.2.5` is pinned to a tag")
