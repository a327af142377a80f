"""Install sources in an environment, after its lock: directories editable, the rest from wheels.

Nothing is resolved and no index is asked: the lock has the dependencies.
"""

import base64
import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from labcoat.core import files, process
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import time_limit
from labcoat.core.terminal import print_progress
from labcoat.sources import build_hooks, built_wheels, local_tree, sources_file
from labcoat.sources.build_hooks import Tree
from labcoat.sources.sources_file import LockedSource, build_lock_path
from labcoat.toolchain import index_config, tool_env

Command = list[str | Path]


def applying_sources(
    locks: Sequence[Path], applies: Callable[[str], bool]
) -> dict[LockedSource, Path]:
    """Return the sources of `locks` whose marker `applies`, each with the first lock that has it.

    Raise LabcoatError if two locks have the same package from two places.
    """
    found: dict[LockedSource, Path] = {}
    names: dict[str, LockedSource] = {}
    for lock in locks:
        for source in sources_file.read_sources(lock):
            if not applies(source.marker):
                continue
            if names.setdefault(source.name, source).requirement != source.requirement:
                raise LabcoatError(
                    f"`{source.name}` is asked for in two ways: `{names[source.name].requirement}`"
                    f" and `{source.requirement}` ({sources_file.sources_path(lock).name})",
                    "Ask for it in one way, and run `make upgrade`",
                )
            found.setdefault(names[source.name], lock)
    return found


def install_sources(
    project: Project, sources: Mapping[LockedSource, Path], python: Path, site: Path
) -> None:
    """Install `sources`, each with the lock it belongs to, in the environment of `python`.

    `site` is its site-packages. Raise LabcoatError if one cannot be built or installed.
    """
    if not sources:
        return
    with tempfile.TemporaryDirectory(prefix="labcoat-install-") as name:
        wheels = {}
        for number, (source, lock) in enumerate(sources.items()):
            folder = Path(name) / str(number)
            folder.mkdir()
            wheels[source] = _provide(project, source, lock, folder)
        outcome = process.run_process(
            _command(project, python, [*wheels.values()]),
            index_config.installer_environment(),
            project.root,
            show=process.show_none,
            limit=time_limit(),
        )
        if outcome.status:
            place = ", ".join(f"`{each.name}`" for each in sources)
            lines = [line for line in outcome.output.splitlines() if line.strip()]
            raise LabcoatError(
                f"cannot install {place}: {lines[-1].strip() if lines else 'no output'}", ""
            )
        for source in sources:
            write_origin(project, source, site)


def _provide(project: Project, source: LockedSource, lock: Path, folder: Path) -> Path:
    """Return the wheel to install: that of a commit or archive, or an editable one."""
    tools = sources_file.read_text(build_lock_path(lock))
    if source.kind != "local":
        return built_wheels.provide_wheel(project, source, tools)
    tree = Tree(project.root / source.path, source.path)
    if not tree.folder.is_dir():
        raise LabcoatError(
            f"`{source.path}` does not exist, which `{sources_file.sources_path(lock).name}` names",
            "Run `make requirements`",
        )
    print_progress(f"installing {source.path} as editable")
    found = build_hooks.call_hook(project, tree, tools, "build_editable", folder)
    if found is None:
        raise LabcoatError(
            f"`{source.path}` cannot be editable: its backend `{tree.system.backend}` does not"
            " support that",
            "Use a newer version of the backend in `[build-system]`",
        )
    built_wheels.check_name(folder / str(found), source)
    built_wheels.keep_editable(project, source, tools, folder / str(found))
    return folder / str(found)


def _command(project: Project, python: Path, wheels: Sequence[Path]) -> Command:
    if project["INSTALLER"] == "pip":
        from labcoat.toolchain import installed_pythons

        interpreter = installed_pythons.ask_interpreter(python)
        tools = (
            tool_env.pip_environment(interpreter) if interpreter else tool_env.tool_environment()
        )
        command: Command = [tools / "bin" / "python", "-Im", "pip", "--python", python, "install"]
        command += ["--no-index", "--no-deps", "--no-compile", "--progress-bar=off"]
        return [*command, "--force-reinstall", *wheels]
    command = [tool_env.uv_program(), "pip", "install", "--quiet", "--offline", "--no-index"]
    return [*command, "--no-deps", "--reinstall", "--python", python, *wheels]


def write_origin(project: Project, source: LockedSource, site: Path) -> None:
    """Write where an installed package comes from (PEP 610), instead of the wheel's own path.

    https://packaging.python.org/en/latest/specifications/direct-url/
    """
    info = find_info(site, source.name)
    if info is None:
        return
    data = json.dumps(direct_url(project, source), sort_keys=True).encode()
    files.write_file(info / "direct_url.json", data)
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    path = f"{info.name}/direct_url.json"
    record = info / "RECORD"
    lines = record.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(f"{path},")]
    kept.append(f"{path},sha256={digest},{len(data)}")
    files.write_file(record, "".join(f"{line}\n" for line in kept))


def direct_url(project: Project, source: LockedSource) -> dict[str, object]:
    """Return the contents of direct_url.json for `source`."""
    more: dict[str, object] = {"subdirectory": source.folder} if source.folder else {}
    if source.kind == "git":
        vcs = {"vcs": "git", "commit_id": source.commit}
        asked = {"requested_revision": source.revision} if source.revision else {}
        return {"url": source.url, "vcs_info": {**vcs, **asked}, **more}
    if source.kind == "local":
        folder = (project.root / source.path).resolve()
        return {"url": folder.as_uri(), "dir_info": {"editable": True}}
    url = source.url or (project.root / source.path).resolve().as_uri()
    return {"url": url, "archive_info": {"hashes": {"sha256": source.digest}}, **more}


def find_info(site: Path, name: str) -> Path | None:
    """Return the .dist-info directory of the package `name`; None if it is not installed."""
    from labcoat.core.package_names import normalize_name

    for each in sorted(site.glob("*.dist-info")):
        if normalize_name(each.name.partition("-")[0]) == name:
            return each
    return None


def is_installed(project: Project, source: LockedSource, site: Path) -> bool:
    """Whether the environment has `source` from where the sources file says."""
    info = find_info(site, source.name)
    if info is None:
        return False
    try:
        found = json.loads((info / "direct_url.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(found == direct_url(project, source))


def describe_local(project: Project, sources: Sequence[LockedSource]) -> dict[str, str]:
    """Return the digest of the files of each local package, by its name."""
    return {
        each.name: local_tree.sources_digest(project.root / each.path)
        for each in sources
        if each.kind == "local"
    }
