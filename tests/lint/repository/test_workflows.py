"""Steps of GitHub Actions and GitLab CI, and the builds that they start."""

from pathlib import Path

import pytest

from labcoat.lint.repository import build_discovery
from labcoat.lint.repository.docker_builds import DockerBuilds
from labcoat.lint.repository.repository import Repository
from labcoat.lint.repository.workflows import is_workflow, read_steps
from support.repositories import repository

PLACE = ".github/workflows/a.yml"
STEPS = "jobs:\n  a:\n    steps:\n"
WORKFLOWS = {
    "block": (PLACE, f"{STEPS}    - run: |\n        set -e\n        docker build web\n"),
    "folded": (PLACE, f"{STEPS}    - run: >-\n        docker build\n        web\n"),
    "continued": (PLACE, f"{STEPS}    - run: |\n        docker build \\\n          web\n"),
    "working-directory": (
        PLACE,
        f"{STEPS}    - working-directory: web\n      run: docker build .\n",
    ),
    "working-directory-of-the-job": (
        PLACE,
        "jobs:\n  a:\n    defaults: {run: {working-directory: web}}\n    steps:\n"
        "    - run: docker build .\n",
    ),
    "working-directory-of-all": (
        PLACE,
        f"defaults:\n  run:\n    working-directory: ./web\n{STEPS}    - run: docker build .\n",
    ),
    "anchor": (
        PLACE,
        f"x: &build\n  run: docker build web\n{STEPS}    - *build\n",
    ),
    "merged": (
        PLACE,
        f"x: &in-web\n  working-directory: web\n{STEPS}    - <<: *in-web\n"
        "      run: docker build .\n",
    ),
    "folder-changed-before": (
        PLACE,
        f"{STEPS}    - run: |\n        cd web\n        docker build .\n",
    ),
    "folder-changed-on-the-line": (PLACE, f"{STEPS}    - run: cd web && docker build .\n"),
    "quoted": (PLACE, f'{STEPS}    - "run": "docker build web"\n'),
    "quoted-words": (PLACE, f'{STEPS}    - run: \'"docker" image "build" web\'\n'),
    "escaped": (PLACE, f'{STEPS}    - run: "docker\\tbuild web"\n'),
    "over-lines": (
        PLACE,
        f"{STEPS}    - run: |\n        docker \\\n        buildx \\\n          build web\n",
    ),
    "inputs": (
        PLACE,
        f"{STEPS}    - uses: docker/build-push-action@v6\n      with: {{context: web}}\n",
    ),
    "woodpecker": (".woodpecker.yml", "steps:\n  a:\n    commands:\n    - docker build web\n"),
    "woodpecker-plugin": (
        ".woodpecker/a.yaml",
        "steps:\n  a:\n    image: woodpeckerci/plugin-docker-buildx\n"
        "    settings: {repo: a/b, context: web}\n",
    ),
    "drone": (".drone.yml", "kind: pipeline\nsteps:\n- name: a\n  commands: [docker build web]\n"),
    "circleci": (
        ".circleci/config.yml",
        "jobs:\n  a:\n    steps:\n    - run:\n        name: b\n        command: docker build web\n",
    ),
    "azure": ("azure-pipelines.yml", "jobs:\n- job: a\n  steps:\n  - script: docker build web\n"),
    "azure-task": (
        "azure-pipelines.yml",
        "steps:\n- task: Docker@2\n  inputs:\n    command: build\n    Dockerfile: web/Dockerfile\n"
        "    buildContext: web\n",
    ),
    "bitbucket": (
        "bitbucket-pipelines.yml",
        "pipelines:\n  default:\n  - step:\n      script:\n      - docker build web\n",
    ),
    "inputs-in-quotes": (
        PLACE,
        f'{STEPS}    - uses: docker/build-push-action@v6\n      with: {{"file": web/Dockerfile,'
        ' "context" : web}\n',
    ),
    "shell": (
        PLACE,
        f"{STEPS}    - shell: bash -euo pipefail {{0}}\n      run: docker build web\n",
    ),
    "composite-action": (
        ".github/actions/b/action.yml",
        "runs:\n  using: composite\n  steps:\n  - shell: bash\n    run: docker build web\n",
    ),
    "gitlab": (".gitlab-ci.yml", "build:\n  script:\n  - docker build web\n"),
    "gitlab-before": (
        ".gitlab-ci.yml",
        "build:\n  before_script: [cd web]\n  script: docker build .\n",
    ),
    "gitlab-nested": (
        "ci/b.gitlab-ci.yml",
        ".x: &x\n- docker build web\nbuild:\n  script:\n  - *x\n  - !reference [.y, script]\n",
    ),
}
OTHERS = {
    "program": f"{STEPS}    - shell: python\n      run: |\n        docker build web\n",
    "printed": f"{STEPS}    - run: echo 'docker build web'\n",
    "name-of-a-step": f"{STEPS}    - name: docker build web\n      run: make\n",
    "comment": f"{STEPS}    # - run: docker build web\n    - run: make\n",
    "variable": f"{STEPS}    - run: docker build ${{{{ inputs.folder }}}}\n",
}


def builds_named(folder: Path, path: str, text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the builds that a workflow names in a repository with web/Dockerfile, and notes."""
    root = repository(folder / "r", {path: text, "web/Dockerfile": "FROM scratch\n"})
    opened = Repository(root)
    return DockerBuilds(opened).named, opened.left_out


@pytest.mark.parametrize(("path", "text"), WORKFLOWS.values(), ids=WORKFLOWS.keys())
def test_builds_of_a_step_are_found(path: str, text: str, tmp_path: Path) -> None:
    """YAML says what the script is, and in which folder it runs."""
    assert builds_named(tmp_path, path, text) == ([("web/Dockerfile", "web")], [])


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS.keys())
def test_other_text_is_no_build(text: str, tmp_path: Path) -> None:
    """What no shell runs starts no build."""
    assert builds_named(tmp_path, PLACE, text) == ([], [])


def test_workflows_without_a_build_are_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """YAML takes long, and most workflows only speak of docker and of a build."""
    monkeypatch.setattr(build_discovery, "read_steps", lambda _: 1 / 0)
    text = (
        f"{STEPS}    - run: docker pull builder\n    - run: docker builder prune\n"
        "    - uses: docker/setup-buildx-action@v3\n      with: {cache-file: a, name: build}\n"
    )
    assert builds_named(tmp_path, PLACE, text) == ([], [])


def test_unreadable_workflow_is_noted(tmp_path: Path) -> None:
    """Tabs are no YAML; the note names the file."""
    builds, notes = builds_named(tmp_path, PLACE, "jobs:\n\ta: docker build web\n")
    assert builds == []
    assert any(note.startswith(PLACE) for note in notes)


def test_hostile_workflows_end() -> None:
    """Aliases in aliases, and nesting, take no time and no memory."""
    laughs = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
    )
    steps = read_steps(f"{laughs}b:\n  script: *a9\n")
    assert steps is not None
    assert len(steps) == 1
    for text in ("- " * 100_000, "[" * 100_000, "\n".join(" " * n + "a:" for n in range(700)), "&"):
        assert read_steps(text) is None


def test_only_workflows_have_steps() -> None:
    """Their places and names decide."""
    assert is_workflow(PLACE)
    assert is_workflow("action.yaml")
    assert not is_workflow("config/workflows/a.yml")
    assert not is_workflow("transaction.yml")
