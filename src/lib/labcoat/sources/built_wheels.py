"""The wheels of commits and archives: each built once and kept, the same bytes on every level.

A wheel is kept by commit or hash, directory, build tools and Python. An archive that is a wheel is
kept as it is.
"""

import hashlib
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from labcoat.core import files, process
from labcoat.core.errors import LabcoatError
from labcoat.core.package_names import normalize_name
from labcoat.core.project import Project
from labcoat.core.terminal import print_progress
from labcoat.sources import build_hooks, build_tools, git_fetch, local_tree
from labcoat.sources.asked import Source
from labcoat.sources.build_hooks import Tree
from labcoat.sources.package_facts import PackageFacts, parse_metadata, read_static_facts
from labcoat.sources.sources_file import LockedSource


def fetch_tree(project: Project, source: LockedSource, folder: Path) -> Tree | Path:
    """Write the files of a commit or an archive below `folder`; return them, or the wheel it is.

    Raise LabcoatError if it is gone, or has another hash.
    """
    if source.kind == "git":
        print_progress(f"fetching {source.name or source.url} at {source.commit[:12]}")
        git_fetch.fetch_commit(source.url, source.commit, folder / "tree", source.name or "it")
        time = git_fetch.commit_time(folder / "tree")
        return _tree(folder / "tree", source, {"SOURCE_DATE_EPOCH": time})
    archive = fetch_archive(project, source, folder)
    if archive.suffix == ".whl":
        return archive
    _unpack(archive, folder / "tree", source)
    inside = [each for each in (folder / "tree").iterdir() if each.is_dir()]
    top = inside[0] if len(inside) == 1 else folder / "tree"
    return _tree(top, source, {"SOURCE_DATE_EPOCH": "315532800"})


def _tree(folder: Path, source: LockedSource, environment: dict[str, str]) -> Tree:
    place = source.name or source.url or source.path
    if source.folder and not (folder / source.folder).is_dir():
        raise LabcoatError(
            f"`{place}` has no directory `{source.folder}`", "Correct `#subdirectory=` in the input"
        )
    inner = folder / source.folder if source.folder else folder
    if not any((inner / name).is_file() for name in ("pyproject.toml", "setup.py")):
        raise LabcoatError(
            f"`{place}` is not a package: it has no pyproject.toml and no setup.py",
            "Name the directory of the package with `#subdirectory=`",
        )
    return Tree(inner, place, environment)


def fetch_archive(project: Project, source: LockedSource, folder: Path) -> Path:
    """Return the archive of `source`, in `folder` or the project, with the hash that is locked."""
    if source.kind == "file":
        path = project.root / source.path
        if not path.is_file():
            raise LabcoatError(f"`{source.path}` does not exist", "Correct the path in the input")
    else:
        from urllib.error import HTTPError

        from labcoat.toolchain import package_index

        path = folder / source.url.rpartition("/")[2]
        try:
            package_index.save_address(source.url, path)
        except HTTPError as error:
            with error:
                raise LabcoatError(
                    f"cannot fetch `{process.redact(source.url)}`: {error.code} {error.reason}",
                    "Correct the address in the input",
                ) from None
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if source.digest and digest != source.digest:
        raise LabcoatError(
            f"`{process.redact(source.place)}` has another content than the one that is locked:"
            f" sha256 {digest[:12]}…, not {source.digest[:12]}…",
            "Find out why it changed; `make upgrade` locks the present one",
        )
    return path


def _unpack(archive: Path, folder: Path, source: LockedSource) -> None:
    try:
        if archive.name.endswith(".zip"):
            with zipfile.ZipFile(archive) as opened:
                opened.extractall(folder)  # noqa: S202 - zipfile leaves out `..`
        else:
            with tarfile.open(archive) as opened_tar:
                _extract_tar(opened_tar, folder)
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise LabcoatError(
            f"`{process.redact(source.place)}` is not a valid archive: {error}",
            "Correct the address or the file",
        ) from None


def _extract_tar(opened: tarfile.TarFile, folder: Path) -> None:
    """Extract the files into `folder`. Raise TarError for what would leave it."""
    if hasattr(tarfile, "data_filter"):
        opened.extractall(folder, filter="data")
        return
    for member in opened.getmembers():  # Python 3.11.0 to 3.11.3
        inside = (folder / member.name).resolve().is_relative_to(folder.resolve())
        if not inside or not (member.isfile() or member.isdir()):
            raise tarfile.TarError(f"`{member.name}` is a link or leads out of it")
        member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
        opened.extract(member, folder)


def kept_wheel(project: Project, source: LockedSource, lock: str) -> Path | None:
    """Return the wheel of `source` that is kept; None if it has to be built."""
    folder = _wheel_folder(project, source, lock)
    return next(iter(sorted(folder.glob("*.whl"))), None)


def provide_wheel(project: Project, source: LockedSource, lock: str) -> Path:
    """Return the wheel of a commit or an archive, built with the tools in `lock` if it is not kept.

    Raise LabcoatError if it cannot be fetched or built.
    """
    return _keep_wheel(project, source, lock, lambda folder: fetch_tree(project, source, folder))


def keep_built(project: Project, source: LockedSource, lock: str, tree: Tree | Path) -> Path:
    """Return the wheel of `source`, built from the files in `tree` if it is not kept."""
    return _keep_wheel(project, source, lock, lambda _: tree)


def _keep_wheel(
    project: Project, source: LockedSource, lock: str, fetch: Callable[[Path], Tree | Path]
) -> Path:
    target = _wheel_folder(project, source, lock)
    with files.file_lock(target.with_suffix(".lock")):
        if kept := kept_wheel(project, source, lock):
            return kept
        with tempfile.TemporaryDirectory(prefix="labcoat-source-") as name:
            tree = fetch(Path(name))
            built = tree if isinstance(tree, Path) else build_wheel(project, tree, lock, Path(name))
            check_name(built, source)
            return _store(built, target)


def build_wheel(project: Project, tree: Tree, lock: str, folder: Path) -> Path:
    """Build the wheel of `tree` into a new directory below `folder`, and return it."""
    output = folder / "wheel"
    output.mkdir()
    print_progress(f"building {tree.place}")
    name = build_hooks.call_hook(project, tree, lock, "build_wheel", output)
    built = output / str(name)
    if not built.is_file():
        raise LabcoatError(
            f"cannot build `{tree.place}`: its backend `{tree.system.backend}` returned no wheel",
            "",
        )
    return built


def provide_local_wheel(project: Project, source: LockedSource, lock: str) -> Path:
    """Return the wheel of a local package as it is now, built if it is not kept."""
    target = _local_folder(
        project, source, lock, local_tree.sources_digest(project.root / source.path)
    )
    with files.file_lock(target.with_suffix(".lock")):
        if kept := next(iter(sorted(target.glob("*.whl"))), None):
            return kept
        with tempfile.TemporaryDirectory(prefix="labcoat-source-") as name:
            built = _build_local_wheel(project, source.path, lock, Path(name))
            check_name(built, source)
            return _store(built, target)


def kept_local_wheels(project: Project, source: LockedSource, lock: str) -> list[Path]:
    """Return what is kept of a local package: its wheel as it is now, and its editable one."""
    now = local_tree.sources_digest(project.root / source.path)
    folders = [_local_folder(project, source, lock, each) for each in (now, "editable")]
    return [path for folder in folders for path in sorted(folder.glob("*.whl"))]


def keep_editable(project: Project, source: LockedSource, lock: str, wheel: Path) -> None:
    """Keep the wheel that an editable package was installed from, to compare with later."""
    target = _local_folder(project, source, lock, "editable")
    shutil.rmtree(target, ignore_errors=True)
    _store(wheel, target)


def _store(wheel: Path, target: Path) -> Path:
    target.mkdir(parents=True, exist_ok=True)
    aside = target / f".{wheel.name}"
    shutil.copyfile(wheel, aside)
    return aside.rename(target / wheel.name)


def _local_folder(project: Project, source: LockedSource, lock: str, what: str) -> Path:
    key = build_tools.tools_key(build_tools.project_python(project), lock)
    path = str((project.root / source.path).resolve())
    return _folder_of("local", what, path, key)


def _build_local_wheel(project: Project, path: str, lock: str, folder: Path) -> Path:
    """Build the wheel of the local package at `path`, from a copy of its files."""
    copy = folder / "copy"
    local_tree.copy_files(project.root / path, copy)
    environment = {"SOURCE_DATE_EPOCH": "315532800"}
    version = read_static_facts(copy)
    if version is None or not version.version:
        # Tools that ask git for the version find no repository beside the copy.
        facts = read_facts(project, Tree(project.root / path, path), lock)
        environment["SETUPTOOLS_SCM_PRETEND_VERSION"] = facts.version
    return build_wheel(project, Tree(copy, path, environment), lock, folder)


def read_facts(project: Project, tree: Tree, lock: str) -> PackageFacts:
    """Return what the package in `tree` says, from its metadata, which is built.

    A backend that cannot build metadata alone builds the wheel.
    """
    with tempfile.TemporaryDirectory(prefix="labcoat-metadata-") as name:
        folder = Path(name)
        found = build_hooks.call_hook(
            project, tree, lock, "prepare_metadata_for_build_wheel", folder
        )
        if found is None:
            return wheel_facts(build_wheel(project, tree, lock, folder))
        text = (folder / str(found) / "METADATA").read_text(encoding="utf-8")
    return parse_metadata(text)


def wheel_facts(wheel: Path) -> PackageFacts:
    """Return what a wheel says in its METADATA. Raise LabcoatError if it is not a wheel."""
    try:
        with zipfile.ZipFile(wheel) as opened:
            names = [name for name in opened.namelist() if name.endswith(".dist-info/METADATA")]
            return parse_metadata(opened.read(names[0]).decode("utf-8", "replace"))
    except (OSError, IndexError, zipfile.BadZipFile) as error:
        raise LabcoatError(
            f"`{wheel.name}` is not a valid wheel: {error}", "Correct the address or the file"
        ) from None


def check_name(wheel: Path, source: LockedSource) -> None:
    """Raise LabcoatError if a wheel is of another package than the input says."""
    found = normalize_name(wheel.name.partition("-")[0])
    if source.name and found != source.name:
        raise LabcoatError(
            f"`{process.redact(source.place)}` is the package `{found}`, not `{source.name}`",
            f"Write `{found}` before the `@` in the input",
        )


def _wheel_folder(project: Project, source: LockedSource, lock: str) -> Path:
    python = build_tools.project_python(project)
    what = source.commit or source.digest
    return _folder_of(source.kind, what, source.folder, build_tools.tools_key(python, lock))


def _folder_of(*words: str) -> Path:
    digest = hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]
    return build_tools.builds_folder() / f"wheel-{digest}"


def describe_source(source: Source) -> str:
    """Return where an input asks for `source`, and how."""
    return f"`{process.redact(source.text)}` ({source.where})"
