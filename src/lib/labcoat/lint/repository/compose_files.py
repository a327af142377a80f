"""The services of compose files, with what they extend and include.

Paths are relative to the file that has them, as in https://docs.docker.com/reference/compose-file/.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labcoat.core.path_roles import is_template
from labcoat.core.records import replace
from labcoat.lint.repository.build_files import YamlError, load_yaml, scan_compose
from labcoat.lint.repository.declared_builds import DeclaredBuild, expand_defaults, place_build
from labcoat.lint.repository.repository import Repository

COMPOSE = r"(?:[\w.-]*[-._])?compose(?:[-._][\w.-]*)?\.ya?ml"
_MOST_FOLLOWED = 50  # services that extend one another, and files that one file includes
_Keys = dict[str, Any]


def read_services(repository: Repository) -> list[DeclaredBuild]:
    """Return the services of all compose files; those of a folder may be merged into one another.

    A file that cannot be read is named in the repository's `left_out`.
    """
    reader = _Reader(repository)
    folders: dict[str, list[str]] = {}
    for path in repository.find_named(COMPOSE):
        folders.setdefault(posixpath.dirname(path), []).append(path)
    services: list[DeclaredBuild] = []
    for folder, paths in folders.items():
        found = [(path, reader.read_file(path, folder)) for path in paths]
        merged: dict[str, _Keys] = {}
        for _, keys_of in found:
            for name, keys in keys_of.items():
                merged[name] = _merge(keys, merged.get(name, {}))
        services += (
            _declare(repository, path, name, keys, merged[name], folder)
            for path, keys_of in found
            for name, keys in keys_of.items()
        )
    for each in services:
        if each.is_inline:
            repository.left_out.append(
                f"{each.file} has a Dockerfile in itself: did not check the context of that build"
            )
    return services


def merge_services(services: Iterable[DeclaredBuild]) -> list[DeclaredBuild]:
    """Return the services of all files, those of a folder with one name as one."""
    merged: dict[tuple[str, str], DeclaredBuild] = {}
    for each in services:
        key = posixpath.dirname(each.file), each.name
        known = merged.get(key, each)
        merged[key] = replace(
            known,
            file=known.file if known.user or not each.user else each.file,
            dockerfile=known.dockerfile or each.dockerfile,
            context=known.context if known.dockerfile else each.context,
            target=known.target or each.target,
            image=known.image if known.image and known.image[0] != "*" else each.image,
            user=known.user or each.user,
        )
    return list(merged.values())


class _Reader:
    """Reads compose files, each once."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.known: dict[str, Mapping[str, Any]] = {}

    def read_file(self, path: str, folder: str) -> dict[str, _Keys]:
        """Return the keys of each service of a file and of those that it includes.

        Paths in it are relative to `folder`; those that are returned, to the root.
        """
        found: dict[str, _Keys] = {}
        waiting, seen = [(path, folder)], {path}
        while waiting and len(seen) <= _MOST_FOLLOWED:
            path, folder = waiting.pop()
            data = self._load(path)
            for name in _services(data):
                # A file that includes another comes first, and may change its services.
                found[name] = {**self._extend(path, folder, name), **found.get(name, {})}
            for included, base in _find_included(data, folder):
                if included not in seen:
                    seen.add(included)
                    waiting.append((included, base))
        return found

    def _extend(self, path: str, folder: str, name: str) -> _Keys:
        """Return the keys of a service and of those that it extends."""
        keys: _Keys = {}
        seen: set[tuple[str, str]] = set()
        while (path, name) not in seen and len(seen) < _MOST_FOLLOWED:
            seen.add((path, name))
            service = _mapping(_services(self._load(path)).get(name))
            keys = _merge(keys, _read_keys(service, folder))
            extends = service.get("extends")
            if isinstance(extends, str):
                name = extends
            elif isinstance(extends, Mapping):
                name = str(extends.get("service") or name)
                if file := extends.get("file"):
                    path = _join(folder, str(file))
                    folder = posixpath.dirname(path)
            else:
                break
        return keys

    def _load(self, path: str) -> Mapping[str, Any]:
        """Return the data of a file; what single lines tell if it is not YAML."""
        if path not in self.known:
            text = "" if path.startswith("..") else self.repository.read_text(path)
            try:
                self.known[path] = _mapping(load_yaml(text))
            except YamlError as error:
                self.known[path] = {"services": dict(scan_compose(text))}
                if not is_template(text):
                    self.repository.left_out.append(
                        f"{path} cannot be read as YAML, line {error.line}: {error.why}. "
                        "Looked for its builds line by line"
                    )
        return self.known[path]


def _find_included(data: Mapping[str, Any], folder: str) -> Iterator[tuple[str, str]]:
    """Yield the files that a file includes, each with the folder that its paths are relative to."""
    entries = data.get("include")
    for entry in entries if isinstance(entries, list) else ():
        given = _mapping(entry)
        path = given.get("path", entry)
        paths = path if isinstance(path, list) else [path]
        texts = [_join(folder, each) for each in paths if isinstance(each, str)]
        if texts:
            base = given.get("project_directory")
            usual = posixpath.dirname(texts[0])
            base = _join(folder, base) if isinstance(base, str) else usual
            yield from ((text, base) for text in texts)


def _services(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the services of a file; in the oldest format, they are all that it has."""
    return _mapping(data.get("services")) if "services" in data else data


def _read_keys(service: Mapping[str, Any], folder: str) -> _Keys:
    """Return what a service itself says, the folder of its build relative to the root."""
    keys: _Keys = {key: service[key] for key in ("image", "user") if service.get(key)}
    build = service.get("build")
    if build is None:
        return keys
    given = {"context": build} if isinstance(build, str) else dict(_mapping(build))
    keys["builds"] = True
    if context := given.get("context"):
        keys["context"] = _join(folder, str(context))
    keys |= {key: given[key] for key in ("dockerfile", "target") if given.get(key)}
    if "dockerfile_inline" in given:
        keys["inline"] = True
    names = given.get("additional_contexts")
    if isinstance(names, list):
        keys["contexts"] = tuple(str(each).partition("=")[0] for each in names)
    elif isinstance(names, Mapping):
        keys["contexts"] = tuple(map(str, names))
    return keys


def _merge(keys: _Keys, below: _Keys) -> _Keys:
    """Return keys with those `below` them that they do not have."""
    contexts = (*keys.get("contexts", ()), *below.get("contexts", ()))
    return {**below, **keys, **({"contexts": contexts} if contexts else {})}


def _declare(  # noqa: PLR0913, PLR0917 - each is needed
    repository: Repository, path: str, name: str, keys: _Keys, merged: _Keys, folder: str
) -> DeclaredBuild:
    dockerfile = context = ""
    if keys.get("builds") and not keys.get("inline"):
        base = str(keys.get("context") or merged.get("context") or folder or ".")
        file = posixpath.join(base, str(keys.get("dockerfile") or "Dockerfile"))
        dockerfile, context = place_build(repository, file, base)
    usual = f"*-{name}" if keys.get("builds") else ""
    return DeclaredBuild(
        path,
        name,
        dockerfile,
        context,
        str(keys.get("target", "")),
        keys.get("contexts", ()),
        str(keys.get("image", usual)),
        str(keys.get("user", "")),
        is_inline=bool(keys.get("inline")),
    )


def _join(folder: str, path: str) -> str:
    """Return a path of a file in `folder`; what is an address stays one."""
    path = expand_defaults(path)
    return path if "://" in path else posixpath.normpath(posixpath.join(folder, path))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
