"""What a lock is compiled from follows from its name and the files beside it."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.locking.inputs import find_input, list_inputs
from support import Repository
from support.messages import core, locking
from support.user_changes import install

LOCKERS = pytest.mark.parametrize("locker", ["pip-tools", "uv"])
PYPROJECT = """\
[project]
name = "Proj"
version = "1"
dependencies = ["beta<1.5"]

[project.optional-dependencies]
all = ["proj[more]"]
more = ["gamma ; python_version > '3'"]

[dependency-groups]
test = ["alpha"]
dev = [{include-group = "test"}]
"""


def lines(folder: Path, name: str) -> list[str]:
    """Return the requirements that the lock `name` is compiled from."""
    found = find_input(folder / name)
    return found.texts()[found.source].splitlines()


def test_each_lock_has_its_input(tmp_path: Path) -> None:
    """A group stands for itself, an extra for the project with it; both follow the first lock."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    assert [each.lock.name for each in list_inputs(tmp_path)] == [
        "requirements.txt",
        "requirements-all.txt",
        "requirements-dev.txt",
        "requirements-more.txt",
        "requirements-test.txt",
    ]
    assert lines(tmp_path, "requirements.txt") == ["beta<1.5"]
    assert lines(tmp_path, "requirements-dev.txt") == ["-c requirements.txt", "alpha"]
    extra = ["-c requirements.txt", "beta<1.5", "gamma ; python_version > '3'"]
    assert lines(tmp_path, "requirements-all.txt") == extra
    assert not find_input(tmp_path / "requirements-other.txt").exists


def test_requirements_in_comes_first(tmp_path: Path) -> None:
    """Where it exists, the other files are not even parsed; a -NAME.in replaces one group only."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "requirements-dev.in").write_text("six\n")
    assert lines(tmp_path, "requirements-dev.txt") == ["six"]
    assert lines(tmp_path, "requirements.txt") == ["beta<1.5"]
    (tmp_path / "requirements.in").write_text("idna\n")
    (tmp_path / "pyproject.toml").write_text("[broken")
    assert [each.source.name for each in list_inputs(tmp_path)] == [
        "requirements-dev.in",
        "requirements.in",
    ]


def test_a_table_says_what_each_lock_has(tmp_path: Path) -> None:
    """Then there are no others, and the names of locks are free."""
    table = '[tool.labcoat.locks]\nrequirements = ["more"]\n"ci.txt" = ["test", "dev"]\nown = []\n'
    (tmp_path / "pyproject.toml").write_text(PYPROJECT + table)
    names = [each.lock.name for each in list_inputs(tmp_path)]
    assert names == ["requirements.txt", "ci.txt", "own.txt"]
    assert lines(tmp_path, "requirements.txt") == ["beta<1.5", "gamma ; python_version > '3'"]
    assert lines(tmp_path, "ci.txt") == ["-c requirements.txt", "alpha"]
    assert lines(tmp_path, "own.txt") == ["-c requirements.txt", "beta<1.5"]
    assert not find_input(tmp_path / "requirements-dev.txt").exists


@pytest.mark.parametrize(
    ("text", "lock", "message"),
    [
        (
            '[dependency-groups]\ndev = [{include-group = "tset"}]\ntest = []\n',
            "requirements-dev.txt",
            locking.NO_GROUP.format(name="tset", group="dev"),
        ),
        (
            '[dependency-groups]\ndev = [{include-group = "b"}]\nb = [{include-group = "c"}]\n'
            'c = [{include-group = "B"}]\n',
            "requirements-dev.txt",
            locking.CYCLE.format(circle="b → c → b"),
        ),
        ('[dependency-groups]\nA-b = []\na_b = ["x"]\n', "requirements-a-b.txt", "two groups"),
        ("[dependency-groups]\ndev = [{other = 1}]\n", "requirements-dev.txt", "is not known"),
        ('[dependency-groups]\ndev = "x"\n', "requirements-dev.txt", "is not a list"),
        (
            '[project]\nname = "p"\n[project.optional-dependencies]\ndev = ["P[nope]"]\n',
            "requirements-dev.txt",
            locking.NO_EXTRA.format(name="nope", extra="dev"),
        ),
        (
            '[dependency-groups]\na = []\n[tool.labcoat.locks]\nrequirements-x = ["b"]\n',
            "requirements-x.txt",
            locking.NO_PART.format(name="b"),
        ),
        *(
            (
                f"[project]\nname = 'p'\ndependencies = ['''{text}''']\n",
                "requirements.txt",
                locking.NOT_A_REQUIREMENT.format(text=text, where="dependencies"),
            )
            for text in ("idna=3", "-r other.txt", "six\n-r other.txt", "six --hash=sha256:00", "")
        ),
        ("[project]\nname = 'p'\ndependencies = [1]\n", "requirements.txt", "is not a requirement"),
        ("[project\n", "requirements.txt", core.NOT_TOML),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, lock: str, message: str) -> None:
    """With the file, the list and the text."""
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(LabcoatError) as raised:
        find_input(tmp_path / lock).texts()
    assert message in raised.value.message


def test_extras_may_name_each_other(tmp_path: Path) -> None:
    """As pip allows; a condition of the name applies to all that it stands for."""
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'p'\n[project.optional-dependencies]\n"
        "a = ['p[b] ; os_name == \"nt\"', 'six']\nb = ['p[a]', 'idna ; os_name != \"x\"']\n"
    )
    assert lines(tmp_path, "requirements-a.txt") == [
        "-c requirements.txt",
        'idna ; (os_name != "x") and (os_name == "nt")',
        "six",
    ]


def test_only_what_matters_makes_a_lock_stale(tmp_path: Path) -> None:
    """Requirements and requires-python do, other settings and layout do not."""
    path, lock = tmp_path / "pyproject.toml", tmp_path / "requirements.txt"
    path.write_text(PYPROJECT)
    before = find_input(lock).digest()
    path.write_text(f"[tool.ruff]\nline-length = 99\n\n{PYPROJECT}".replace('"beta', ' "beta'))
    assert find_input(lock).digest() == before
    path.write_text(PYPROJECT.replace('"alpha"', '"alpha>1"'))
    assert find_input(lock).digest() == before
    path.write_text(PYPROJECT.replace("beta<1.5", "beta<1.4"))
    assert find_input(lock).digest() != before
    path.write_text(PYPROJECT.replace('version = "1"', 'version = "1"\nrequires-python = ">=3.9"'))
    assert find_input(lock).digest() != before


def test_the_lock_of_another_program_is_kept(tmp_path: Path) -> None:
    """One with hashes installs as it is; it has no input, as before."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "requirements.txt").write_text("six==1.17.0 --hash=sha256:00\n")
    assert not find_input(tmp_path / "requirements.txt").exists


@LOCKERS
def test_pyproject_makes_locks_and_the_environment(repo: Repository, locker: str) -> None:
    """The whole way: dev joins the environment, and the second run starts nothing."""
    repo.env["LABCOAT_LOCKER"] = locker
    (repo.path / "requirements.in").unlink()
    repo.write(pyproject__toml=PYPROJECT).make("venv")
    texts = {path.name: path.read_text() for path in repo.path.glob("requirements*.txt")}
    assert "beta==1.0" in texts["requirements.txt"]
    assert "alpha==2.0" in texts["requirements-dev.txt"]
    assert "gamma==3.0" in texts["requirements-all.txt"]
    for text in texts.values():
        assert "Edit pyproject.toml" in text
        assert ".labcoat" not in text
    assert "via -r pyproject.toml" in texts["requirements.txt"]
    assert repo.python("import alpha, beta; print(alpha.version, beta.version)") == "2.0 1.0\n"
    assert "Nothing to be done" in repo.make("venv")
    # A change that does not matter starts the helper once, and locks nothing.
    repo.write(pyproject__toml=f"{PYPROJECT}[tool.ruff]\n")
    assert "locking" not in repo.make("venv")
    assert "Nothing to be done" in repo.make("venv")
    (repo.path / "requirements-dev.txt").unlink()
    assert "→ requirements-dev.txt" in repo.make("venv")
    # A group that contradicts the dependencies is an error with both in it.
    repo.write(pyproject__toml=PYPROJECT.replace('["alpha"]', '["beta>=1.5"]'))
    output = repo.make("venv", fails=True)
    message = locking.CONTRADICTION.format(
        source="pyproject.toml", asked="beta>=1.5", lock="requirements-dev.txt"
    )
    assert f"error: {message} beta 1.0\n" in output
    # Without the group, dev leaves the environment.
    repo.write(pyproject__toml=PYPROJECT.replace("dev =", "other ="))
    repo.make("venv")
    assert repo.python("import importlib.util as u; print(u.find_spec('alpha'))") == "None\n"
    status = repo.labcoat("status", LABCOAT_DOCKER="no-such-docker")
    assert "requirements.txt      fresh" in status
    repo.write(pyproject__toml="[broken")
    assert core.NOT_TOML in repo.labcoat("status", LABCOAT_DOCKER="no-such-docker")
    assert core.NOT_TOML in repo.make("venv", fails=True)


def test_an_extra_that_cannot_be_locked_stops_no_environment(repo: Repository) -> None:
    """Its lock is named; the locks that are installed must be made."""
    (repo.path / "requirements.in").unlink()
    text = PYPROJECT.replace('["proj[more]"]', '["no-such-package"]')
    output = repo.write(pyproject__toml=text).make("venv")
    assert locking.OPTIONAL_LOCK.format(lock="requirements-all.txt") in output
    assert "no-such-package" in output
    assert "[tool.labcoat.locks]" in output
    assert repo.python("import alpha; print(alpha.version)") == "2.0\n"
    assert "requirements-all.txt" in repo.labcoat("lock", "--check", fails=True)
    repo.write(pyproject__toml=text.replace('["alpha"]', '["no-such-package"]'))
    assert "error: " in repo.make("venv", fails=True)


def test_a_persons_requirements_are_not_replaced(repo: Repository) -> None:
    """Neither a list nor pins, unless pyproject.toml gives the same packages."""
    (repo.path / "requirements.in").unlink()
    repo.write(pyproject__toml=PYPROJECT)
    for text in ("beta==1.0\ngamma==3.0\n", "beta\ngamma\n"):
        repo.write(requirements__txt=text)
        assert "gamma" in repo.make("requirements", fails=True)
        assert (repo.path / "requirements.txt").read_text() == text
    message = locking.NOT_NEEDED.format(names="gamma")
    assert message in repo.write(requirements__txt="beta==1.0\ngamma==3.0\n").make(
        "requirements", fails=True
    )
    repo.write(requirements__txt="beta==1.0\n").make("requirements")
    assert "--hash" in (repo.path / "requirements.txt").read_text()


def test_a_list_with_the_name_of_the_lock_is_named(repo: Repository) -> None:
    """The lock would replace what it is compiled from."""
    (repo.path / "requirements.in").unlink()
    text = "beta\n"
    repo.write(
        requirements__txt=text,
        pyproject__toml='[project]\nname = "p"\ndynamic = ["dependencies"]\n'
        '[tool.setuptools.dynamic]\ndependencies = {file = "requirements.txt"}\n',
    )
    assert locking.OWN_NAME in repo.make("requirements", fails=True)
    assert (repo.path / "requirements.txt").read_text() == text


@pytest.mark.parametrize("link", ["requirements.txt", "requirements.in"])
def test_a_lock_does_not_replace_its_own_input_through_a_link(repo: Repository, link: str) -> None:
    """Writing a file keeps a link, so the list of the packages would be lost."""
    lock, source = repo.path / "requirements.txt", repo.path / "requirements.in"
    other = source if link == lock.name else lock
    text = source.read_text()
    lock.unlink(missing_ok=True)
    source.rename(other)
    (repo.path / link).symlink_to(other.name)
    message = locking.ONE_FILE.format(lock=lock.name, source=source.name)
    assert message in repo.make("requirements", fails=True)
    assert other.read_text() == text


def test_setup_files_make_locks(repo: Repository) -> None:
    """setup.cfg, and a setup.py that is read, and run only with the setting."""
    (repo.path / "requirements.in").unlink()
    repo.write(setup__cfg="[options]\ninstall_requires =\n    gamma\n").make("requirements")
    assert "gamma==3.0" in (repo.path / "requirements.txt").read_text()
    (repo.path / "setup.cfg").unlink()
    outside = repo.path.parent / "ran"
    hostile = f"open({str(outside)!r}, 'a').write('x')\nopen('here', 'w').write('x')\n"
    setup = f"from setuptools import setup, Extension\n{hostile}"
    repo.write(setup__py=f"{setup}setup(install_requires=['beta'])\n").make("requirements")
    assert "beta==1.5" in (repo.path / "requirements.txt").read_text()
    assert not outside.exists()
    computed = f"{setup}import random\nsetup(name='x', ext_modules=[Extension('a', [])],\n"
    computed += "      install_requires=[random.choice(['gamma'])])\n"
    output = repo.write(setup__py=computed).make("requirements", fails=True)
    assert core.NOT_READ.format(source="setup.py") in output
    assert "LABCOAT_RUN_SETUP=1" in output
    assert not outside.exists()
    repo.make("requirements", LABCOAT_RUN_SETUP="1")
    assert "gamma==3.0" in (repo.path / "requirements.txt").read_text()
    assert outside.exists()
    assert not (repo.path / "here").exists()  # it ran in a copy
    repo.labcoat("lock", "--check")
    output = repo.write(setup__py="import nothing_here\nsetup(install_requires=f())\n").make(
        "requirements", fails=True, LABCOAT_RUN_SETUP="1"
    )
    assert locking.CANNOT_RUN.format(reason="ModuleNotFoundError") in output


def test_freeze_edits_pyproject(repo: Repository) -> None:
    """What was installed is added to the dependencies, and the layout stays."""
    (repo.path / "requirements.in").unlink()
    repo.write(pyproject__toml=PYPROJECT).make("venv")
    install(repo, "gamma")
    assert "added: gamma 3.0" in repo.make("freeze")
    expected = PYPROJECT.replace('["beta<1.5"]', '["beta<1.5", "gamma"]')
    assert (repo.path / "pyproject.toml").read_text() == expected
    repo.labcoat("lock", "--check")
    assert "nothing to freeze" in repo.make("freeze")
