"""Directories, commits and archives: locked, installed, frozen, proved in virtual environments."""

import json
import subprocess
from pathlib import Path

import pytest

from support import Index, Repository
from support.messages import sources as messages
from support.source_packages import commit, git_server, write_package


def sources_of(repo: Repository, name: str = "requirements.sources.txt") -> list[str]:
    """Return the lines of the sources file that are not comments."""
    text = (repo.path / name).read_text()
    return [line for line in text.splitlines() if not line.startswith("#")]


def pins_of(repo: Repository) -> list[str]:
    """Return the names and versions in the lock."""
    lines = (repo.path / "requirements.txt").read_text().splitlines()
    return [line.partition(" ")[0] for line in lines if "==" in line and line[0] not in "# "]


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("locker", ["uv", "pip-tools"])
def test_two_packages_that_need_each_other(repo: Repository, locker: str, installer: str) -> None:
    """A monorepo: both are editable, their dependencies locked, and a change costs nothing."""
    write_package(repo.path / "libs/one", "one", ["two[more]", "alpha<2"])
    write_package(repo.path / "libs/two", "two", ["one"], extras={"more": ["gamma"]}, dynamic=True)
    repo.env |= {"LABCOAT_LOCKER": locker, "LABCOAT_INSTALLER": installer}
    repo.write(requirements__in="-e ./libs/one\n./libs/two\n").make("venv")
    assert pins_of(repo) == ["alpha==1.0", "beta==1.5", "gamma==3.0"]
    assert sources_of(repo) == ["-e ./libs/one  # one", "-e ./libs/two  # two"]
    (repo.path / "libs/one/src/one.py").write_text("value = 2\n")
    assert "Nothing to be done" in repo.make("venv")
    assert repo.python("import one, two; print(one.value, two.value)") == "2 1\n"
    assert "labcoat" not in repo.make("freeze").replace("labcoat: nothing to freeze", "")
    status = repo.make("status")
    assert "requirements.txt      fresh" in status
    assert "venv                  fresh" in status
    proof = repo.make("prove")
    assert "equal: lock, venv" in proof
    assert "one: editable, compared by its sources, digest" in proof


def test_a_workspace_of_uv_has_its_own_packages(repo: Repository) -> None:
    """The index has others of the names `alpha` and `beta`, also where a member asks for them."""
    write_package(repo.path / "packages/alpha", "alpha", ["beta", "gamma"])
    write_package(repo.path / "packages/beta", "beta")
    (repo.path / "requirements.in").unlink()
    repo.write(
        pyproject__toml='[project]\nname = "p"\nversion = "1"\ndependencies = ["alpha>=7"]\n'
        '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
        "[tool.uv.sources]\nalpha = { workspace = true }\nbeta = { workspace = true }\n"
    ).make("venv")
    assert pins_of(repo) == ["gamma==3.0"]
    assert sources_of(repo) == ["-e ./packages/alpha  # alpha", "-e ./packages/beta  # beta"]
    assert repo.python("import alpha, beta; print(alpha.value, beta.value)") == "1 1\n"
    text = (repo.path / "pyproject.toml").read_text()
    (repo.path / "pyproject.toml").write_text(text.replace("beta = { workspace = true }", ""))
    assert messages.MEMBER_WITHOUT_SOURCE in repo.make("venv", fails=True)


def test_a_new_dependency_needs_a_new_lock(repo: Repository) -> None:
    """The lock follows what the package declares; make notices by itself."""
    folder = write_package(repo.path / "libs/one", "one", ["alpha<2"])
    repo.write(requirements__in="-e libs/one\n").make("venv")
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(text.replace("alpha<2", "gamma"))
    assert messages.STALE in repo.labcoat("lock", "--check", fails=True)
    repo.make("venv")
    assert pins_of(repo) == ["gamma==3.0"]
    assert repo.python("import gamma, one; print(gamma.version)") == "3.0\n"


def test_an_edited_sources_file_is_noticed_and_repaired(repo: Repository) -> None:
    write_package(repo.path / "libs/one", "one")
    repo.write(requirements__in="-e libs/one\n").make("venv")
    path = repo.path / "requirements.sources.txt"
    text = path.read_text()
    path.write_text(text.replace("./libs/one", "./libs/two"))
    assert messages.EDITED in repo.labcoat("lock", "--check", fails=True)
    repo.make("venv")
    assert path.read_text() == text
    repo.write(requirements__in="gamma\n").make("venv")
    assert not path.exists()
    assert "venv                  fresh" in repo.make("status")


def test_a_branch_is_written_down_as_its_commit(repo: Repository, tmp_path: Path) -> None:
    """It stays until an upgrade; the wheel is built once; submodules and directories count."""
    log = tmp_path / "built"
    repo.env["BUILD_LOG"] = str(log)
    (tmp_path / "served").mkdir()
    with git_server(tmp_path / "served") as server:
        inner = tmp_path / "served/inner"
        inner.mkdir()
        (inner / "inner.py").write_text("value = 'from the submodule'\n")
        commit(inner)
        outer = tmp_path / "served/outer"
        write_package(outer / "python", "colour", ["alpha<2"])
        commit(outer)
        words = ["git", "submodule", "add", "-q", f"{server}/inner", "python/src/inner"]
        subprocess.run(words, cwd=outer, check=True, capture_output=True)
        first = commit(outer, "two")
        line = f"git+{server}/outer@main#subdirectory=python&egg=colour"
        repo.write(requirements__in=f"{line}\n").make("venv")
        pinned = f"colour @ git+{server}/outer@{first}#subdirectory=python  # colour 0.1 main"
        assert sources_of(repo) == [pinned]
        (outer / "python/src/colour.py").write_text("value = 2\n")
        second = commit(outer, "three")
        repo.write(requirements__in=f"{line}\ngamma\n").make("venv")
        assert sources_of(repo) == [pinned]
        code = "import colour, inner.inner; print(colour.value, inner.inner.value)"
        assert repo.python(code) == "1 from the submodule\n"
        assert log.read_text() == "colour\n"
        repo.make("upgrade", "PKG=colour")
        assert second in sources_of(repo)[0]
    repo.make("venv", "LABCOAT_INSTALLER=pip")  # the server is gone, the wheel is kept
    assert repo.python("import colour; print(colour.value)") == "2\n"
    assert log.read_text() == "colour\ncolour\n"
    origin = next((repo.path / ".venv").glob("lib/*/site-packages/colour-*/direct_url.json"))
    assert json.loads(origin.read_text())["vcs_info"]["commit_id"] == second
    assert "equal: lock, venv" in repo.make("prove")
    module = next((repo.path / ".venv").glob("lib/*/site-packages/colour.py"))
    module.unlink()
    module.write_text("value = 3\n")
    assert "colour.py of colour was edited" in repo.make("prove", fails=True)


def test_members_of_another_workspace_are_not_taken_for_the_index_s(
    repo: Repository, tmp_path: Path
) -> None:
    """A commit's metadata has their names alone; also where its wheel is kept."""
    (tmp_path / "served").mkdir()
    with git_server(tmp_path / "served") as server:
        outer = tmp_path / "served/outer"
        one = write_package(outer / "one", "one", ["alpha", "gamma"])
        write_package(outer / "two", "alpha")
        with (one / "pyproject.toml").open("a") as file:
            file.write(
                '[tool.uv.sources]\nalpha = { path = "../two" }\nsix = { path = "../six" }\n'
            )
        commit(outer)
        line = f"one @ git+{server}/outer#subdirectory=one\n"
        repo.write(requirements__in=line)
        for _ in range(2):
            said = repo.labcoat("lock")
            assert messages.PLACE_OF_A_COMMIT in said
            assert said.count("warning:") == 1
            (repo.path / "requirements.txt").unlink()
        repo.write(requirements__in=f"{line}alpha @ git+{server}/outer#subdirectory=two\n")
        assert "warning:" not in repo.labcoat("lock")
        assert pins_of(repo) == ["gamma==3.0"]


def test_a_place_that_a_commit_needs_is_asked_for(repo: Repository, tmp_path: Path) -> None:
    """What an error says to write ends the error."""
    (tmp_path / "served").mkdir()
    with git_server(tmp_path / "served") as server:
        outer = tmp_path / "served/outer"
        needed = f"alpha @ git+{server}/outer#subdirectory=two"
        write_package(outer / "one", "one", [needed])
        write_package(outer / "two", "alpha")
        commit(outer)
        line = f"one @ git+{server}/outer#subdirectory=one\n"
        repo.write(requirements__in=line)
        assert messages.NOT_ASKED_FOR in repo.labcoat("lock", fails=True)
        repo.write(requirements__in=f"{line}{needed}\n").labcoat("lock")
        assert len(sources_of(repo)) == 2
        assert pins_of(repo) == []


def test_archives_are_held_by_their_hash(repo: Repository, index: Index) -> None:
    """A wheel and a source archive at an address, and a wheel in the repository."""
    wheel = index.add("thing", "1.0", ["gamma"])
    folder = write_package(repo.path / "made", "made")
    files = {str(one.relative_to(folder)): one.read_text() for one in folder.rglob("*.*")}
    archive = index.add_source("made", "0.1", files)
    address = f"{index.url.removesuffix('simple')}files"
    (repo.path / "wheels").mkdir()
    own = repo.path / "wheels/delta-2.0-py3-none-any.whl"
    own.write_bytes(index.add("delta", "2.0").read_bytes())
    text = f"thing @ {address}/{wheel.name}\n{address}/{archive.name}\nwheels/{own.name}\n"
    repo.write(requirements__in=text).make("venv")
    lines = sources_of(repo)
    assert lines[0].startswith(f"thing @ {address}/{wheel.name}#sha256=")
    assert lines[1].startswith(f"made @ {address}/{archive.name}#sha256=")
    assert lines[2].startswith(f"./wheels/{own.name}  # delta 2.0 sha256:")
    assert pins_of(repo) == ["gamma==3.0"]
    assert repo.python("import thing, made, delta; print(delta.version)") == "2.0\n"
    assert "equal: lock, venv" in repo.make("prove")
    archive.write_bytes(b"other")
    repo.env["LABCOAT_CACHE"] = str(repo.path.parent / "cache")
    Path(repo.env["LABCOAT_CACHE"]).mkdir()
    tools = Path(repo.env["LABCOAT_CACHE"], "tools")
    tools.symlink_to(
        Path(json.loads((repo.path / ".venv/labcoat.json").read_text())["tool"]).parents[2]
    )
    assert messages.OTHER_CONTENT in repo.make("venv", "AGAIN=1", fails=True)


def test_freeze_asks_for_paths_and_commits(repo: Repository, tmp_path: Path) -> None:
    """What was installed by hand gets into the inputs as what it is; others are named."""
    repo.path = repo.path.rename(repo.path.with_name("repository"))  # pip's addresses, no spaces
    write_package(repo.path / "libs/one", "one", ["gamma"])
    outside = write_package(tmp_path / "outside", "outside")
    colour = write_package(tmp_path / "colour", "colour")
    hash_ = commit(colour)
    repo.make("venv")
    pip = [str(repo.path / ".venv/bin/pip"), "install", "--no-build-isolation"]
    for words in (["-e", "libs/one"], [f"git+file://{colour}@main"], [str(outside)]):
        subprocess.run([*pip, *words], cwd=repo.path, env=repo.env, check=True, capture_output=True)
    frozen = repo.make("freeze")
    added = [f"colour @ git+file://{colour}@{hash_}", "-e ./libs/one"]
    assert (repo.path / "requirements.in").read_text().splitlines() == ["alpha", *added]
    assert all(f"added: {line}" in frozen for line in added)
    assert messages.NOT_SHARED.format(release="outside 0.1") in frozen
    assert pins_of(repo) == ["alpha==2.0", "beta==1.5", "gamma==3.0"]
    assert len(sources_of(repo)) == 2
    repo.make("venv")
    assert repo.python("import one, colour; print(one.value)") == "1\n"


def test_bad_sources_are_explained(repo: Repository, tmp_path: Path) -> None:
    """Each is refused with the line and the reason, and nothing is written."""
    one = write_package(repo.path / "libs/one", "one")
    write_package(tmp_path / "outside", "outside")
    gone = write_package(tmp_path / "gone", "gone")
    commit(gone)

    def refused(text: str) -> str:
        said = repo.write(requirements__in=text).make("requirements", fails=True)
        assert not (repo.path / "requirements.sources.txt").exists()
        return said

    assert messages.OUTSIDE in refused("-e ../outside\n")
    assert messages.TWO_WAYS.format(name="one") in refused("-e ./libs/one\none==1\n")
    assert messages.NO_BRANCH.format(name="nothing") in refused(
        f"gone @ git+file://{gone}@nothing\n"
    )
    missing = f"gone @ git+file://{gone}@{'0' * 40}\n"
    assert messages.NO_COMMIT.format(commit="000000000000") in refused(missing)
    assert messages.OTHER_PACKAGE.format(found="gone", name="other") in refused(
        f"other @ git+file://{gone}\n"
    )
    assert messages.PASSWORD in refused("x @ git+https://me:secret@h.example/x.git\n")
    (one / "broken").write_text("no such switch: --fast")
    text = (one / "pyproject.toml").read_text().replace("dependencies", "dynamic = []\n#", 1)
    (one / "pyproject.toml").write_text(text.replace("dynamic = []", 'dynamic = ["dependencies"]'))
    said = refused("-e ./libs/one\n")
    reason = "RuntimeError: no such switch: --fast"
    assert messages.CANNOT_BUILD.format(place="./libs/one", reason=reason) in said
    assert ".labcoat/build.log" in said


def test_the_project_itself_is_installed(repo: Repository) -> None:
    """With a `[build-system]` it is, editable; a project that cannot be built is named only."""
    write_package(repo.path / "made", "mine", ["gamma"])
    for each in (repo.path / "made").iterdir():
        each.rename(repo.path / each.name)
    (repo.path / "requirements.in").unlink()
    repo.make("venv")
    assert sources_of(repo) == ["-e .  # mine"]
    assert repo.python("import mine, gamma; print(mine.value)") == "1\n"
    text = (repo.path / "pyproject.toml").read_text()
    (repo.path / "pyproject.toml").write_text(f"{text}[tool.ruff]\nline-length = 99\n")
    stamp = (repo.path / ".venv/labcoat.json").stat().st_mtime_ns
    repo.make("venv")
    assert (repo.path / ".venv/labcoat.json").stat().st_mtime_ns == stamp
    assert "equal: lock, venv" in repo.make("prove")
    (repo.path / "broken").write_text("no package here")
    said = repo.make("requirements", "AGAIN=1")
    assert messages.LEFT_OUT in said
    assert "no package here" in said
    assert sources_of(repo) == []
    repo.make("venv")
    assert "requirements.txt      fresh" in repo.make("status")
    assert repo.python("import gamma; print(gamma.version)") == "3.0\n"


def test_a_project_of_a_setup_py_is_installed_itself(
    repo: Repository, network: dict[str, str]
) -> None:
    """By setuptools alone; what computes its dependencies runs only where a setting allows it."""
    repo.env |= network
    del repo.env["PIP_INDEX_URL"]
    (repo.path / "requirements.in").unlink()
    (repo.path / "src/mine").mkdir(parents=True)
    (repo.path / "src/mine/__init__.py").write_text("value = 1\n")
    script = repo.path / "setup.py"
    setup = "from setuptools import setup\nsetup(name='mine', version='1', packages=['mine'], "
    setup += "package_dir={'': 'src'}, install_requires="
    script.write_text(f"{setup}['six'])\n")
    repo.make("venv")
    assert sources_of(repo) == ["-e .  # mine"]
    assert repo.python("import mine, six; print(mine.value)") == "1\n"
    assert "equal: lock, venv" in repo.make("prove")
    script.write_text(f"open('ran', 'a')\n{setup}['six'] if open else [])\n")
    assert "LABCOAT_RUN_SETUP" in repo.make("venv", fails=True)
    assert not (repo.path / "ran").exists()
    repo.make("venv", "LABCOAT_RUN_SETUP=1")
    assert sources_of(repo) == ["-e .  # mine"]
    assert "requirements.txt      fresh" in repo.make("status")
    script.write_text(f"{setup}['six'])\nraise OSError\n")
    said = repo.make("venv")
    assert messages.LEFT_OUT in said
    assert messages.CORRECT_SETUP in said
    assert repo.python("import six; print(six.__name__)") == "six\n"


def test_a_layout_of_cookiecutter_data_science(repo: Repository) -> None:
    """Packages of an index and the project itself, from one requirements.in."""
    write_package(repo.path / "made", "proj")
    for each in (repo.path / "made").iterdir():
        each.rename(repo.path / each.name)
    for name in ("data/raw", "models", "notebooks", "reports/figures", "references"):
        (repo.path / name).mkdir(parents=True)
        (repo.path / name / ".gitkeep").touch()
    commit(repo.path)
    repo.write(requirements__in="gamma\nalpha<2\n-e .\n").make("venv")
    assert pins_of(repo) == ["alpha==1.0", "beta==1.5", "gamma==3.0"]
    assert repo.python("import proj, alpha; print(proj.__file__)").endswith("/src/proj.py\n")
    assert "equal: lock, venv" in repo.make("prove")
    assert "nothing to freeze" in repo.make("freeze")


@pytest.mark.parametrize("locker", ["uv", "pip-tools"])
def test_a_release_may_need_a_source(
    repo: Repository, index: Index, tmp_path: Path, locker: str
) -> None:
    """A fork takes the place of a release that others need, if its version fits."""
    index.add("delta", "1.0", ["colour>=2"])
    index.add("colour", "2.5", ["alpha"])
    fork = write_package(tmp_path / "colour", "colour", ["gamma"], version="2.1.dev3")
    commit(fork)
    repo.env |= {"LABCOAT_LOCKER": locker, "LABCOAT_COOLDOWN": "0"}
    text = f"delta\ncolour @ git+file://{fork}\n"
    repo.write(requirements__in=text).make("venv")
    assert pins_of(repo) == ["delta==1.0", "gamma==3.0"]
    assert repo.python("import colour, delta; print(colour.value)") == "1\n"
    index.add("delta", "1.1", ["colour>=2.5"])
    said = repo.write(requirements__in=text.replace("delta", "delta>1")).make("venv", fails=True)
    assert "colour" in said[said.index("error: ") :].splitlines()[0]


def test_a_lock_of_uv_brings_its_sources(repo: Repository, tmp_path: Path) -> None:
    """The project itself, a directory and a commit are installed from another tool's lock."""
    write_package(repo.path / "made", "mine")
    for each in (repo.path / "made").iterdir():
        each.rename(repo.path / each.name)
    write_package(repo.path / "libs/one", "one")
    hash_ = commit(write_package(tmp_path / "colour", "colour"))
    (repo.path / "requirements.in").unlink()
    address = f"file://{tmp_path}/colour"
    packages = [
        'name = "mine"\nversion = "0.1"\nsource = { editable = "." }\n'
        'dependencies = [{ name = "one" }, { name = "colour" }]\n',
        'name = "one"\nversion = "0.1"\nsource = { directory = "libs/one" }\n',
        f'name = "colour"\nversion = "0.1"\nsource = {{ git = "{address}?rev=main#{hash_}" }}\n',
    ]
    text = 'version = 1\nrequires-python = ">=3.11"\n'
    repo.write(uv__lock=text + "".join(f"\n[[package]]\n{each}" for each in packages))
    project = (repo.path / "pyproject.toml").read_text()
    asked = f"['one', 'colour @ git+{address}@main']"
    (repo.path / "pyproject.toml").write_text(
        project.replace("dependencies = []", f"dependencies = {asked}")
    )
    repo.make("venv")
    pinned = f"colour @ git+{address}@{hash_}  # colour 0.1"
    assert sources_of(repo) == [pinned, "-e ./libs/one  # one", "-e .  # mine"]
    assert str(repo.path) not in (repo.path / "requirements.sources.txt").read_text()
    assert repo.python("import mine, one, colour; print(mine.value)") == "1\n"
    assert "requirements.txt      fresh" in repo.make("status")


def test_other_checkouts_and_the_own_python_are_compared(repo: Repository) -> None:
    """Uncommitted changes of a dependency are named, and so is what IN=none lacks."""
    inner = write_package(repo.path / "vendor/inner", "inner")
    commit(repo.path)
    commit(inner)
    text = "gamma\n-e vendor/inner\n"
    assert messages.DIRTY not in repo.write(requirements__in=text).make("requirements")
    (inner / "src/inner.py").write_text("value = 2\n")
    assert messages.DIRTY in repo.make("requirements", "AGAIN=1")
    assert "no inner (from ./vendor/inner)" in repo.make("run", "IN=none", "CMD=true")
