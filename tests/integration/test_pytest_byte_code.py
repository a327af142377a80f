"""`labcoat prove` compares the byte code that pytest keeps in an environment: forged is named."""

import importlib.util
import marshal
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from labcoat.core.project import Project
from labcoat.proof import prove
from labcoat.proof.proof import Proof
from support import Index, Repository
from support.messages import proof as messages

_NEEDS = ("pluggy", "iniconfig", "packaging", "pygments")
_PLUGIN = "def check(x):\n    assert x == 1, 'one'\n    assert x < 2\n"
_VERSION = metadata.version("pytest")
_CONDA = pytest.mark.skipif(
    not any(map(shutil.which, ("micromamba", "mamba", "conda"))),
    reason="neither micromamba, mamba nor conda is installed",
)


def publish_installed(index: Index, name: str, requires: tuple[str, ...] = ()) -> None:
    """Publish a package that the tests run with."""
    files = {
        str(one): one.read_binary()
        for one in metadata.files(name) or ()
        if one.suffix == ".py" or one.name.endswith(".pyi")
    }
    index.add(name, metadata.version(name), requires, files)


BOTH = pytest.mark.parametrize(
    "level", ["venv", pytest.param("conda", marks=_CONDA)], indirect=True, scope="module"
)


@pytest.fixture(scope="module")
def level(request: pytest.FixtureRequest, shared_index: Index, shared_repo: Repository) -> str:
    """A level whose environment has pytest and a plugin."""
    level = str(getattr(request, "param", "venv"))
    if not (shared_index.folder / "simple/pytest").exists():
        for name in _NEEDS:
            publish_installed(shared_index, name)
        publish_installed(shared_index, "pytest", _NEEDS)
        shared_index.add("plugin", "1.0", (), {"plugin.py": _PLUGIN})
        shared_repo.write(
            requirements__in="plugin\npytest\n", test_one__py="def test_one(): assert True\n"
        )
        shared_repo.make("requirements")
    shared_repo.make(level)
    shared_repo.labcoat("prove", "--only", level)
    return level


class Activated:
    """An environment in which pytest has run once, from an activated shell."""

    def __init__(self, root: Path, level: str) -> None:
        self.level = level
        self.prefix = root / f".{level}"
        self.site = next(self.prefix.glob("lib/python3.*/site-packages"))
        self.run_pytest()

    def run_pytest(self, *options: str) -> None:
        """Run pytest as a new environment would: nothing is compiled yet."""
        for path in self.prefix.rglob("*-pytest-*"):
            path.unlink()
        words = [self.prefix / "bin/python", "-m", "pytest", "-q", "-p", "plugin", *options]
        env = {name: value for name, value in os.environ.items() if "PYT" not in name}
        subprocess.run(words, check=True, env=env, capture_output=True)

    @property
    def compiled(self) -> Path:
        """The byte code of the plugin."""
        (found,) = self.site.glob("__pycache__/plugin.*-pytest-*.pyc")
        return found

    def forge(self, source: str) -> None:
        """Replace the code, not the time and the size that pytest compares with the source's."""
        code = compile(source, str(self.site / "plugin.py"), "exec")
        self.compiled.write_bytes(self.compiled.read_bytes()[:16] + marshal.dumps(code))

    def prove(self) -> Proof:
        """Return the proof of this environment alone."""
        return prove.check_levels(Project.here(), [self.level])


@pytest.fixture
def activated(
    level: str, shared_repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Activated]:
    monkeypatch.chdir(shared_repo.path)
    for name, value in shared_repo.env.items():
        monkeypatch.setenv(name, value)
    one = Activated(shared_repo.path, level)
    yield one
    for path in one.site.glob("__pycache__/*-pytest-*"):
        path.unlink()


@BOTH
@pytest.mark.parametrize("hook", ["false", "true"])
def test_byte_code_that_pytest_wrote_is_no_difference(activated: Activated, hook: str) -> None:
    """With the one setting that changes it, too; the second proof compiles nothing again."""
    activated.run_pytest("-o", f"enable_assertion_pass_hook={hook}")
    assert activated.compiled.exists()
    for _ in range(2):
        proof = activated.prove()
        assert (proof.verdict, proof.differences) == ("equal", ())


@BOTH
@pytest.mark.parametrize("source", [_PLUGIN, _PLUGIN.replace("1", "3"), "import os\n"])
def test_forged_byte_code_of_pytest_is_different(activated: Activated, source: str) -> None:
    """Even if it is what Python would compile: its assertions would be others."""
    activated.forge(source)
    (found,) = activated.prove().differences
    path = f"__pycache__/{activated.compiled.name}"
    assert str(found).endswith(messages.PYTEST_FORGED.format(path=path, version=_VERSION))


def test_byte_code_that_pytest_does_not_read_is_no_difference(activated: Activated) -> None:
    """Its source was touched since, so that pytest compiles it again."""
    activated.forge("import os\n")
    os.utime(activated.site / "plugin.py", (1, 1))
    assert activated.prove().verdict == "equal"


@pytest.mark.parametrize(
    "name",
    [
        f"plugin.{importlib.util.MAGIC_NUMBER.hex()}-pytest-{_VERSION}.pyc",
        "plugin.{tag}-pytest-8.0.0.pyc",
        f"more.{{tag}}-pytest-{_VERSION}.pyc",
    ],
)
def test_byte_code_that_this_pytest_did_not_write_is_different(
    activated: Activated, name: str
) -> None:
    """Of another Python, of another pytest, and without a source."""
    tag = activated.compiled.name.split(".")[1].partition("-pytest-")[0]
    path = activated.compiled.with_name(name.format(tag=tag))
    activated.compiled.rename(path)
    (found,) = activated.prove().differences
    version = path.stem.rpartition("-")[2]
    text = messages.PYTEST_UNKNOWN.format(path=f"__pycache__/{path.name}", version=version)
    assert str(found).endswith(text)


@pytest.mark.parametrize("data", [b"", b"\xff", marshal.dumps(None)])
def test_damaged_byte_code_of_pytest_is_no_difference(activated: Activated, data: bytes) -> None:
    """pytest does not read what is too short, cannot be parsed, or is no code."""
    activated.compiled.write_bytes(activated.compiled.read_bytes()[:16] + data)
    assert activated.prove().verdict == "equal"


def test_byte_code_of_an_edited_plugin_is_named_once(activated: Activated) -> None:
    """With the source: one edit is one difference."""
    source = activated.site / "plugin.py"
    status, text = source.stat(), source.read_text()
    source.unlink()  # it may be a link to the cache of the installer
    try:
        source.write_text(text.replace("one", "two"))
        os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert [one.kind for one in activated.prove().differences] == ["edited"]
    finally:
        source.unlink()
        source.write_text(text)
