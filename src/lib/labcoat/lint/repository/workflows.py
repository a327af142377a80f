"""The steps of workflows: of GitHub Actions, their composite actions, GitLab CI and others.

Syntax: https://docs.github.com/actions/reference/workflow-syntax-for-github-actions and
https://docs.gitlab.com/ci/yaml/. Woodpecker, Drone, CircleCI, Azure and Bitbucket have commands and
inputs below `steps` too, under a few other names.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import Record, field
from labcoat.lint.repository.build_files import parse_yaml

_WORKFLOW = lazy_pattern(
    r"\.github/workflows/[^/]+\.ya?ml|(?:.*/)?action\.ya?ml|(?:.*[./])?gitlab-ci\.ya?ml"
    r"|(?:.*/)?(?:\.woodpecker|\.drone|azure-pipelines|bitbucket-pipelines)\.ya?ml"
    r"|(?:.*/)?\.(?:woodpecker|circleci)/[^/]+\.ya?ml"
)
_BUILDS = lazy_pattern(r"(?i)build|docker|kaniko")  # in names of actions
# Shells whose commands are not those of sh.
_OTHER_SHELL = lazy_pattern(r"(?:.*/)?(?:python|perl|node|ruby|Rscript|cmd)\b.*", re.DOTALL)
_SCRIPTS = ("before_script", "script", "after_script")
_OTHER_SCRIPTS = ("commands", "script", "bash")
# What others call the inputs `file`, `context` and `images` of GitHub's actions.
_INPUTS = {"dockerfile": "file", "buildcontext": "context", "repo": "images"}
_INPUTS |= {"repository": "images"}
_MOST_STEPS = 2000  # aliases can repeat them
_MOST_PARTS = 2000  # of a script


class Step(Record):
    """A step: its `script` for sh, or an action's `inputs`, in a `folder` relative to the root."""

    script: str = ""
    folder: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


def is_workflow(path: str) -> bool:
    """Whether a file of this name has steps."""
    return _WORKFLOW.fullmatch(path) is not None


@lru_cache(maxsize=64)  # several rules ask for the same
def read_steps(text: str) -> tuple[Step, ...] | None:
    """Return the steps of a workflow; None if it is not valid YAML, too large or too nested."""
    data = parse_yaml(text)
    if not isinstance(data, dict):
        return None
    return tuple(islice(_find_steps(data), _MOST_STEPS))


def _find_steps(data: Mapping[Any, Any]) -> Iterator[Step]:
    jobs = _mapping(data.get("jobs"))
    if not jobs and "runs" not in data:
        for job in data.values():
            yield from _find_gitlab_steps(_mapping(job))
        for key in ("steps", "jobs", "stages", "pipelines"):
            yield from _find_other_steps(data.get(key))
        return
    folder, shell = _defaults(data, "", "")
    for job in (*jobs.values(), data.get("runs")):
        settings = _mapping(job)
        yield from _find_github_steps(settings.get("steps"), *_defaults(settings, folder, shell))


def _defaults(settings: Mapping[Any, Any], folder: str, shell: str) -> tuple[str, str]:
    """Return the folder and the shell of `defaults: run:`, or those from further out."""
    run = _mapping(_mapping(settings.get("defaults")).get("run"))
    return str(run.get("working-directory") or folder), str(run.get("shell") or shell)


def _find_github_steps(steps: object, folder: str, shell: str) -> Iterator[Step]:
    for each in steps if isinstance(steps, list) else ():
        step = _mapping(each)
        script = step.get("run")
        script = _mapping(script).get("command", script)  # of CircleCI
        if isinstance(script, str) and not _OTHER_SHELL.fullmatch(str(step.get("shell") or shell)):
            yield Step(script, str(step.get("working-directory") or folder))
        elif _BUILDS.search(str(step.get("uses"))):
            given = _mapping(step.get("with")).items()
            yield Step(inputs={str(key): str(value) for key, value in given if value is not None})


def _find_gitlab_steps(job: Mapping[Any, Any]) -> Iterator[Step]:
    lines = [line for key in _SCRIPTS for line in _flatten(job.get(key))]
    if lines:
        yield Step("\n".join(lines))


def _find_other_steps(data: object) -> Iterator[Step]:
    """Yield the steps of any depth in lists and mappings."""
    parts = [data]
    for _ in range(_MOST_PARTS):
        if not parts:
            return
        part = parts.pop()
        if isinstance(part, list):
            parts += reversed(part[:_MOST_PARTS])
        elif isinstance(part, Mapping):
            lines = [line for key in _OTHER_SCRIPTS for line in _flatten(part.get(key))]
            if lines:
                yield Step("\n".join(lines))
            given = {**_mapping(part.get("settings")), **_mapping(part.get("inputs"))}
            if given:
                yield Step(inputs=dict(_name_inputs(given)))
            parts += part.values()


def _name_inputs(given: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """Yield inputs by the names that GitHub's actions have for them."""
    for key, value in given.items():
        name = str(key).lower()
        text = "\n".join(_flatten(value))
        if text and "*" not in text:  # Azure's `**/Dockerfile` is one of those that there are
            yield _INPUTS.get(name, name), text


def _flatten(script: object) -> Iterator[str]:
    """Yield the lines of a script, whose parts may be lists, as anchors make them."""
    parts = [script]
    for _ in range(_MOST_PARTS):
        if not parts:
            return
        part = parts.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, list):
            parts += reversed(part[:_MOST_PARTS])


def _mapping(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}
