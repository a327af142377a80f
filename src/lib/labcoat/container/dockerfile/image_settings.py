"""Compare an image's settings and layers, as the engine has them, with its Dockerfile and base.

Nothing of the image is run: variables, user and entry point decide what a container runs before its
Python could be asked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labcoat.container.dockerfile.parser import (
    Dockerfile,
    Instruction,
    Stage,
    assigned_variables,
)
from labcoat.core.result_variables import select_result_variables

# What Docker sets where neither the base nor the Dockerfile does.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Variables of Python, the loader, C libraries, shells and programs that start other code.
_DECIDING = re.compile(
    r"PYTHON|_?LD_|GCONV_PATH|GLIBC_TUNABLES|LOCPATH|NLSPATH|MALLOC_|BASH_|ENV$|ZDOTDIR$|PS4$"
    r"|PROMPT_COMMAND$|SHELLOPTS$|IFS$|PATH$|HOME$|VIRTUAL_ENV$|CONDA_|JUPYTER|IPYTHON|NUMBA_"
    r"|OPENSSL_|CUDA_|TF_|PIP_|UV_|PERL5|NODE_OPTIONS$|MPLBACKEND$|MPLCONFIGDIR$|XDG_"
)
# Facts about the official images' Python, which it does not read.
_FACTS = re.compile(r"PYTHON_(VERSION|SHA256|PIP_VERSION|SETUPTOOLS_VERSION|GET_PIP_\w+)$")
_LAYERS = frozenset({"RUN", "COPY", "ADD", "WORKDIR"})


def compare_settings(
    image: Mapping[str, Any], base: Mapping[str, Any] | None, chain: Sequence[Stage]
) -> Iterator[tuple[str, str]]:
    """Yield each setting of `image` that its Dockerfile and `base` do not give it, and how.

    Both are what `docker image inspect` prints; `chain` are the Dockerfile's stages. Without
    `base`, the settings that the Dockerfile leaves to it are not compared, but for variables that
    decide which code runs. Raise DockerfileError if an instruction is malformed.
    """
    ours, theirs = image.get("Config") or {}, (base or {}).get("Config") or {}
    yield from _compare_variables(_variables(ours), _variables(theirs), chain, base is not None)
    yield from _compare_start(ours, theirs, chain, base is not None)
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
    ours: Mapping[str, str], theirs: Mapping[str, str], chain: Sequence[Stage], has_base: bool
) -> Iterator[tuple[str, str]]:
    inherited = {**({} if "PATH" in theirs else {"PATH": _PATH}), **theirs}
    declared = _declared_variables(chain, inherited)
    expected = {**theirs, **declared}
    for name in sorted(ours.keys() | expected.keys()):
        value, wanted = ours.get(name), expected.get(name)
        if value == wanted or (name not in declared and not _decides(name)):
            continue
        if name == "PATH" and not has_base and _is_own_path(value or "", wanted or ""):
            continue
        if name == "LANG" and not has_base:  # official images set it
            continue
        if name == "PATH" and wanted is None and value == _PATH:
            continue
        given = f"is `{value}`" if value is not None else "is not set"
        yield f"variable {name}", f"{given}; {_describe(wanted)}"


def _is_own_path(value: str, wanted: str) -> bool:
    """Return whether only the order of the standard directories differs."""
    mine, theirs = value.split(":"), wanted.split(":")
    return mine[0] == theirs[0] and sorted(mine) == sorted(theirs)


def _decides(name: str) -> bool:
    decides = _DECIDING.match(name) or select_result_variables({name: "C"})
    return bool(decides) and not _FACTS.match(name)


def _declared_variables(chain: Sequence[Stage], inherited: Mapping[str, str]) -> dict[str, str]:
    declared: dict[str, str] = {}
    for stage in chain:
        arguments: dict[str, str] = {}
        for each in stage.instructions:
            values = {**arguments, **inherited, **declared}
            if each.name == "ARG":
                arguments |= assigned_variables(each, values, stage)
            elif each.name == "ENV":
                declared |= assigned_variables(each, values, stage)
    return declared


def _compare_start(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], chain: Sequence[Stage], has_base: bool
) -> Iterator[tuple[str, str]]:
    last = {each.name: each for stage in chain for each in stage.instructions}
    for name, key in (("ENTRYPOINT", "Entrypoint"), ("CMD", "Cmd"), ("SHELL", "Shell")):
        value = list(ours.get(key) or ())
        if name in last:
            wanted = _started_words(last[name])
        elif has_base and (name != "CMD" or "ENTRYPOINT" not in last):
            wanted = list(theirs.get(key) or ())
        else:
            continue
        if value != wanted:
            yield name, f"is `{' '.join(value)}`; {_describe(' '.join(wanted))}"
    if "USER" in last and "$" not in last["USER"].rest:
        wanted_user = last["USER"].rest.strip()
        if (user := ours.get("User") or "") != wanted_user:
            yield "USER", f"is `{user}`; {_describe(wanted_user)}"
    place = last["WORKDIR"].rest.strip() if "WORKDIR" in last else ""
    is_known = place.startswith("/") and "$" not in place
    if is_known and (given := ours.get("WorkingDir") or "") != place:
        yield "WORKDIR", f"is `{given}`; {_describe(place)}"
    if ours.get("OnBuild") and "ONBUILD" not in last:
        yield "ONBUILD", "is set; the Dockerfile does not set it"


def _started_words(each: Instruction) -> list[str]:
    rest = each.rest.strip()
    if rest.startswith("["):
        return [] if not rest.strip("[] \t") else list(each.words)
    return ["/bin/sh", "-c", rest]


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
