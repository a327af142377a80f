"""Compare an image's settings and layers, as the engine has them, with its Dockerfile and base.

Nothing of the image is run: variables, user and entry point decide what a container runs before its
Python could be asked.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labcoat.container.dockerfile.parser import (
    Dockerfile,
    Instruction,
    Stage,
    assigned_variables,
    expand_word,
)
from labcoat.container.dockerfile.words import parse_json_words
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import MutableRecord, field
from labcoat.core.result_variables import select_result_variables

# What Docker sets where neither the base nor the Dockerfile does.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Variables of Python, the loader, C libraries, shells and programs that start other code.
_DECIDING = lazy_pattern(
    r"PYTHON|_?LD_|GCONV_PATH|GLIBC_TUNABLES|LOCPATH|NLSPATH|MALLOC_|BASH_|ENV$|ZDOTDIR$|PS4$"
    r"|PROMPT_COMMAND$|SHELLOPTS$|IFS$|PATH$|HOME$|VIRTUAL_ENV$|CONDA_|JUPYTER|IPYTHON|NUMBA_"
    r"|OPENSSL_|CUDA_|TF_|PIP_|UV_|PERL5|RUBYOPT$|MPLBACKEND$|MPLCONFIGDIR$|XDG_|QT_|GST_|_?JAVA_"
    # Plugins and programs of many libraries: HDF5_PLUGIN_PATH, SPARK_HOME, NODE_OPTIONS.
    r"|CLASSPATH$|\w+_(PATH|HOME|PLUGINS?|PRELOAD|OPTIONS|OPTS|FLAGS)$"
)
# Facts about the official images' Python, which it does not read.
_FACTS = lazy_pattern(r"PYTHON_(VERSION|SHA256|PIP_VERSION|SETUPTOOLS_VERSION|GET_PIP_\w+)$")
_STARTS = {"ENTRYPOINT": "Entrypoint", "CMD": "Cmd", "SHELL": "Shell"}
_LAYERS = frozenset({"RUN", "COPY", "ADD", "WORKDIR"})


class _Expected(MutableRecord):
    """What an image gets from its base and its Dockerfile, which `apply` reads stage by stage.

    `words` are the settings that start a container; one that only an unknown base gives is not in
    it. `declared` are the variables that the Dockerfile itself sets.
    """

    variables: dict[str, str]
    words: dict[str, list[str]]
    declared: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)

    def apply(self, stage: Stage) -> None:
        """Add what the instructions of `stage` set. Raise DockerfileError if one is malformed."""
        values = {"PATH": _PATH, **self.variables}
        has_command = False
        for each in stage.instructions:
            self.written.add(each.name)
            if each.name in ("ARG", "ENV"):
                new = assigned_variables(each, values, stage)
                values |= new  # an ARG after an ENV of the same name counts
                if each.name == "ENV":
                    self.variables |= new
                    self.declared |= new.keys()
            elif each.name == "CMD":
                has_command = True
                self.words["CMD"] = self._started_words(each)
            elif each.name == "ENTRYPOINT":
                self.words["ENTRYPOINT"] = self._started_words(each)
                if not has_command:  # that of the base, or of another stage, is removed
                    self.words["CMD"] = []
            elif each.name == "SHELL":
                self.words["SHELL"] = list(each.words)
            elif each.name == "USER":
                self.words["USER"] = [expand_word(each, each.rest.strip(), values)]
            elif each.name == "WORKDIR":
                self._enter(expand_word(each, each.rest.strip(), values))

    def _started_words(self, each: Instruction) -> list[str]:
        rest = each.rest.strip()
        words = parse_json_words(rest)
        if words is not None:
            return list(words)
        return [*(self.words.get("SHELL") or ["/bin/sh", "-c"]), rest]

    def _enter(self, folder: str) -> None:
        if before := self.words.get("WORKDIR"):
            folder = posixpath.join(*before, folder)
        if folder.startswith("/"):
            self.words["WORKDIR"] = [posixpath.normpath(folder)]


def compare_settings(
    image: Mapping[str, Any],
    base: Mapping[str, Any] | None,
    chain: Sequence[Stage],
    *,
    has_other_steps: bool = True,
) -> Iterator[tuple[str, str]]:
    """Yield each setting of `image` that its Dockerfile and `base` do not give it, and how.

    Both are what `docker image inspect` prints; `chain` are the Dockerfile's stages. Without
    `base`, the settings that the Dockerfile leaves to it are not compared. Variables that decide
    which code runs are, if there may be `has_other_steps`, which could set them. Raise
    DockerfileError if an instruction is malformed.
    """
    ours, theirs = image.get("Config") or {}, (base or {}).get("Config") or {}
    expected = _Expected(_variables(theirs), {} if base is None else _start_words(theirs))
    for stage in chain:
        expected.apply(stage)
    given, is_bases = _variables(ours), base is None and not has_other_steps
    if is_bases:
        given = {name: value for name, value in given.items() if name in expected.variables}
        if _starts_alike(given, expected.variables):
            given["PATH"] = expected.variables["PATH"]
    yield from _compare_variables(given, expected, has_base=base is not None)
    yield from _compare_start(_start_words(ours), expected.words)
    if ours.get("OnBuild") and "ONBUILD" not in expected.written:
        yield "ONBUILD", "is set; the Dockerfile does not set it"
    # Its command runs in each container, beside the program.
    is_other = ours.get("Healthcheck") != theirs.get("Healthcheck")
    if is_other and not is_bases and "HEALTHCHECK" not in expected.written:
        yield "HEALTHCHECK", "is not the one of the Dockerfile and its base image"
    if base:
        yield from _compare_layers(_layers(image), _layers(base), chain)


def stage_chain(parsed: Dockerfile, target: str | None) -> list[Stage]:
    """Return the stages that the image consists of, the one on the base image first."""
    stage: Stage | None = (parsed.stage(target) if target else None) or parsed.stages[-1]
    found: list[Stage] = []
    while stage:
        found.insert(0, stage)
        stage = parsed.base_stage(stage)
    return found


def _compare_variables(
    ours: Mapping[str, str], expected: _Expected, *, has_base: bool
) -> Iterator[tuple[str, str]]:
    for name in sorted(ours.keys() | expected.variables.keys()):
        value, wanted = ours.get(name), expected.variables.get(name)
        if value == wanted or (name not in expected.declared and not _decides(name)):
            continue
        if name == "PATH" and not has_base and _is_own_path(value or "", wanted or ""):
            continue
        if name == "LANG" and not has_base:  # official images set it
            continue
        if name == "PATH" and wanted is None and value == _PATH:
            continue
        given = f"is `{value}`" if value is not None else "is not set"
        yield f"variable {name}", f"{given}; {_describe(wanted)}"


def _compare_start(
    ours: Mapping[str, list[str]], expected: Mapping[str, list[str]]
) -> Iterator[tuple[str, str]]:
    for name, wanted in expected.items():
        # podman does not tell the shell, which counts in a build only.
        if ours[name] != wanted and (name != "SHELL" or ours[name]):
            yield name, f"is `{' '.join(ours[name])}`; {_describe(' '.join(wanted))}"


def _start_words(config: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the settings of an image that start a container, by their instructions."""
    found = {name: list(config.get(key) or ()) for name, key in _STARTS.items()}
    found["USER"] = [config.get("User") or ""]
    found["WORKDIR"] = [posixpath.normpath(config.get("WorkingDir") or "/")]
    return found


def _starts_alike(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    """Return whether both have a PATH with the same first directory."""
    first = [one.get("PATH", "").partition(":")[0] for one in (ours, theirs)]
    return bool(first[0]) and first[0] == first[1]


def _is_own_path(value: str, wanted: str) -> bool:
    """Return whether only the order of the standard directories differs."""
    mine, theirs = value.split(":"), wanted.split(":")
    return mine[0] == theirs[0] and sorted(mine) == sorted(theirs)


def _decides(name: str) -> bool:
    decides = _DECIDING.match(name) or select_result_variables({name: "C"})
    return bool(decides) and not _FACTS.match(name)


def _describe(wanted: str | None) -> str:
    if not wanted:
        return "the Dockerfile and its base image do not set it"
    return f"by the Dockerfile and its base image it is `{wanted}`"


def _compare_layers(
    ours: Sequence[str], theirs: Sequence[str], chain: Sequence[Stage]
) -> Iterator[tuple[str, str]]:
    if list(ours[: len(theirs)]) != list(theirs):
        yield "the image", "is not built on the base image"
        return
    steps = sum(each.name in _LAYERS for stage in chain for each in stage.instructions)
    if len(ours) > len(theirs) + steps:
        yield (
            "the image",
            f"has {len(ours)} layers; its Dockerfile and base image give {len(theirs) + steps}",
        )


def _variables(config: Mapping[str, Any]) -> dict[str, str]:
    return dict(line.partition("=")[::2] for line in config.get("Env") or ())


def _layers(image: Mapping[str, Any]) -> list[str]:
    return list((image.get("RootFS") or {}).get("Layers") or ())
