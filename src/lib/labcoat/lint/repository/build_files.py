"""The builds that compose files and bake files define: each with its Dockerfile and its context.

Paths are as the files write them: a Dockerfile is relative to its context.
"""

import json
import posixpath
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from labcoat.core.cache import cache_folder
from labcoat.core.patterns import lazy_pattern

# Without PyYAML: `build: folder`, and `build` with `context` and `dockerfile`, as block or `{…}`.
_INLINE = lazy_pattern(r"^[ \t]*build:[ \t]+(?P<context>[^\s#{\[&*|>][^\s#]*)", re.MULTILINE)
_MAPPED = lazy_pattern(r"(?P<indent> *)[\"']?(?P<key>[\w.-]+)[\"']?:(?:[ \t]+(?P<value>[^\s#]*))?")
_BLOCK = lazy_pattern(
    r"^(?P<indent>[ \t]*)(?:build|with):[ \t\r]*(?:#.*)?\n"
    r"(?P<body>(?:(?P=indent)[ \t]+.*\n?|[ \t\r]*\n)+)",
    re.MULTILINE,
)
_KEY = lazy_pattern(
    r"^[ \t]*(?P<key>context|dockerfile|file|tags|images):[ \t]*"
    r"(?P<value>(?:\$\{\{[^{}\n]*\}\}|[^\s#])+)",
    re.MULTILINE,
)
_FLOW = lazy_pattern(r"build[\"']?[ \t]*:[ \t]*\{(?P<body>[^{}]*)\}")
_FLOW_KEY = lazy_pattern(
    r"[\"']?(?P<key>context|dockerfile)[\"']?[ \t]*:[ \t]*(?P<value>\"[^\"]*\"|'[^']*'|[^,}\s]+)"
)
# What a regular expression cannot follow.
_NEEDS_YAML = lazy_pattern(r"[{}&*]|<<|^\s*\?", re.MULTILINE)
_TARGET = lazy_pattern(r'\btarget[ \t]+"?[\w.-]+"?[ \t]*\{')
_ATTRIBUTE = lazy_pattern(
    r'^[ \t]*(?P<key>context|dockerfile)[ \t]*=[ \t]*"(?P<value>[^"\n]*)"', re.M
)
_MOST_BRACKETS = 500  # PyYAML parses them one in another
_NESTED = lazy_pattern(r"(?:[-?:][ \t]+){50}|^[ \t]{500}", re.MULTILINE)  # so are these
_MOST_YAML = 1 << 18  # bytes; PyYAML takes a second for a megabyte

Build = tuple[str, str]  # a Dockerfile and its context


def read_compose(text: str) -> Iterator[Build]:
    """Yield the builds of a compose file."""
    if "build" not in text:
        return
    data = parse_yaml(text) if _NEEDS_YAML.search(text) else None
    if isinstance(data, dict):
        services = data.get("services")
        for service in services.values() if isinstance(services, dict) else ():
            if isinstance(service, dict):
                yield from _read_build(service.get("build"))
        return
    for found in _INLINE.finditer(text):
        context = found["context"].strip("'\"")
        yield posixpath.join(context, "Dockerfile"), context
    for keys in (*parse_blocks(text), *_parse_flow(text)):
        yield from _read_build(keys)


def read_built_images(text: str) -> Iterator[str]:
    """Yield the images that a compose file builds, without variables.

    Where it names none, compose calls the image after the project and the service: `*-service`.
    """
    if "build:" not in text:
        return
    data = parse_yaml(text) if has_yaml() else {"services": _parse_services(text)}
    services = data.get("services") if isinstance(data, dict) else None
    for name, service in services.items() if isinstance(services, dict) else ():
        if isinstance(service, dict) and service.get("build") is not None:
            image = service.get("image", f"*-{name}")
            if isinstance(image, str) and "$" not in image:
                yield image


def _parse_services(text: str) -> dict[str, dict[str, str]]:
    """Return the keys of each service, as a file indents them; values are what their lines have."""
    services: dict[str, dict[str, str]] = {}
    service: dict[str, str] = {}
    depths: list[int] = []  # of `services`, of a service and of its keys
    for line in text.splitlines():
        found = _MAPPED.match(line)
        if not found:
            continue
        depth = len(found["indent"])
        if depth == 0:
            depths = [0] if found["key"] == "services" else []
        elif depths and len(depths) < 3 and depth > depths[-1]:
            depths.append(depth)
        if depths[1:2] == [depth]:
            del depths[2:]
            service = services[found["key"]] = {}
        elif depths[2:] == [depth]:
            service[found["key"]] = (found["value"] or "").strip("\"'")
    return services


def _read_build(build: object) -> Iterator[Build]:
    if isinstance(build, str):
        yield posixpath.join(build, "Dockerfile"), build
    elif isinstance(build, Mapping) and "dockerfile_inline" not in build:
        context = str(build.get("context") or ".")
        yield posixpath.join(context, str(build.get("dockerfile") or "Dockerfile")), context


def parse_blocks(text: str) -> Iterator[dict[str, str]]:
    """Yield `context`, `dockerfile`, `file`, `tags` and `images` of each `build:` or `with:`."""
    for found in _BLOCK.finditer(text):
        yield {each["key"]: each["value"].strip("'\"") for each in _KEY.finditer(found["body"])}


def _parse_flow(text: str) -> Iterator[dict[str, str]]:
    for found in _FLOW.finditer(text):
        keys = _FLOW_KEY.finditer(found["body"])
        yield {each["key"]: each["value"].strip("'\"") for each in keys}


def read_bake(name: str, text: str) -> Iterator[Build]:
    """Yield the builds of a bake file, in HCL or JSON; values with variables as they are."""
    if name.endswith(".json"):
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return
        targets = data.get("target") if isinstance(data, dict) else None
        blocks = list(targets.values()) if isinstance(targets, dict) else []
    else:
        blocks = [_read_block(text, found.end()) for found in _TARGET.finditer(text)]
    for block in blocks:
        if isinstance(block, dict) and ("context" in block or "dockerfile" in block):
            yield from _read_build(block)


def _read_block(text: str, start: int) -> dict[str, str]:
    """Return the attributes in the block of HCL that begins at `start`."""
    depth, at = 1, start
    while at < len(text) and depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return {each["key"]: each["value"] for each in _ATTRIBUTE.finditer(text, start, at)}


def parse_yaml(text: str) -> Any:
    """Return what PyYAML reads; None if it is not installed, or the text is malformed or large."""
    brackets = text.count("{") + text.count("[")
    if len(text) > _MOST_YAML or brackets > _MOST_BRACKETS or _NESTED.search(text):
        return None
    if not has_yaml():
        return None
    import yaml

    try:
        return yaml.load(text, _yaml_loader())  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


@cache
def _yaml_loader() -> Any:
    """Return a safe loader: it makes no objects of programs."""
    import yaml

    # The loader in C takes a tenth of the time.
    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Reads a value with a tag of GitLab or Docker, such as `!reference`, without the tag."""

    Loader.add_multi_constructor("!", _drop_tag)
    return Loader


def _drop_tag(loader: Any, _suffix: str, node: Any) -> object:
    if node.id == "mapping":
        return loader.construct_mapping(node, deep=True)
    if node.id == "sequence":
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


def has_yaml() -> bool:
    """Whether `import yaml` works, after a look at labcoat's tools if there are any."""
    try:
        import yaml  # noqa: F401
    except ImportError:
        pattern = f"{sys.version_info[0]}.{sys.version_info[1]}-*/lib/python3*/site-packages/yaml"
        found = next((cache_folder() / "tools").glob(pattern), None)
        if found is None:
            return False
        sys.path.append(str(found.parent))
    return True
