"""Which Docker builds labcoat finds: Dockerfiles, and the context of each."""

from pathlib import Path

import pytest

from labcoat.lint.fixes import apply_fixes
from labcoat.lint.repository.build_facts import BuildFacts
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository
from labcoat.lint.runner import Selection, check_repository
from support.repositories import Content, repository

DIGEST = "@sha256:" + "a" * 64
PINNED = f"FROM python:3.11{DIGEST}\nCOPY src /app\nUSER 1000\n"

Files = dict[str, Content]


def found_builds(root: Path) -> list[BuildFacts]:
    """The Docker builds that labcoat finds in the repository."""
    return list(DockerBuilds(Repository(root)))


CONTEXTS: dict[str, tuple[Files, str]] = {
    "compose": (
        {
            "compose.yaml": "services:\n  a:\n    build:\n"
            "      context: .\n      dockerfile: sub/Dockerfile\n"
        },
        "",
    ),
    "compose-inline": ({"docker-compose.yml": "services: \n  a:\n    build: ./sub\n"}, "sub"),
    "workflow": (
        {
            ".github/workflows/b.yml": "jobs:\n  x:\n    steps:\n"
            "      - uses: docker/build-push-action@v6\n"
            "        with: {context: ., file: ./sub/Dockerfile}\n"
        },
        "",
    ),
    "makefile": ({"Makefile": "image:\n\tdocker build -t x:1 -f sub/Dockerfile .\n"}, ""),
    "script-beside-it": ({"sub/build.sh": "docker buildx build \\\n  --file=Dockerfile ..\n"}, ""),
    "readme": (
        {"README.md": "Run `docker build -f sub/Dockerfile -t x .`, then\n", "sub/main.py": ""},
        "",
    ),
    "readme-over-lines": (
        {"readme.rst": "::\n\n    docker build \\\n      -f sub/Dockerfile .\n", "sub/main.py": ""},
        "",
    ),
    "readme-of-a-folder": (
        {"sub/README.md": "`docker build -f sub/Dockerfile .`\n", "sub/main.py": ""},
        "sub",
    ),
    "readme-and-script": (
        {
            "README.md": "`docker build -f sub/Dockerfile .`\n",
            "build.sh": "docker build sub\n",
            "sub/main.py": "",
        },
        "sub",
    ),
    "nothing-else-there": ({}, ""),
    "a-program-there": ({"sub/main.py": ""}, "sub"),
    "its-own-ignore-file": ({"sub/.dockerignore": "x\n"}, "sub"),
    "nothing-is-copied": ({"sub/Dockerfile": "FROM python:3.11\n"}, "sub"),
    "a-file-that-no-folder-has": (
        {"sub/Dockerfile": "FROM python:3.11\nCOPY create.sh /x/\n", "sub/creates.sh": ""},
        "sub",
    ),
    "a-file-in-a-folder-to-come": ({"sub/Dockerfile": "FROM python:3.11\nCOPY out/a.jar /\n"}, ""),
    "a-mount-of-all": ({"sub/Dockerfile": "FROM python:3.11\nRUN --mount=target=/s ls\n"}, ""),
    "a-mount-of-its-source": (
        {"sub/Dockerfile": "FROM python:3.11\nRUN --mount=source=src,target=/s ls\n", "src/a": ""},
        "",
    ),
    "what-it-copies": ({"sub/Dockerfile": PINNED, "sub/main.py": "", "src/a": ""}, ""),
}


@pytest.mark.parametrize(("files", "expected"), CONTEXTS.values(), ids=CONTEXTS.keys())
def test_context_of_a_dockerfile(files: Files, expected: str, tmp_path: Path) -> None:
    """The context of a Dockerfile is the one named in some file, or the one with its sources."""
    root = repository(tmp_path / "r", {"sub/Dockerfile": PINNED.replace("src", "."), **files})
    assert [(each.dockerfile, each.context) for each in found_builds(root)] == [
        ("sub/Dockerfile", expected)
    ]


COPIES = "FROM python:3.11\nCOPY common /c\nCOPY api/main.py docker/api/more.py /a/\n"
BETWEEN: dict[str, tuple[Files, str]] = {
    "folder-with-most": ({"services/common/a": "", "services/api/main.py": ""}, "services"),
    "root-with-as-many": (
        {"services/common/a": "", "services/api/main.py": "", "common/a": "", "api/main.py": ""},
        "",
    ),
    "own-folder-with-as-many": (
        {"services/common/a": "", "services/api/common/a": ""},
        "services/api",
    ),
}


@pytest.mark.parametrize(("files", "expected"), BETWEEN.values(), ids=BETWEEN.keys())
def test_context_between_the_root_and_a_dockerfile(
    files: Files, expected: str, tmp_path: Path
) -> None:
    """A folder above the Dockerfile is its context if that has more of the sources."""
    root = repository(tmp_path / "r", {"services/api/Dockerfile": COPIES, **files})
    assert [each.context for each in found_builds(root)] == [expected]


def test_compose_file_of_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines of a compose file may end with carriage returns, also where PyYAML is missing."""
    text = "services:\r\n  a:\r\n    build:\r\n\r\n      context: .\r\n"
    files: Files = {
        "sub/Dockerfile": PINNED.replace("src", "."),
        "sub/main.py": "",
        "compose.yaml": f"{text}      dockerfile: sub/Dockerfile\r\n".encode(),
    }
    root = repository(tmp_path / "r", files)
    assert [each.context for each in found_builds(root)] == [""]


FILE = "-f sub/Dockerfile"
COMMANDS = {
    "redirected": f"docker build {FILE} . > build.log",
    "redirected-and-piped": f"docker build {FILE} . 2>&1 | tee build.log",
    "kept": f"X=$(docker build -q {FILE} .)",
    "in-a-subshell": f"(docker build {FILE} .)",
    "in-backticks": f"X=`docker build -q {FILE} .`",
    "with-a-comment": f"docker build {FILE} . # from the root",
    "after-a-command": f"cd . && time docker build {FILE} .",
    "options-after-the-context": f"docker build {FILE} . --iidfile id.txt --metadata-file m.json",
    "options-before-the-context": "docker build --iidfile id.txt --metadata-file=m.json "
    f"--no-cache -q {FILE} .",
    "options-together": "docker build -qf sub/Dockerfile .",
    "options-to-come": f"docker buildx build --some-day x --load {FILE} .",
    "value-that-is-run": 'docker build -t "x:$(git rev-parse --short HEAD)" '
    f"--build-arg N=$(nproc --all) {FILE} .",
    "value-with-spaces": f'docker build --label "a > b" {FILE} .',
    "variable-of-make": f"docker build -t $(IMAGE) {FILE} .",
    "followed": f"docker build {FILE} . && docker push x; true",
    "printed": f'echo "run docker build -f sub/Dockerfile sub"; docker build {FILE} .',
    "recipe": f"@docker build {FILE} $(or $(FLAGS),) .",
    "prose-about-a-file": f"# docker build {FILE} build.sh does it\ndocker build {FILE} .",
    "prose-before-it": f"# docker build needs a network\ndocker build {FILE} .",
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_context_of_a_command(command: str, tmp_path: Path) -> None:
    """The context of a `docker build` in a script is its first argument that is a folder."""
    files: Files = {
        "sub/Dockerfile": PINNED.replace("src", "."),
        "sub/main.py": "",
        "build.sh": f"{command}\n",
    }
    root = repository(tmp_path / "r", files)
    assert [(each.dockerfile, each.context) for each in found_builds(root)] == [
        ("sub/Dockerfile", "")
    ]


BUILD_FILES = {
    "flow": (
        "compose.yaml",
        "services: {web: {build: {context: ./web, dockerfile: ../docker/web.Dockerfile}}}\n",
    ),
    "flow-in-a-block": (
        "compose.yaml",
        "services:\n  web:\n    build: {context: ./web, dockerfile: ../docker/web.Dockerfile}\n",
    ),
    "quoted": (
        "compose.yaml",
        'services:\n  web:\n    "build": '
        '{"context": "web", "dockerfile": "../docker/web.Dockerfile"}\n',
    ),
    "bake": (
        "docker-bake.hcl",
        'target "web" {\n  context = "web"\n  dockerfile = "../docker/web.Dockerfile"\n}\n',
    ),
    "bake-json": (
        "docker-bake.json",
        '{"target": {"web": {"context": "web", "dockerfile": "../docker/web.Dockerfile"}}}',
    ),
}


@pytest.mark.parametrize(("name", "text"), BUILD_FILES.values(), ids=BUILD_FILES.keys())
def test_context_in_a_build_file(name: str, text: str, tmp_path: Path) -> None:
    """Compose files in any style, and bake files; an ignore file in that context is read."""
    files = {
        name: text,
        "docker/web.Dockerfile": "FROM scratch\nCOPY . /app\n",
        "web/.dockerignore": "secrets\n",
        "web/a.py": "",
    }
    root = repository(tmp_path / "r", files)
    assert [(each.dockerfile, each.context) for each in DockerBuilds(Repository(root))] == [
        ("docker/web.Dockerfile", "web")
    ]
    assert check_repository(root, Selection(("CTX",))).findings == []


NAMED: dict[str, Files] = {
    "compose default": {
        "compose.yaml": "services:\n  a:\n    build:\n      context: ${C:-./web}\n"
        "      dockerfile: ${D-../docker/Dockerfile}\n"
    },
    "compose files": {
        "compose.yaml": "services:\n  a:\n    build: ./web\n",
        "compose.override.yaml": "services:\n  a:\n    build:\n"
        "      dockerfile: ../docker/Dockerfile\n",
    },
    "compose tag": {
        "compose.yaml": "services:\n  a:\n    build: !override\n      context: web\n"
        "      dockerfile: ../docker/Dockerfile\n"
    },
    "context of git": {
        ".github/workflows/a.yml": "jobs:\n  a:\n    steps:\n"
        "      - uses: docker/build-push-action@v6\n        with:\n"
        '          context: "{{defaultContext}}:web"\n          file: ../docker/Dockerfile\n'
    },
    "make": {
        "Makefile": "F := docker/Dockerfile\nC ?= web\na:\n\tdocker build --file=$(F) -t x $(C)\n"
    },
    "script": {"ci/a.sh": 'cd "$(dirname "$0")/../web"\ndocker build -f ../docker/Dockerfile .\n'},
}


@pytest.mark.parametrize("files", NAMED.values(), ids=NAMED)
def test_context_that_variables_and_folders_name(files: Files, tmp_path: Path) -> None:
    """Compose, make and shells know it, and a reader too."""
    root = repository(
        tmp_path / "r", {**files, "docker/Dockerfile": "FROM a\nCOPY . /\n", "web/a.py": "1\n"}
    )
    (build,) = found_builds(root)
    assert (build.dockerfile, build.context) == ("docker/Dockerfile", "web")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "compose.yaml",
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM a\n",
        ),
        ("docker-bake.hcl", 'target "a" {\n  dockerfile-inline = "FROM a"\n}\n'),
    ],
)
def test_inline_dockerfile_is_named(name: str, text: str, tmp_path: Path) -> None:
    """It is not checked, and a clean result would hide that."""
    root = repository(tmp_path / "r", {name: text, "Dockerfile": PINNED})
    assert any(name in each for each in check_repository(root).left_out)


def test_unread_patterns_move_to_where_they_are_read(tmp_path: Path) -> None:
    """Removing a .dockerignore that no build reads keeps what it was meant to exclude out."""
    files = {
        "Dockerfile": "FROM scratch\nCOPY . /app\n",
        ".dockerignore": ".git\n",
        "src/.dockerignore": "data\n!data/keep\n# note\n",
        "src/data/a": "",
        "src/data/keep": "",
    }
    root = repository(tmp_path / "r", files)
    apply_fixes(root, Selection(("CTX005",)), unsafe=True)
    assert (root / ".dockerignore").read_text() == ".git\nsrc/data\n!src/data/keep\n"
    assert not (root / "src/.dockerignore").exists()
