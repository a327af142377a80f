"""Find the contexts of Dockerfiles in compose files, workflows and scripts."""

import posixpath
import re
import string
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from labcoat.core.patterns import lazy_pattern
from labcoat.core.reading import path_exists
from labcoat.core.shell_commands import split_commands
from labcoat.lint.repository.build_files import read_bake, read_built_images, read_compose
from labcoat.lint.repository.repository import Repository
from labcoat.lint.repository.workflows import Step, is_workflow, read_steps

_COMPOSE = r"(?:[\w.-]*[-._])?compose(?:[-._][\w.-]*)?\.ya?ml"
_SCRIPT = r"(?:gnu)?makefile|.*\.(?:mk|sh|bash)"
_BAKE = r"docker-bake(?:\.override)?\.(?:hcl|json)"
_README = r"readme(?:\.md|\.rst)?"
# A command in prose ends with its line, or with the code that it is in.
_OF_MAKE = lazy_pattern(r"\$\((\w+)\)")
_ASSIGNMENT = lazy_pattern(
    r"(?m)^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*:?=[ \t]*[\"']?([\w./:-]+)[\"']?[ \t]*$"
)
_TOLD = lazy_pattern(r"docker (?:buildx |image )?build (?:[^`\n\\]|\\\r?\n|\\.)*")
_VARIABLE_REGISTRY = lazy_pattern(r"\$\{\{[^{}]*\}\}/")
# The options without a value of `docker buildx build --help` (0.13) and of the legacy builder.
_FLAG = lazy_pattern(
    r"-[qD]+|-h|--(?:check|compress|debug|disable-content-trust|force-rm|load|no-cache|pull|push"
    r"|quiet|rm|squash|stream|help)"
)

_PROJECT_AND_SERVICE = lazy_pattern(r"[a-z0-9]+(?:[-_][a-z0-9]+)+")

# What a workflow with a build has: inputs of an action, or a command. Most that speak of docker and
# of builds start none, and YAML takes long to parse.
_TAGS = lazy_pattern(r"""(?<![\w-])(?:tags|images)["']?\s*:""")
_INPUT = lazy_pattern(r"""(?<![\w-])(?:context|file)["']?\s*:""")
_BETWEEN = r"""(?:["'\s]|\\[nrt]?)+"""
_COMMAND = lazy_pattern(rf"docker{_BETWEEN}(?:(?:buildx|image|builder){_BETWEEN})*build(?![\w-])")


def find_named_builds(repository: Repository) -> Iterator[tuple[str, str]]:
    """Yield every Dockerfile that is named, existing or not, with its existing context."""
    for path in repository.find_named(_COMPOSE):
        composed = read_compose(repository.read_text(path))
        yield from _from_root(repository, composed, posixpath.dirname(path))
    for path in repository.find_named(_BAKE):
        baked = list(read_bake(path, repository.read_text(path)))
        if any("$" in part for build in baked for part in build):
            repository.left_out.append(
                f"{path} has variables: did not check the builds that they name"
            )
        yield from _from_root(repository, baked, posixpath.dirname(path))
    for path in repository.find_named(r".*\.ya?ml"):
        if is_workflow(path):
            yield from _builds_in_workflow(repository, path)
    for path in repository.find_named(_SCRIPT):
        commands = list(_builds_in_commands(repository.read_text(path)))
        # A script may be started at the root or in its own folder.
        for folder in dict.fromkeys(["", posixpath.dirname(path)]):
            yield from _from_root(repository, commands, folder)
    for path in repository.find_named(_README):
        if "/" not in path:
            yield from _builds_in_prose(repository, repository.read_text(path))


def find_built_images(
    repository: Repository, names: Collection[str], dockerfiles: Iterable[str]
) -> Iterator[str]:
    """Yield those of the image `names`, without tags, that scripts, workflows and compose build.

    A compose file with `build` and `image` names the image that it builds; without `image`, web of
    the project my-shop is `my-shop-web`, and older versions of compose wrote `my-shop_web`. A
    README and a comment in one of the `dockerfiles` tell the command. The registry may be a
    variable.
    """
    without_registry = {name.partition("/")[2]: name for name in names if name.count("/") == 2}
    unnamed = [name for name in names if _PROJECT_AND_SERVICE.fullmatch(name)]
    for path in repository.find_named(_COMPOSE) if unnamed else ():
        built = read_built_images(repository.read_text(path))
        ends = tuple(
            f"{mark}{image[2:]}" for image in built if image.startswith("*-") for mark in "-_"
        )
        yield from (name for name in unnamed if name.endswith(ends))
    workflows = filter(is_workflow, repository.find_named(r".*\.ya?ml"))
    for read, paths in (
        (read_built_images, repository.find_named(_COMPOSE)),
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
    paths = repository.find_named(f"{_COMPOSE}|{_BAKE}|{_SCRIPT}|{_README}")
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


def _read_told_tags(text: str) -> Iterator[str]:
    """Yield the images that the commands in prose and in comments build."""
    for found in _TOLD.finditer(text):
        yield from _read_tags(found[0])


def without_tag(image: str) -> str:
    """Return an image's name without its tag and digest; a registry may have a port."""
    return re.sub(r":[^/:]*$", "", image.partition("@")[0])


def _read_tags(script: str) -> Iterator[str]:
    """Yield the values of `--tag`, of commands that build, with the variables of the script."""
    if "$" in script and "build" in script:
        values = dict(_ASSIGNMENT.findall(script))
        of_shell = _OF_MAKE.sub(r"${\1}", script)
        script = string.Template(of_shell).safe_substitute(values) if values else script
    for words in _build_commands(script):
        if "build" in words:
            for before, word in pairwise(words):
                name = word if before in ("-t", "--tag") else word.removeprefix("--tag=")
                if (before in ("-t", "--tag") or name != word) and "$" not in name:
                    yield name


def _from_root(
    repository: Repository, builds: Iterable[tuple[str, str]], folder: str
) -> Iterator[tuple[str, str]]:
    """Yield builds whose paths are relative to `folder` with paths relative to the root.

    Omit those with variables, and those whose context does not exist: they were prose.
    """
    for dockerfile, context in builds:
        if (
            re.search(r"[$`{}]|://", dockerfile + context)
            or dockerfile == "-"
            or posixpath.isabs(dockerfile + context)
        ):
            continue
        place, base = (
            posixpath.normpath(posixpath.join(folder, each)) for each in (dockerfile, context)
        )
        built = repository.root / base
        if (
            not place.startswith("..")
            and not base.startswith("..")
            and path_exists(built)
            and built.is_dir()
        ):
            yield place, "" if base == "." else base


def _builds_in_workflow(repository: Repository, path: str) -> Iterator[tuple[str, str]]:
    """Yield the builds of a workflow's steps."""
    text = repository.read_text(path)
    if "docker" not in text or "build" not in text:
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
            context = step.inputs.get("context") or "."
            dockerfile = step.inputs.get("file") or posixpath.join(context, "Dockerfile")
            yield from _from_root(repository, [(dockerfile, context)], "")
        yield from _builds_in_script(repository, step)


def _builds_in_prose(repository: Repository, text: str) -> Iterator[tuple[str, str]]:
    """Yield the builds of existing Dockerfiles that a README tells its readers to start."""
    for found in _TOLD.finditer(text):
        command = found[0].replace("\\\r\n", " ").replace("\\\n", " ")
        for dockerfile, context in _from_root(repository, _builds_in_commands(command), ""):
            if path_exists(repository.root / dockerfile):
                yield dockerfile, context


def _builds_in_script(repository: Repository, step: Step) -> Iterator[tuple[str, str]]:
    """Yield the builds of a step's commands, which follow those that change the folder."""
    folder = step.folder
    for line in step.script.replace("\\\r\n", " ").replace("\\\n", " ").split("\n"):
        here = folder
        for words in split_commands(line) if "cd" in line or "docker" in line else ():
            if words[0] in ("cd", "pushd") and len(words) == 2:
                here = posixpath.normpath(posixpath.join(here, words[1]))
            yield from _from_root(repository, _read_command(words), here)
        if "(" not in line:  # a subshell's folder ends with it
            folder = here


def _builds_in_commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield the builds of `docker build -f FILE CONTEXT` commands."""
    for words in _build_commands(text):
        yield from _read_command(words)


def _build_commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command that may start a build."""
    if "docker" not in text:
        return
    for line in text.replace("\\\r\n", " ").replace("\\\n", " ").split("\n"):
        if "docker" in line and "build" in line:
            yield from split_commands(line)


def _read_command(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the build that a command starts, if it starts one."""
    if words[0].rpartition("/")[2] != "docker" or "build" not in words:
        return
    at = words.index("build")
    if any(word not in ("buildx", "image", "builder") for word in words[1:at]):
        return
    dockerfile = ""
    contexts: list[str] = []
    for before, word in pairwise(["", *words[at + 1 :]]):
        if re.fullmatch("-q?f|--file", before):
            dockerfile = word
        elif word.startswith("--file="):
            dockerfile = word.partition("=")[2]
        elif not word.startswith("-") and not _takes_a_value(before):
            contexts.append(word)
    if contexts:
        # A variable may hold options.
        context = next((each for each in contexts if "$" not in each), contexts[0])
        yield dockerfile or posixpath.join(context, "Dockerfile"), context


def _takes_a_value(word: str) -> bool:
    """Whether `word` is an option whose value is the next word."""
    return re.fullmatch(r"-q?[a-z]|--[\w-]+", word) is not None and not _FLAG.fullmatch(word)
