"""The data of YAML files, and what single lines of those tell that cannot be parsed."""

import importlib.util
import operator
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, lru_cache, reduce
from typing import Any

from labcoat.core.cache import cache_folder
from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern

# In what is not YAML: `build: folder`, and `build` with `context` and `dockerfile`, as a block or
# `{…}`.
_INLINE = lazy_pattern(r"^[ \t]*build:[ \t]+(?P<context>[^\s#{\[&*|>][^\s#]*)", re.MULTILINE)
_BLOCK = lazy_pattern(
    r"^(?P<indent>[ \t]*)build:[ \t\r]*(?:#.*)?\n"
    r"(?P<body>(?:(?P=indent)[ \t]+.*\n?|[ \t\r]*\n)+)",
    re.MULTILINE,
)
_KEY = lazy_pattern(
    r"^[ \t]*(?P<key>context|dockerfile):[ \t]*"
    r"(?P<value>(?:\$\{\{[^{}\n]*\}\}|[^\s#])+)",
    re.MULTILINE,
)
_FLOW = lazy_pattern(r"build[\"']?[ \t]*:[ \t]*\{(?P<body>[^{}]*)\}")
_FLOW_KEY = lazy_pattern(
    r"[\"']?(?P<key>context|dockerfile)[\"']?[ \t]*:[ \t]*(?P<value>\"[^\"]*\"|'[^']*'|[^,}\s]+)"
)
_MOST_BRACKETS = 500  # PyYAML parses them one in another
_NESTED = lazy_pattern(r"(?:[-?:][ \t]+){50}|^[ \t]{500}", re.MULTILINE)  # so are these
_MOST_YAML = 1 << 18  # characters; PyYAML takes half a second


def scan_compose(text: str) -> Iterator[tuple[str, Any]]:
    """Yield services, by a number, with the builds that single lines of a text name.

    This is for compose files that are not YAML, as templates.
    """
    found = [{"context": each["context"].strip("'\"")} for each in _INLINE.finditer(text)]
    for at, build in enumerate((*found, *_parse_blocks(text), *_parse_flow(text))):
        yield str(at), {"build": build}


def _parse_blocks(text: str) -> Iterator[dict[str, str]]:
    for found in _BLOCK.finditer(text):
        yield {each["key"]: each["value"].strip("'\"") for each in _KEY.finditer(found["body"])}


def _parse_flow(text: str) -> Iterator[dict[str, str]]:
    for found in _FLOW.finditer(text):
        keys = _FLOW_KEY.finditer(found["body"])
        yield {each["key"]: each["value"].strip("'\"") for each in keys}


class YamlError(ValueError):
    """What cannot be read: its `line`, from 1, and `why`."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


@lru_cache(maxsize=16)  # several questions are asked about one compose file
def load_yaml(text: str) -> Any:
    """Return the data of a YAML file; mappings of several documents are merged. Raise YamlError.

    Scalars are texts, as compose and workflows take them, or None. Tags of GitLab and Docker, such
    as `!reference`, are dropped.
    """
    if len(text) > _MOST_YAML:
        raise YamlError(1, "it is larger than 256 KiB")
    if text.count("{") + text.count("[") > _MOST_BRACKETS or _NESTED.search(text):
        raise YamlError(1, "it is nested too deeply")
    yaml = import_yaml()
    try:
        found = list(yaml.load_all(text, _make_loader(yaml)))
    except yaml.MarkedYAMLError as error:
        # What is never closed is wrong where it begins, not at the end of the file.
        is_open = isinstance(error, yaml.scanner.ScannerError) or error.problem_mark.index == len(
            text
        )
        mark = (is_open and error.context_mark) or error.problem_mark
        raise YamlError(mark.line + 1, error.problem) from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise YamlError(1, "it is damaged") from error
    documents = [each for each in found if each is not None]
    if documents[1:] and all(isinstance(each, dict) for each in documents):
        return reduce(operator.or_, documents)
    return next(iter(documents), None)


def parse_yaml(text: str) -> Any:
    """Return what `load_yaml` does; None if the text is malformed or large."""
    try:
        return load_yaml(text)
    except YamlError:
        return None


@cache
def import_yaml() -> Any:
    """Return PyYAML with its parser in C, which takes a tenth of the time, or labcoat's copy.

    An environment may have it, as that of labcoat's tools has.
    """
    with suppress(ImportError, LabcoatError):
        if importlib.util.find_spec("yaml") is None:
            pattern = (
                f"{sys.version_info[0]}.{sys.version_info[1]}-*/lib/python3*/site-packages/yaml"
            )
            sys.path += [str(path.parent) for path in (cache_folder() / "tools").glob(pattern)][:1]
        import yaml

        if hasattr(yaml, "CSafeLoader"):
            return yaml
    from labcoat._vendor import yaml as copied

    return copied


@cache
def _make_loader(yaml: Any) -> Any:
    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Makes texts of scalars, but for null, and follows merge keys."""

        yaml_implicit_resolvers = {  # noqa: RUF012 - as in the class above
            first: [(tag, pattern) for tag, pattern in pairs if tag.endswith((":null", ":merge"))]
            for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    Loader.add_multi_constructor("", _drop_tag)
    return Loader


def _drop_tag(loader: Any, _suffix: str, node: Any) -> object:
    if node.id == "mapping":
        return loader.construct_mapping(node, deep=True)
    if node.id == "sequence":
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)
