"""What bake files say, and what follows from the stages and contexts that they and compose name."""

from pathlib import Path

import pytest

from labcoat.lint.repository.bake_files import read_targets
from labcoat.lint.repository.hcl import read_blocks
from labcoat.lint.repository.repository import Repository
from labcoat.lint.runner import Selection, check_repository
from support.repositories import Content, repository

PINNED = f"python:3.11@sha256:{'0' * 64}"
PLACED: dict[str, Content] = {
    "web/a.py": "",
    "docker/web.Dockerfile": f"FROM {PINNED}\nCOPY . /a\nUSER 1000\n",
}
TARGETS: dict[str, dict[str, Content]] = {
    "inherited": {
        "docker-bake.hcl": 'target "_common" {\n  context = "web" # here\n}\ntarget "web" {\n'
        '  inherits = [\n    "_common",\n  ]\n  dockerfile = "../docker/web.Dockerfile"\n}\n'
    },
    "variables": {
        "docker-bake.hcl": 'variable "DIR" { default = "web" }\n'
        'variable "NAME" {\n  default = "${DIR}.Dockerfile"\n}\n'
        'target "web" {\n  context = DIR\n  dockerfile = "../docker/${NAME}"\n}\n'
    },
    "override": {
        "docker-bake.override.hcl": 'variable "DIR" { default = "web" }\n',
        "docker-bake.hcl": 'variable "DIR" { default = "x" }\n'
        'target web { context = "./${DIR}"\n dockerfile = "../docker/web.Dockerfile" }\n',
    },
    "json": {
        "docker-bake.json": '{"variable": {"DIR": {"default": "web"}}, "target": {"a": {"context":'
        ' "${DIR}"}, "web": {"inherits": ["a"], "dockerfile": "../docker/${DIR}.Dockerfile"}}}'
    },
    "matrix": {
        "docker-bake.hcl": 'target "all" {\n  name = "x-${it}"\n  matrix = { it = ["web"] }\n'
        '  context = it\n  dockerfile = "../docker/${it}.Dockerfile"\n}\n'
    },
    "started at the root": {
        "docker/docker-bake.hcl": 'target "web" {\n  context = "web"\n'
        '  dockerfile = "../docker/web.Dockerfile"\n}\n'
    },
}


@pytest.mark.parametrize("files", TARGETS.values(), ids=TARGETS.keys())
def test_build_of_a_bake_file(files: dict[str, Content], tmp_path: Path) -> None:
    """It follows what a target inherits, and variables with a default."""
    read = Repository(repository(tmp_path / "r", {**files, **PLACED}))
    builds = [(each.dockerfile, each.context) for each in read_targets(read)]
    assert ("docker/web.Dockerfile", "web") in builds
    assert read.left_out == []


@pytest.mark.parametrize("value", ["X", '"${X}"', '"a" == "b" ? "c" : "d"', 'f("a", ["b"])'])
def test_variable_without_a_value_is_named(value: str, tmp_path: Path) -> None:
    """A clean result would hide that the build was not checked."""
    text = f'variable "X" {{}}\ntarget "a" {{\n  context = {value}\n}}\n'
    read = Repository(repository(tmp_path / "r", {"docker-bake.hcl": text}))
    assert [each.dockerfile for each in read_targets(read)] == [""]
    assert len(read.left_out) == 1


def test_targets_that_inherit_in_a_circle(tmp_path: Path) -> None:
    """They end."""
    text = 'target "a" {\n  inherits = ["b", "a"]\n}\ntarget "b" {\n  inherits = ["a"]\n'
    text += '  context = "web"\n}\n'
    read = Repository(repository(tmp_path / "r", {"docker-bake.hcl": text, **PLACED}))
    assert {each.context for each in read_targets(read)} == {"web"}


@pytest.mark.parametrize("text", ["a {" * 9000, "a = [" * 9000, "a { b = (" + "x " * 9000, '"'])
def test_hostile_bake_file(text: str) -> None:
    """What is not closed ends with the file."""
    read_blocks(text)


CONTEXTS: dict[str, dict[str, Content]] = {
    "bake": {
        "docker-bake.hcl": 'target "a" {\n  dockerfile = "Dockerfile"\n'
        '  contexts = {\n    tools = "target:b"\n    "our/base:1" = "docker-image://x"\n  }\n}\n'
    },
    "compose": {
        "compose.yml": "services:\n  a:\n    build:\n      context: .\n"
        "      additional_contexts: {tools: 'service:b', 'our/base:1': ../x}\n"
    },
    "compose with a list": {
        "compose.yml": "services:\n  a:\n    build:\n      context: .\n"
        "      additional_contexts:\n      - tools=x\n      - our/base:1=y\n"
    },
    "script": {"build.sh": "docker build --build-context tools=x --build-context=our/base:1=y .\n"},
    "workflow": {
        ".github/workflows/a.yml": "jobs:\n  a:\n    steps:\n"
        "    - uses: docker/build-push-action@v6\n      with:\n        context: .\n"
        "        build-contexts: |\n          tools=x\n          our/base:1=y\n"
    },
}


@pytest.mark.parametrize("files", CONTEXTS.values(), ids=CONTEXTS.keys())
def test_context_with_a_name_is_no_image(files: dict[str, Content], tmp_path: Path) -> None:
    """There is no digest of it to pin, and its user is unknown."""
    text = "FROM our/base:1\nCOPY --from=tools /a /a\n"
    root = repository(tmp_path / "r", {**files, "Dockerfile": text})
    found = check_repository(root, Selection(("DKF001",))).findings
    assert found == []
    for path in files:
        (root / path).unlink()
    found = check_repository(root, Selection(("DKF001",))).findings
    assert [each.line for each in found] == [1, 2]


STAGES = f"FROM {PINNED} AS app\nUSER 1000\nFROM {PINNED} AS docs\nCOPY nothing /a\nUSER root\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("compose.yml", "services: {a: {build: {context: ., target: app}}}\n"),
        ("docker-bake.hcl", 'target "a" {\n  context = "."\n  target = "app"\n}\n'),
    ],
)
def test_stage_that_is_built_is_the_image(name: str, text: str, tmp_path: Path) -> None:
    """Where all builds name one; a script may build the last stage."""
    root = repository(tmp_path / "r", {name: text, "Dockerfile": STAGES})
    assert check_repository(root, Selection(("DKF003",))).findings == []
    (root / "build.sh").write_text("docker build .\n")
    found = check_repository(root, Selection(("DKF003",))).findings
    assert [each.line for each in found] == [5]


INLINE = {
    "compose.yml": (
        "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM python:3.11\n"
        "        RUN pip install flask $$X\n    image: x\n"
    ),
    "docker-bake.hcl": (
        'target "a" {\n  context = "."\n\n  dockerfile-inline = <<EOT\nFROM python:3.11\n'
        "RUN pip install flask\nEOT\n}\n"
    ),
}


@pytest.mark.parametrize(("name", "text"), INLINE.items(), ids=INLINE.keys())
def test_dockerfile_in_another_file(name: str, text: str, tmp_path: Path) -> None:
    """It is checked, with the lines of that file; nothing there is changed."""
    root = repository(tmp_path / "r", {name: text, "a.py": ""})
    report = check_repository(root)
    found = {(each.rule, each.path, each.line) for each in report.findings}
    assert {("DKF001", name, 5), ("DKF002", name, 6), ("DKF003", name, 5)} <= found
    assert [each.fix for each in report.findings if each.path == name] == [None] * 3
    assert any("did not check the context" in each for each in report.left_out)


def test_user_of_a_service_with_its_own_dockerfile(tmp_path: Path) -> None:
    """It is another than root."""
    text = INLINE["compose.yml"].replace("    image: x\n", "    user: '1000'\n")
    root = repository(tmp_path / "r", {"compose.yml": text, "a.py": ""})
    (found,) = check_repository(root, Selection(("DKF003",))).findings
    assert "unless `user` in compose.yml says another" in found.message


def test_malformed_dockerfile_in_a_compose_file(tmp_path: Path) -> None:
    """The line is that of the compose file."""
    text = INLINE["compose.yml"].replace("RUN pip", "RAN pip")
    root = repository(tmp_path / "r", {"compose.yml": text})
    (found,) = check_repository(root, Selection(("DKF004",))).findings
    assert found.line == 6
