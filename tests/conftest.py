"""Fixtures of all tests: a clean environment, a package index, repositories with labcoat."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from labcoat.container.base_images.defaults import pinned_images
from labcoat.toolchain import tool_env
from support import BASE_PYTHON, INCLUDE, NETWORK, Index, Repository
from support.machine import missing_engine, missing_network
from support.plugin import (  # noqa: F401
    pytest_collection,
    pytest_collection_finish,
    pytest_collection_modifyitems,
    pytest_make_parametrize_id,
    pytest_terminal_summary,
)
from support.session import Cleanup, is_controller, make_once, start_session

_KEPT = frozenset({"LABCOAT_REQUIRE_DOCKER", "LABCOAT_TEST_BASE_IMAGE"})
_MAKE = frozenset({"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"})
REPOSITORY = Path(__file__).parent.parent
# No test is timed: a busy machine would fail it.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
CLEANUP = pytest.StashKey[Cleanup]()
STAND_IN = "labcoat-test/python:3.11"  # for machines that reach no image registry


def pytest_configure(config: pytest.Config) -> None:
    """Name the run, and clean the environment of what changes labcoat, git or make.

    This comes before any import. A shell makes what it starts in the background ignore interrupts,
    and so would everything that the tests start.
    """
    for name in list(os.environ):
        if name in _MAKE or (name.startswith(("GIT_", "LABCOAT_")) and name not in _KEPT):
            del os.environ[name]
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if is_controller(config):
        start_session()
    for fixtures in ("support.image_fixtures", "support.registry_fixtures"):
        config.pluginmanager.import_plugin(fixtures)  # whose images have the run's name


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a `docker` test without an engine; with LABCOAT_REQUIRE_DOCKER=1, fail it."""
    if item.get_closest_marker("docker") is None or not (reason := missing_engine()):
        return
    if os.environ.get("LABCOAT_REQUIRE_DOCKER") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Keep the temporary directory of the tests, and remove the rest when the run ends or is
    killed.
    """
    config = session.config
    base = config._tmp_path_factory.getbasetemp()
    os.environ["TMPDIR"] = str(base / "tmp")
    tempfile.tempdir = None
    Path(os.environ["TMPDIR"]).mkdir()
    if is_controller(config) and not config.option.collectonly:
        config.stash[CLEANUP] = Cleanup(base)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Name what tests left outside of their temporary folder, once it has been removed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    cleanup = session.config.stash.get(CLEANUP, None)
    for line in cleanup.finish() if cleanup else []:
        reporter.write_line(f"left behind: {line}", yellow=True)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The tree that labcoat itself is made in."""
    return REPOSITORY


@pytest.fixture(scope="session")
def base_image() -> str:
    """Return the base of test images: the chosen one, a local stand-in, or the pinned one."""
    if chosen := os.environ.get("LABCOAT_TEST_BASE_IMAGE"):
        return chosen
    words = ["docker", "image", "inspect", STAND_IN]
    is_here = (
        not missing_engine()
        and subprocess.run(words, capture_output=True, check=False).returncode == 0
    )
    return STAND_IN if is_here else pinned_images()["3.11"]


@pytest.fixture(scope="session")
def network() -> dict[str, str]:
    """Return the environment that reaches a real package index; skip the test without one."""
    if reason := missing_network():
        if os.environ.get("LABCOAT_REQUIRE_DOCKER") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return {**NETWORK, "TMPDIR": os.environ["TMPDIR"]}


@pytest.fixture(scope="session")
def tools_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return labcoat's tools environment, in a cache directory of this run."""

    def link(cache: Path) -> None:
        (cache / "tools").symlink_to(tool_env.tool_environment().parent)

    return make_once(tmp_path_factory, "cache", link) / "tools" / tool_env.tool_environment().name


@pytest.fixture(scope="session")
def _caches(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return package caches of this run only, since the test index serves packages of its own."""
    folder = make_once(tmp_path_factory, "caches", lambda _: None)
    return {
        "UV_CACHE_DIR": str(folder / "uv"),
        "PIP_CACHE_DIR": str(folder / "pip"),
        "PIP_TOOLS_CACHE_DIR": str(folder / "pt"),
    }


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """A package index with two versions of alpha, which needs beta, and with gamma."""
    served = stocked(tmp_path / "index")
    yield served
    served.stop()


def stocked(folder: Path) -> Index:
    """An index as the fixture `index` is, in `folder`."""
    served = Index(folder)
    served.add("alpha", "1.0", ["beta>=1"])
    served.add("alpha", "2.0", ["beta>=1"])
    served.add("beta", "1.0")
    served.add("beta", "1.5")
    served.add("gamma", "3.0")
    return served


@pytest.fixture
def repo(
    tmp_path: Path, index: Index, tools_environment: Path, _caches: dict[str, str]
) -> Repository:
    """A repository that includes labcoat and locks with uv from the test index."""
    return stranger(tmp_path / "a repository", index, tools_environment, _caches)


@pytest.fixture(scope="module")
def shared_index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index as the fixture `index` is, for all tests of a module."""
    served = stocked(tmp_path_factory.mktemp("shared-index") / "index")
    yield served
    served.stop()


@pytest.fixture(scope="module")
def shared_repo(
    tmp_path_factory: pytest.TempPathFactory,
    shared_index: Index,
    tools_environment: Path,
    _caches: dict[str, str],
) -> Repository:
    """Such a repository for all tests of a module; its files are no links to uv's cache."""
    folder = tmp_path_factory.mktemp("shared")
    made = stranger(folder / "a repository", shared_index, tools_environment, _caches)
    made.env["UV_LINK_MODE"] = "copy"
    made.make("venv")
    return made


def stranger(
    path: Path, index: Index, tools_environment: Path, caches: dict[str, str]
) -> Repository:
    """A repository at `path` that asks for alpha."""
    path.mkdir()
    include = os.path.relpath(INCLUDE, path).replace(
        " ", "\\ "
    )  # this clone's path may have spaces
    (path / "Makefile").write_text(
        f"all:\n\t@echo its own default\ninclude {include}\n", encoding="utf-8"
    )
    (path / "requirements.in").write_text("alpha\n")
    env = {
        "PATH": f"{BASE_PYTHON.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": os.environ["HOME"],
        "TMPDIR": os.environ["TMPDIR"],
        "LANG": "C.UTF-8",
        "LABCOAT_CACHE": str(tools_environment.parent.parent),
        "LABCOAT_LOCKER": "uv",
        "LABCOAT_PYTHON": str(BASE_PYTHON),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": index.url,
        **caches,
    }
    return Repository(path, env)
