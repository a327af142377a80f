"""Two indexes with the same names and versions and other contents: each package has one index."""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import ONE_RETRY, Index, Repository
from support.messages import locking, toolchain
from support.processes import Watch
from support.source_packages import write_package
from support.user_changes import install

CPU = "torch==2.4.0+cpu"
CONDA = next(filter(None, map(shutil.which, ("micromamba", "mamba", "conda"))), "")
NO_DOCKER = {"LABCOAT_DOCKER": "no-such-docker"}
RIGHT = "import torch_origin, numpy_origin; print(torch_origin.index, numpy_origin.index)"


def origin(index: str, package: str) -> dict[str, str]:
    return {f"{package}_origin.py": f"index = {index!r}\n"}


def fill(served: Index, name: str) -> Index:
    """Publish what both indexes have: torch with and without +cpu, which needs numpy.

    What it needs besides depends on the index.
    """
    more = "beta" if name == "other" else "gamma"
    for version in ("2.4.0", "2.4.0+cpu", "2.5.0"):
        served.add("torch", version, ["numpy", more], origin(name, "torch"))
    for version in ("1.0", "2.0"):
        served.add("numpy", version, (), origin(name, "numpy"))
    return served


@pytest.fixture
def other(tmp_path: Path, index: Index) -> Iterator[Index]:
    """A second index; the default one has the same packages with other contents."""
    fill(index, "default")
    served = fill(Index(tmp_path / "other"), "other")
    yield served
    served.stop()


def declare(repo: Repository, url: str, packages: str = '["torch"]', more: str = "") -> None:
    (repo.path / "pyproject.toml").write_text(
        f'[tool.labcoat.indexes.pytorch]\nurl = "{url}"\npackages = {packages}\n{more}'
    )


def lock_text(repo: Repository, name: str = "requirements.txt") -> str:
    return (repo.path / name).read_text()


def torch_hashes(text: str) -> set[str]:
    (block,) = re.findall(r"(?m)^torch==.*\n((?: +--hash.*\n)+)", text)
    return set(block.split())


@pytest.mark.parametrize("packages", ["torch", "numpy"])
@pytest.mark.parametrize("locker", ["pip-tools", "uv"])
def test_no_package_comes_from_another_index(
    repo: Repository, index: Index, other: Index, locker: str, packages: str
) -> None:
    """Neither the locker nor an installer takes the other file, whichever index is the default."""
    (repo.path / "requirements.in").write_text("torch==2.4.0+cpu\nnumpy==1.0\n")
    declare(repo, other.url, f'["{packages}"]')
    repo.make("requirements", LABCOAT_LOCKER=locker)
    text = lock_text(repo)
    assert text.count("# from: pytorch") == 1
    assert ("beta==" in text, "gamma==" in text) == (packages == "torch", packages == "numpy")
    assert "127.0.0.1" not in text
    assert ".invalid" not in text
    expected = "other default" if packages == "torch" else "default other"
    # An installer reads the lock alone: each has the lock of one locker.
    repo.env |= {"LABCOAT_LOCKER": locker, "LABCOAT_INSTALLER": locker.removesuffix("-tools")}
    repo.make("venv")
    assert repo.python(RIGHT).strip() == expected
    assert not [path for path in other.asked if re.search("torch|numpy", path).group() != packages]
    assert not [path for path in index.asked if packages in path]
    assert "equal: lock, venv" in repo.labcoat("prove", **NO_DOCKER)


@pytest.mark.parametrize("locker", ["pip-tools", "uv"])
def test_the_lock_depends_on_the_setting(
    repo: Repository, index: Index, other: Index, locker: str
) -> None:
    """A new index, address or package makes it stale; what moves to another gets its hashes.

    What caches have of the other index does not count.
    """
    repo.env["LABCOAT_LOCKER"] = locker
    (repo.path / "requirements.in").write_text("torch==2.4.0\n")
    repo.make("requirements")
    assert "# from" not in (before := lock_text(repo))
    assert "gamma==3.0" in before
    declare(repo, other.url)
    assert locking.OUTDATED.format(lock="requirements.txt") in repo.labcoat(
        "lock", "--check", fails=True
    )
    repo.make("requirements")
    moved = lock_text(repo)
    assert "torch==2.4.0+cpu" in moved
    assert not torch_hashes(before) & torch_hashes(moved)
    assert "numpy==2.0" in moved
    assert "beta==1.5" in moved
    assert "gamma" not in moved
    repo.labcoat("lock", "--check")
    declare(repo, index.url)  # the same name, and another address
    repo.make("venv")
    assert repo.python(RIGHT).strip() == "default default"
    (repo.path / "requirements.txt").write_text(lock_text(repo).replace("# from: pytorch", "#"))
    assert locking.EDITED.format(lock="requirements.txt") in repo.labcoat(
        "lock", "--check", fails=True
    )


@pytest.mark.parametrize("locker", ["pip-tools", "uv"])
def test_each_variant_has_its_index(
    repo: Repository, index: Index, other: Index, locker: str
) -> None:
    """Of two variants and the lock without one, each has its index, and the other versions of the
    main lock.
    """
    (repo.path / "requirements.in").write_text("torch==2.4.0\nnumpy==1.0\n")
    for name in ("cpu", "cu128"):
        (repo.path / f"requirements-{name}.in").write_text("-c requirements.txt\ntorch\n")
    default_too = (
        f'[tool.labcoat.indexes.again]\nurl = "{index.url}"\npackages = ["torch"]\n'
        'variant = "cu128"\n'
    )
    declare(repo, other.url, more=f'variant = "cpu"\n{default_too}')
    repo.make("requirements", LABCOAT_LOCKER=locker)
    assert "# from" not in lock_text(repo)
    for name, expected in (("cpu", "pytorch"), ("cu128", "again")):
        text = lock_text(repo, f"requirements-{name}.txt")
        assert re.search(rf"torch==2\.4\.0\+cpu.*\n(?: +.*\n)*? +# from: {expected}\n", text)
        assert "numpy==1.0" in text
    repo.make("venv")
    assert repo.python(RIGHT).strip() == "default default"
    repo.make("venv", LABCOAT_VARIANT="cpu")
    assert repo.python(RIGHT).strip() == "other default"
    assert "equal: lock, venv" in repo.labcoat("prove", LABCOAT_VARIANT="cpu", **NO_DOCKER)


@pytest.mark.parametrize("locker", ["pip-tools", "uv"])
def test_an_index_that_is_down_is_named(repo: Repository, other: Index, locker: str) -> None:
    """The message has the index's name, and the lock stays as it is."""
    (repo.path / "requirements.in").write_text("torch\n")
    declare(repo, other.url)
    repo.make("requirements")
    other.stop()
    repo.env["LABCOAT_INSTALLER"] = locker.removesuffix("-tools")
    caches = {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
    said = repo.make("venv", fails=True, **caches, **ONE_RETRY)
    assert toolchain.NAMED_INDEX_DOWN in said
    (repo.path / "requirements.txt").unlink()
    said = repo.make("requirements", fails=True, LABCOAT_LOCKER=locker, **ONE_RETRY)
    assert toolchain.NAMED_INDEX_DOWN in said
    assert not (repo.path / "requirements.txt").exists()


def test_what_is_wrong_is_named(repo: Repository, other: Index) -> None:
    """A lock that names an unknown index, and a package that the index does not have."""
    (repo.path / "requirements.in").write_text("torch==2.4.0+cpu\n")
    declare(repo, other.url)
    repo.make("requirements")
    (repo.path / "requirements.in").unlink()
    (repo.path / "pyproject.toml").write_text("")
    said = repo.labcoat("venv", fails=True)
    assert locking.UNDEFINED_INDEX.format(lock="requirements.txt", package="torch") in said
    (repo.path / "requirements.in").write_text("nosuch\n")
    declare(repo, other.url, '["nosuch"]')
    (repo.path / "requirements.txt").unlink()
    said = repo.make("requirements", fails=True)
    assert locking.NOT_ON_INDEX.format(package="nosuch") in said
    (repo.path / "requirements.in").write_text("torch==2.4.0+cu128\n")
    declare(repo, other.url)
    said = repo.make("requirements", fails=True)
    assert "the index `pytorch` has no version that matches torch==2.4.0+cu128" in said
    (repo.path / "pyproject.toml").unlink()
    said = repo.make("requirements", fails=True)
    assert "the package index has no version that matches torch==2.4.0+cu128" in said
    assert "`[tool.labcoat.indexes.NAME]` of pyproject.toml" in said


@pytest.mark.parametrize("locker", ["pip-tools", "uv"])
def test_a_password_is_in_no_file_and_command_line(
    repo: Repository, index: Index, other: Index, locker: str
) -> None:
    """Not in the lock, a log, a cache, an environment or the list of processes."""
    seen = {"pip-tools": b"piptools compile", "uv": b"uv pip compile"}[locker]
    repo.env |= {"LABCOAT_LOCKER": locker, "LABCOAT_INSTALLER": locker.removesuffix("-tools")}
    (repo.path / "requirements.in").write_text("torch==2.4.0+cpu\n")
    declare(repo, other.url.replace("//", "//me:${TOKEN}@"))
    with Watch() as watch:
        said = repo.make("venv", TOKEN="very-secret")  # noqa: S106
    assert any(seen in line for line in watch.seen), watch.seen
    assert not [line for line in watch.seen if b"very-secret" in line]
    other.stop()
    (repo.path / "requirements.in").write_text("torch==2.4.0\n")
    said += repo.make("requirements", fails=True, TOKEN="very-secret", **ONE_RETRY)  # noqa: S106
    assert "very-secret" not in said
    for folder in (repo.path, Path(repo.env["UV_CACHE_DIR"])):
        for path, _, names in os.walk(folder):
            for file in (Path(path, name) for name in names):
                # Other tests use the cache at the same time.
                with contextlib.suppress(FileNotFoundError):
                    if file.is_file() and not file.is_symlink():
                        assert b"very-secret" not in file.read_bytes(), file


def test_freeze_keeps_what_came_from_a_named_index(repo: Repository, other: Index) -> None:
    """A package that was installed from there is locked there, with its local version."""
    declare(repo, other.url)
    repo.make("venv")
    install(repo, CPU, index=other.url)
    repo.make("freeze")
    assert "torch" in (repo.path / "requirements.in").read_text().split()
    assert re.search(r"(?m)^torch==2\.4\.0\+cpu( .*|\n.*)*?# from: pytorch", lock_text(repo))
    repo.make("venv")
    assert repo.python("import torch_origin; print(torch_origin.index)").strip() == "other"


@pytest.mark.skipif(not CONDA, reason="neither micromamba, mamba nor conda is installed")
def test_conda_takes_each_package_from_its_index(repo: Repository, other: Index) -> None:
    """pip runs within conda, and environment.yml has neither an address nor a password."""
    (repo.path / "requirements.in").write_text("torch==2.4.0+cpu\n")
    declare(repo, other.url)
    repo.make("venv", "conda")
    assert "equal: lock, venv, conda" in repo.labcoat("prove", **NO_DOCKER)
    assert "://" not in (repo.path / "environment.yml").read_text()


def test_a_local_package_is_built_with_what_its_index_has(repo: Repository, other: Index) -> None:
    """Build requirements and dependencies come from the same index; a wrong one ends the build."""
    package = write_package(repo.path / "mine", "mine", ["torch"])
    for file, before, after in (
        ("pyproject.toml", "requires = []", 'requires = ["torch"]'),
        (
            "backend.py",
            "import",
            "import torch_origin\nassert torch_origin.index == 'other'\nimport",
        ),
    ):
        text = (package / file).read_text()
        (package / file).write_text(text.replace(before, after, 1))
    (repo.path / "requirements.in").write_text("-e ./mine\n")
    declare(repo, other.url)
    repo.make("venv")
    assert repo.python("import mine, torch_origin; print(torch_origin.index)").strip() == "other"
