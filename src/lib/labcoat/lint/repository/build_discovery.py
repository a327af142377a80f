"""Find the contexts of Dockerfiles in compose files, workflows and scripts."""

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise

from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import path_exists
from labcoat.core.shell_commands import split_commands
from labcoat.lint.repository.bake_files import BAKE
from labcoat.lint.repository.build_commands import (
    expand_assigned,
    find_builds,
    read_build,
    split_build_commands,
)
from labcoat.lint.repository.compose_files import COMPOSE
from labcoat.lint.repository.declared_builds import DeclaredBuild, place_builds
from labcoat.lint.repository.repository import Repository
from labcoat.lint.repository.workflows import Step, is_workflow, read_steps

_SCRIPT = r"(?:gnu)?makefile|.*\.(?:mk|sh|bash)"
_README = r"readme(?:\.md|\.rst)?"
# A command in prose ends with its line, or with the code that it is in.
_TOLD = lazy_pattern(r"docker (?:buildx |image )?build (?:[^`\n\\]|\\\r?\n|\\.)*")
_GIT_CONTEXT = lazy_pattern(r"\{\{\s*defaultContext\s*\}\}:?")  # of docker/build-push-action
_OWN_FOLDER = lazy_pattern(
    r"""\$\(\s*dirname\s+(?:--\s+)?"?\$(?:0|\{?BASH_SOURCE[^")]*)"?\s*\)|\$\{0%/\*\}"""
)
_NAMING = ("-t", "--tag", "--build-context")
_VARIABLE_REGISTRY = lazy_pattern(r"\$\{\{[^{}]*\}\}/")
_PROJECT_AND_SERVICE = lazy_pattern(r"[a-z0-9]+(?:[-_][a-z0-9]+)+")

# What a workflow with a build has: inputs of an action, or a command. Most that speak of docker and
# of builds start none, and YAML takes long to parse.
_TAGS = lazy_pattern(r"""(?<![\w-])(?:build-contexts|tags|images|repo(?:sitory)?)["']?\s*:""")
_INPUT = lazy_pattern(r"""(?i)(?<![\w-])(?:(?:build)?context|(?:docker)?file)["']?\s*:""")
_BETWEEN = r"""(?:["'\s]|\\[nrt]?)+"""
_COMMAND = lazy_pattern(rf"docker{_BETWEEN}(?:(?:buildx|image|builder){_BETWEEN})*build(?![\w-])")


def find_named_builds(
    repository: Repository, declared: Iterable[DeclaredBuild]
) -> Iterator[tuple[str, str]]:
    """Yield every Dockerfile that is named, existing or not, with its existing context."""
    for each in declared:
        if each.dockerfile:
            yield each.dockerfile, each.context
    for path in repository.find_named(r".*\.ya?ml"):
        if is_workflow(path):
            yield from _builds_in_workflow(repository, path)
    for path in repository.find_named(_SCRIPT):
        own = posixpath.dirname(path)
        text = expand_assigned(repository.read_text(path))
        text = f"{repository.root}/{own}".join(_OWN_FOLDER.split(text))
        is_shell = path.lower().endswith((".sh", ".bash"))
        # A script may be started at the root or in its own folder.
        for folder in dict.fromkeys(["", own]):
            step = Step(text, folder)
            yield from _builds_in_script(repository, step, keeps_folder=is_shell)
    for path in repository.find_named(_README):
        if "/" not in path:
            yield from _builds_in_prose(repository, repository.read_text(path))


def find_built_images(
    repository: Repository,
    names: Collection[str],
    dockerfiles: Iterable[str],
    declared: Iterable[DeclaredBuild],
) -> Iterator[str]:
    """Yield those of the image `names`, without tags, that scripts, workflows and others build.

    A compose file with `build` and `image` names the image that it builds; without `image`, web of
    the project my-shop is `my-shop-web`, and older versions of compose wrote `my-shop_web`. A
    README and a comment in one of the `dockerfiles` tell the command. The registry may be a
    variable.
    """
    without_registry = {name.partition("/")[2]: name for name in names if name.count("/") == 2}
    unnamed = [name for name in names if _PROJECT_AND_SERVICE.fullmatch(name)]
    images = {image for each in declared if each.builds for image in (each.image, *each.images)}
    built = {image for image in images if "$" not in image}
    ends = tuple(f"{mark}{image[2:]}" for image in built if image[:2] == "*-" for mark in "-_")
    yield from (name for name in unnamed if name.endswith(ends))
    yield from {without_tag(image) for image in built} & set(names)
    workflows = filter(is_workflow, repository.find_named(r".*\.ya?ml"))
    for read, paths in (
        (_read_tags, repository.find_named(_SCRIPT)),
        (_read_workflow_tags, workflows),
        (_read_told_tags, repository.find_named(_README)),
        (_read_told_tags, dockerfiles),
    ):
        for path in paths:
            text = repository.read_text(path)
            may_assign = read is _read_tags and "docker" in text and "$" in text
            if may_assign or any(name in text for name in (*names, *without_registry)):
                tagged = {without_tag(image) for image in read(text)}
                yield from tagged & set(names)
                yield from (without_registry[each] for each in tagged & without_registry.keys())


def names_argument(repository: Repository, name: str) -> bool:
    """Whether a file that builds are started from names the build argument `name`."""
    word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    workflows = filter(is_workflow, repository.find_named(r".*\.ya?ml"))
    paths = repository.find_named(f"{COMPOSE}|{BAKE}|{_SCRIPT}|{_README}")
    return any(word.search(repository.read_text(path)) for path in (*paths, *workflows))


def _read_workflow_tags(text: str) -> Iterator[str]:
    """Yield the images that the steps of a workflow build: of commands, and of actions' inputs.

    They are without a registry that is a variable.
    """
    if not (_TAGS.search(text) or _COMMAND.search(text)):
        return
    for step in read_steps(text) or ():
        yield from _read_tags(step.script)
        for given in ("tags", "images"):
            images = _VARIABLE_REGISTRY.sub("", step.inputs.get(given, ""))
            yield from re.split(r"[\s,]+", images)
        named = step.inputs.get("build-contexts", "").splitlines()
        yield from (each.partition("=")[0].strip() for each in named)


def _read_told_tags(text: str) -> Iterator[str]:
    """Yield the images that the commands in prose and in comments build."""
    for found in _TOLD.finditer(text):
        yield from _read_tags(found[0])


def without_tag(image: str) -> str:
    """Return an image's name without its tag and digest; a registry may have a port."""
    return re.sub(r":[^/:]*$", "", image.partition("@")[0])


def _read_tags(script: str) -> Iterator[str]:
    """Yield the values of `--tag`, of commands that build, with the variables of the script.

    What `--build-context` names is as little an image of others.
    """
    for words in split_build_commands(expand_assigned(script)):
        if "build" in words:
            for before, word in pairwise(words):
                if before in _NAMING:
                    option, value = before, word
                else:
                    option, _, value = word.partition("=")
                if option == "--build-context":
                    value = value.partition("=")[0]
                if option in _NAMING and value and "$" not in value:
                    yield value


def _builds_in_workflow(repository: Repository, path: str) -> Iterator[tuple[str, str]]:
    """Yield the builds of a workflow's steps."""
    text = repository.read_text(path)
    lower = text.lower()
    if "docker" not in lower or "build" not in lower:
        return
    if not (_INPUT.search(text) or _COMMAND.search(text)):
        return
    steps = read_steps(text)
    if steps is None:
        repository.left_out.append(
            f"{path} cannot be read as YAML: did not check the builds that it names"
        )
    for step in steps or ():
        if "context" in step.inputs or "file" in step.inputs:
            given = step.inputs.get("context") or "."
            context = _GIT_CONTEXT.sub("", given) or "."
            dockerfile = step.inputs.get("file") or posixpath.join(context, "Dockerfile")
            if context != given and "file" in step.inputs:  # relative to the context of git
                dockerfile = posixpath.join(context, dockerfile)
            yield from place_builds(repository, [(dockerfile, context)], "")
        yield from _builds_in_script(repository, step)


def _builds_in_prose(repository: Repository, text: str) -> Iterator[tuple[str, str]]:
    """Yield the builds of existing Dockerfiles that a README tells its readers to start."""
    for found in _TOLD.finditer(text):
        command = found[0].replace("\\\r\n", " ").replace("\\\n", " ")
        for dockerfile, context in place_builds(repository, find_builds(command), ""):
            if path_exists(repository.root / dockerfile):
                yield dockerfile, context


def _builds_in_script(
    repository: Repository, step: Step, *, keeps_folder: bool = True
) -> Iterator[tuple[str, str]]:
    """Yield the builds of a step's commands, which follow those that change the folder.

    Each line of make's recipes begins in the same folder again.
    """
    if "docker" not in step.script:
        return
    folder = step.folder
    for line in step.script.replace("\\\r\n", " ").replace("\\\n", " ").split("\n"):
        here = folder
        for words in split_commands(line) if "cd" in line or "docker" in line else ():
            if words[0] in ("cd", "pushd") and len(words) == 2:
                here = posixpath.normpath(posixpath.join(here, words[1]))
                if posixpath.isabs(here):
                    here = posixpath.relpath(here, repository.root)
            yield from place_builds(repository, read_build(words), here)
        if keeps_folder and "(" not in line:  # a subshell's folder ends with it
            folder = here
