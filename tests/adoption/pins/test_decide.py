"""What becomes of a repository's requirements, with an index on the loopback."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.adoption.pins import table, undeclared_needs
from labcoat.adoption.pins.breaks import Limit
from labcoat.adoption.pins.decide import decide
from labcoat.adoption.plan import Decision, Kind, Plan, Wanted
from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import read_settings
from labcoat.toolchain import installed_pythons, interpreters
from labcoat.toolchain.python_choice import PythonChoice
from support.listed_index import ListedIndex
from support.messages import adoption

MANY = "manylinux_2_17_x86_64.manylinux2014_x86_64"
HERE = ("3.13", "3.11", "3.9")


@pytest.fixture(scope="module")
def listed() -> Iterator[ListedIndex]:
    """An index with old and new wheels, sources, and packages that contradict each other."""
    index = ListedIndex()
    for version, minors in {
        "1.0": "39",
        "1.1": "39 310",
        "1.2": "310 311",
        "2.0": "311 313",
    }.items():
        for minor in minors.split():
            index.publish(f"wheely-{version}-cp{minor}-cp{minor}-{MANY}.whl")
    for version in ("1.0", "1.5", "1.9", "2.0"):
        index.publish(f"base-{version}-py3-none-any.whl")
    index.publish("upper-1.0-py3-none-any.whl", ["base>=1.5"])
    index.publish("upper-0.9-py3-none-any.whl", ["base"])
    index.publish("pure-1.0.tar.gz", members={"pure/__init__.py": "", "docs/a.c": ""})
    index.publish("needspure-1.0-py3-none-any.whl", ["pure==1.0"])
    index.publish("logging-0.4.9.6.tar.gz", members={"logging/__init__.py": ""})
    _publish_needing_sources(index)
    index.publish("hard-1.0.tar.gz", members={"src/fast.pyx": ""})
    index.publish("needshard-1.0-py3-none-any.whl", ["hard"])
    index.publish("old-1.0.tar.gz", members={"old.py": "", "setup.py": "setup(use_2to3=True)\n"})
    index.publish("antlr-4.9.tar.gz", members={"antlr.py": ""})
    index.publish("antlr-4.13-py3-none-any.whl")
    index.publish("omega-2.0-py3-none-any.whl", ["antlr==4.9"])
    index.publish("last-1.0-py3-none-any.whl")
    index.publish("last-1.1.tar.gz", members={"last.py": ""})
    for version, python in {"1.0": "", "2.0": ">=3.14"}.items():
        index.publish(f"ahead-{version}-py3-none-any.whl", requires_python=python)
        index.publish(f"ahead-{version}.tar.gz", requires_python=python)
    index.publish("scikit_learn-1.0-py3-none-any.whl")
    index.publish("sklearn-0.0.tar.gz", members={"sklearn.py": ""})
    index.publish("opencv_python-4.0-py3-none-any.whl")
    index.publish("torch-1.7.1-py3-none-any.whl")
    index.publish("winner-1.0-cp311-cp311-win_amd64.whl")
    for wheel in ("cp312-cp312-manylinux_2_17_x86_64", "cp313-cp313-win_amd64"):
        index.publish(f"nextwin-1.0-{wheel}.whl")
    index.publish("dated-1.0-py3-none-any.whl", uploaded="2020-01-01T00:00:00Z")
    index.publish("dated-2.0-py3-none-any.whl", uploaded="2022-01-01T00:00:00Z")
    index.publish("needsold-1.0-py3-none-any.whl", ["base<1.5"])
    index.publish("shifted-1.1-py3-none-any.whl", ["base>=1.9"])
    aged = {"requires": ["protobuf"], "uploaded": "2020-01-01T00:00:00Z"}
    index.publish("aged-1.0-py3-none-any.whl", **aged)
    index.publish("keepsnew-1.0-py3-none-any.whl", ["protobuf>=4"])
    for version in ("3.20", "4.21"):
        index.publish(f"protobuf-{version}-py3-none-any.whl", uploaded="2022-06-01T00:00:00Z")
    _publish_leaning(index)
    _publish_peers(index)
    for version in ("81.0", "82.0"):
        index.publish(f"setuptools-{version}-py3-none-any.whl")
    index.publish("asks-1.0-py3-none-any.whl", ["setuptools"])
    index.publish("early-1.0.tar.gz", members={"fast.c": ""})
    index.publish("early-1.0b6-py3-none-any.whl")
    index.publish("needsearly-1.0-py3-none-any.whl", ["early"])
    index.publish("wrong-1.0.tar.gz", members={"other/__init__.py": ""})
    _publish_old(index)
    yield index
    index.stop()


def _publish_old(index: ListedIndex) -> None:
    index.publish("hydra-0.9-py3-none-any.whl")
    index.publish("hydra-1.3-py3-none-any.whl", ["omega==2.0"])
    for minor in range(25):
        needs = ["omega==2.0"] if minor > 2 else []
        index.publish(f"siren-1.{minor}-py3-none-any.whl", needs)
    index.publish("siren-2.0-py3-none-any.whl")
    index.publish("medusa-0.9-py3-none-any.whl")
    index.publish("medusa-2.1-py3-none-any.whl", ["hard"])
    index.publish("kraken-0.9-py3-none-any.whl", ["base<2"])
    index.publish("kraken-1.0-py3-none-any.whl", ["base>=2"])


def _publish_leaning(index: ListedIndex) -> None:
    leans = {"leans.py": "from pkg_resources import resource_filename\n"}
    for version, day in {"1.0": "2020-01-01", "1.5": "2025-12-01", "2.0": "2026-06-01"}.items():
        uploaded = f"{day}T00:00:00Z"
        index.publish(f"leans-{version}-py3-none-any.whl", uploaded=uploaded, members=leans)
    for name, module in {"widgets": "ipython_genutils", "sixer": "six"}.items():
        file, day = f"{name}-1.0-py3-none-any.whl", "2020-01-01T00:00:00Z"
        index.publish(file, uploaded=day, members={f"{name}.py": f"import {module}\n"})
        index.publish(f"{module}-0.2.0-py3-none-any.whl")


def _publish_peers(index: ListedIndex) -> None:
    index.publish("keras-2.2.4-py3-none-any.whl")
    index.publish("keras-2.4.3-py3-none-any.whl")
    index.publish("keras-2.6.0-py3-none-any.whl")
    index.publish("tensorflow-2.4.1-py3-none-any.whl")
    index.publish("tensorflow_cpu-2.6.0-py3-none-any.whl", requires=("keras>=2.6",))


def _publish_needing_sources(index: ListedIndex) -> None:
    index.publish("winold-1.0-cp36-cp36m-win_amd64.whl")
    index.publish("winold-1.0.tar.gz", members={"winold.c": ""})
    for name, needs in {"leaning": "pure>=1", "stuck": "hard", "twice": "stuck"}.items():
        requires = f"{needs}\nnowhere; python_version < '3'\n\n[docs]\nnowhere\n"
        members = {f"{name}.py": "", f"{name}.egg-info/requires.txt": requires}
        index.publish(f"{name}-1.0.tar.gz", members=members)
    for version in ("0.1", "0.2", "0.3", "0.4"):
        index.publish(f"stopped-{version}.tar.gz", members={"stopped.py": ""})
        index.publish(f"slowed-{version}.tar.gz", members={"slowed.c": ""})
    index.publish("stopped-0.1-py3-none-any.whl")
    index.publish("slowed-0.1-py3-none-any.whl")
    needs = {"capped.py": "", "capped.egg-info/requires.txt": "base<1.9\n"}
    index.publish("capped-1.0.tar.gz", members=needs)
    index.publish("lost-1.0.tar.gz", ["nowhere"], members={"lost.py": ""})


@pytest.fixture
def project(
    tmp_path: Path, listed: ListedIndex, monkeypatch: pytest.MonkeyPatch, _caches: dict[str, str]
) -> Project:
    """A project that uses the index, on a machine with Python 3.9, 3.11 and 3.13, on 3.11."""
    for name in [each for each in os.environ if each.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    for name, value in {**_caches, "PIP_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PIP_INDEX_URL", listed.url)
    own = interpreters.Interpreter(interpreters.own_interpreter().executable, "3.11.7")
    monkeypatch.setattr(interpreters, "own_interpreter", lambda: own)
    monkeypatch.setattr(installed_pythons, "list_minors", lambda: list(HERE))
    return Project(tmp_path, read_settings({}))


def plan(
    project: Project,
    *requirements: str,
    kind: Kind = "freeze",
    strict: bool = False,
    as_of: str = "",
) -> Plan:
    """Return the plan for requirements of one kind, on a line each."""
    wanted = [Wanted(text, "list.txt", at, kind) for at, text in enumerate(requirements, 1)]
    return decide(project, wanted, strict=strict, as_of=as_of)


def outcome(made: Plan) -> list[tuple[str | None, str]]:
    return [(each.after, each.verdict) for each in made.decisions]


def test_what_can_be_installed_stays(project: Project) -> None:
    """On the Python that labcoat takes anyhow; each requirement has its decision, also twice."""
    wanted = [Wanted("base==1.5", "a.txt", 1, "demand"), Wanted("upper", "a.py", 1, "import")]
    made = decide(project, [*wanted, wanted[0]], strict=False, as_of="")
    assert (made.python, made.settings) == (None, ())
    assert outcome(made) == [("base==1.5", "kept"), ("upper", "added"), ("base==1.5", "kept")]


def test_the_python_that_has_the_wheels_is_chosen(project: Project) -> None:
    """And written where nothing says otherwise."""
    made = plan(project, "wheely==1.0", "base==1.0")
    assert made.python == "3.9"
    assert outcome(made) == [("wheely==1.0", "kept"), ("base==1.0", "kept")]


def test_a_python_that_has_wheels_elsewhere_is_named(project: Project) -> None:
    """Another Python has some for this machine."""
    made = plan(project, "python==3.13.*", "nextwin")
    assert made.decisions[1].after == "nextwin ; sys_platform == 'win32'"
    assert made.decisions[1].reason == "has wheels for Python 3.13 on Windows x86-64 only"


def test_a_package_of_the_repository_is_taken_from_its_folder(project: Project) -> None:
    """Where no index has it; one that cannot be built, or that is the project's own, is not."""
    build = '[build-system]\nrequires = ["setuptools"]\n'
    inner = project.root / "apps/site"
    for folder, text in {
        "libs/Own_Lib": f'{build}[project]\nname = "Own_Lib"\n',
        "libs/script": "from setuptools import setup\nsetup(name='own-script')\n",
        "libs/base": f'{build}[project]\nname = "base"\n',
        "libs/notes": '[project]\nname = "own-notes"\n',
        "apps/site": f'{build}[tool.poetry]\nname = "own-site"\n',
    }.items():
        (project.root / folder).mkdir(parents=True)
        name = "setup.py" if "setup(" in text else "pyproject.toml"
        (project.root / folder / name).write_text(text)
    (project.root / ".git").mkdir()
    asked = ("own.lib[x]>=1", "own-script", "base", "own-notes", "own-site")
    expected = ["-e ../../libs/Own_Lib[x]", "-e ../../libs/script", "base", None, None]
    for kind in ("demand", "import"):
        made = plan(Project(inner, read_settings({})), *asked, kind=kind)
        assert [each.after for each in made.decisions] == expected
    assert plan(project, "own-script").decisions[0].after == "-e ./libs/script"
    with pytest.raises(LabcoatError, match="own-script"):
        plan(project, "own-script", strict=True)


def test_a_declared_python_is_preferred(project: Project) -> None:
    """Where it has the wheels; and the nearest one where this machine lacks it."""
    assert plan(project, "python==3.13.*", "base==1.0").python == "3.13"
    assert plan(project, "python=3.7.3=h123_0", "base==1.0").python == "3.9"
    assert plan(project, "python^3.13", "base==1.0").python == "3.13"


def test_a_file_that_names_another_python_is_overruled_by_the_setting(project: Project) -> None:
    """runtime.txt stays; what `.python-version` says is replaced."""
    (project.root / "runtime.txt").write_text("python-3.13\n")
    made = plan(project, "wheely==1.0", kind="demand")
    assert (made.python, made.settings) == (None, (("LABCOAT_PYTHON", "python3.9"),))
    (project.root / "runtime.txt").unlink()
    (project.root / ".python-version").write_text("3.6.9\n")
    assert plan(project, "base").python == "3.9"
    (project.root / ".python-version").write_text("../no/version\n")
    assert plan(project, "base").python == "3.11"


def test_the_python_of_a_lock_outlives_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A requirements.in takes the place of another tool's lock, which says which Python."""
    said = PythonChoice("3.9", "Pipfile.lock")
    monkeypatch.setattr(interpreters, "choose_project_python", lambda _: said)
    assert plan(project, "base").python == "3.9"


def test_a_python_that_is_too_old_gives_way(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Pipfile and its lock ask for 3.6: the nearest one is written, and needs no setting."""
    (project.root / "Pipfile.lock").write_text('{"_meta": {"requires": {"python_version": "3.6"}}}')
    made = plan(project, "python==3.6.*", "base==1.0")
    assert (made.python, made.settings) == ("3.9", ())
    assert adoption.TOO_OLD.format(asked="3.6", taken="3.9") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("files", "asked"),
    [
        ({"runtime.txt": "python-2.7.12\n"}, "2.7"),
        ({"runtime.txt": "python-3.6.8\n"}, "3.6"),
        ({"setup.cfg": "[options]\npython_requires = >=3.5,<3.8\n"}, "3.7"),
        ({".python-version": "2.7.18\n"}, "2.7"),
    ],
)
def test_the_nearest_python_takes_the_place_of_one_that_is_too_old(
    project: Project, capsys: pytest.CaptureFixture[str], files: dict[str, str], asked: str
) -> None:
    """So that the environment can be made: a file of another tool is overruled by the setting."""
    for name, text in files.items():
        (project.root / name).write_text(text)
    made = plan(project, "base==1.0")
    is_written = ".python-version" in files
    settings = () if is_written else (("LABCOAT_PYTHON", "python3.9"),)
    assert (made.python, made.settings) == ("3.9" if is_written else None, settings)
    assert adoption.TOO_OLD.format(asked=asked, taken="3.9") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("requirements", "python"),
    [
        (("wheely==0.9", "base"), "3.9"),  # 1.0 is the nearest
        (("wheely==2.5", "base"), None),  # 2.0, which labcoat's Python has too
        (("wheely==0.9", "python==3.13.*"), "3.13"),
        (("wheely==2.0", "wheely==0.9", "base"), None),
    ],
)
def test_python_with_the_nearest_releases_is_chosen_where_none_has_what_is_asked_for(
    project: Project, requirements: tuple[str, ...], python: str | None
) -> None:
    """A list of old versions is nearer to an older Python, which fewer of them have to leave."""
    assert plan(project, *requirements, kind="demand").python == python


@pytest.mark.parametrize(
    ("requirements", "python"),
    [
        (("dated==1.0",), "3.9"),  # of 2020
        (("dated==2.0",), None),  # of 2022, and 3.11 came out in that year
        (("dated==1.0", "base", "upper"), None),  # no list of pins
        (("dated==1.0", "python==3.13.*"), "3.13"),
    ],
)
def test_a_list_of_old_pins_gets_a_python_of_its_time(
    project: Project, requirements: tuple[str, ...], python: str | None
) -> None:
    """Pure wheels are for any Python, and later ones have removed what they use."""
    assert plan(project, *requirements, kind="demand").python == python


def test_a_release_that_runs_on_no_supported_python_is_moved(project: Project) -> None:
    """Keras 2.2 needs TensorFlow 1, whatever its wheel says."""
    made = plan(project, "keras==2.2.4", "tensorflow==2.3.0", kind="demand")
    assert made.decisions[0].after == "keras==2.4.3"
    assert made.decisions[0].reason == "2.2.4 does not run on Python 3.11"


def test_a_python_that_is_missing_here_is_named(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """If it would have more wheels."""
    made = plan(project, "python==3.11", "wheely==1.1", "upper==1.0")
    assert made.python == "3.9"
    plan(project, "wheely==1.1,!=1.0", "wheely>=1.2,<1.3 ; os_name != 'x'", "upper")
    said = capsys.readouterr().err
    assert adoption.LACKS_PYTHON.format(minor="3.10", count=1) in said


def test_a_pin_without_a_wheel_moves_to_the_nearest_newer(project: Project) -> None:
    """Of the same major release if there is one."""
    (project.root / ".python-version").write_text("3.11\n")
    made = plan(project, "wheely==1.0", *(f"base=={one}" for one in ("1.0",)), *["upper"] * 9)
    assert made.decisions[0].after in {"wheely==1.0", "wheely==1.2"}
    pinned = Project(project.root, {**project.settings, "LABCOAT_PYTHON": "python3.13"})
    made = plan(pinned, "wheely==1.0", "base==1.6")
    assert outcome(made) == [("wheely==2.0", "moved"), ("base==1.9", "moved")]
    assert "has no wheel for Python 3.13" in made.decisions[0].reason
    assert "1.6 is not on the package index" in made.decisions[1].reason


def test_of_a_contradiction_the_fewest_move(project: Project) -> None:
    """A recorded version rather than a demand, to the nearest release that fits."""
    wanted = [
        Wanted("upper==1.0", "requirements.txt", 1, "demand"),
        Wanted("base==1.0", "freeze.txt", 1, "freeze"),
        Wanted("torch==1.7.1", "freeze.txt", 2, "freeze"),
    ]
    made = decide(project, wanted, strict=False, as_of="")
    assert outcome(made) == [
        ("upper==1.0", "kept"),
        ("base==1.9", "moved"),
        ("torch==1.7.1", "kept"),
    ]


def test_demands_that_contradict_each_other_give_way_too(project: Project) -> None:
    """So that there is an environment."""
    made = plan(project, "upper==1.0", "base==1.0", kind="demand")
    (moved,) = (each for each in made.decisions if each.verdict == "moved")
    others = {"upper==1.0": "base==1.0 (list.txt:2)", "base==1.0": "upper==1.0 (list.txt:1)"}
    assert moved.reason.endswith(f" contradicts {others[moved.requirement]}")


def test_pure_sources_are_built_by_name(project: Project) -> None:
    """Also those that others need; what has to be compiled is left out with a line."""
    made = plan(project, "pure", "needspure==1.0", "hard==1.0", "old", kind="demand")
    assert made.settings == (("LABCOAT_NO_BINARY", "pure"),)
    assert [each.after for each in made.decisions] == ["pure", "needspure==1.0", None, None]
    assert "has to be compiled (fast.pyx)" in made.decisions[2].reason
    assert "setuptools" in made.decisions[3].reason
    assert plan(project, "needspure").settings == (("LABCOAT_NO_BINARY", "pure"),)


def test_an_old_copy_of_what_python_has_is_left_out(project: Project) -> None:
    """Such as `pip install logging` brings, for Python 2."""
    (decision,) = plan(project, "logging", kind="demand").decisions
    assert decision.after is None
    assert "Python has it" in decision.reason


def test_a_source_is_built_rather_than_an_older_release_taken(project: Project) -> None:
    """Or a newer one that another package excludes."""
    made = plan(project, "last==1.1", "antlr==4.9", "omega==2.0")
    assert [each.after for each in made.decisions] == ["last==1.1", "antlr==4.9", "omega==2.0"]
    assert made.settings == (("LABCOAT_NO_BINARY", "antlr last"),)


@pytest.mark.parametrize("kind", ["demand", "import"])
def test_a_source_is_built_rather_than_a_release_of_years_ago(project: Project, kind: Kind) -> None:
    """Who asks for any version means none of an earlier major version."""
    made = decide(project, [Wanted("hydra", "a.py", 1, kind)], strict=False, as_of="")
    assert dict(made.settings).get("LABCOAT_NO_BINARY") == "antlr"
    assert "omega" in made.brought or kind == "import"
    for text in ("hydra<1", "hydra==0.9"):
        assert "LABCOAT_NO_BINARY" not in dict(plan(project, text).settings)


@pytest.mark.parametrize(("text", "built"), [("siren<2", True), ("siren<1.10", False)])
def test_a_source_is_built_rather_than_twenty_releases_gone_back(
    project: Project, text: str, built: bool
) -> None:
    """The newest that the line allows is meant."""
    made = plan(project, text)
    assert ("LABCOAT_NO_BINARY" in dict(made.settings)) is built


def test_a_release_of_years_ago_that_nothing_helps_is_named(project: Project) -> None:
    """But not one that other lines ask for."""
    made = plan(project, "medusa", "kraken", "base<2")
    reasons = [each.reason for each in made.decisions]
    assert reasons == [adoption.OLD_RELEASE, "", ""]
    assert "LABCOAT_NO_BINARY" not in dict(made.settings)


def test_what_needs_something_impossible_is_left_out(project: Project) -> None:
    """Rather than everything failing."""
    made = plan(project, "base", "needshard", kind="demand")
    assert outcome(made) == [("base", "kept"), (None, "dropped")]
    assert "needs hard" in made.decisions[1].reason


def test_an_import_is_built_only_if_its_package_has_that_module(project: Project) -> None:
    """A package of the same name may be another one."""
    made = plan(project, "pure", "wrong", "nonesuch", kind="import")
    assert outcome(made) == [("pure", "added"), (None, "dropped"), (None, "dropped")]


def test_a_guessed_package_is_never_built(project: Project) -> None:
    """Building it would run what anybody uploaded; the reason says how to have it."""
    wanted = [Wanted(name, "a.py", 1, "import", guess=True) for name in ("pure", "last")]
    made = decide(project, wanted, strict=False, as_of="")
    assert outcome(made) == [(None, "dropped"), ("last", "added")]
    assert "write `pure` here and in LABCOAT_NO_BINARY" in made.decisions[0].reason
    assert "LABCOAT_NO_BINARY" not in dict(made.settings)


def test_a_module_that_was_removed_is_no_package(project: Project) -> None:
    wanted = [Wanted("last", "a.py", 1, "import", guess=True, is_removed=True)]
    made = decide(project, wanted, strict=False, as_of="")
    assert outcome(made) == [(None, "dropped")]
    assert "a commit removed a module of this name" in made.decisions[0].reason


def test_an_import_gives_way_to_what_was_recorded(project: Project) -> None:
    """Which ran without it; the other imports are added."""
    wanted = [Wanted("base==1.9", "freeze.txt", 1, "freeze")]
    wanted += [Wanted(name, "a.py", 1, "import") for name in ("needsold", "upper", "torch")]
    made = decide(project, wanted, strict=False, as_of="")
    assert outcome(made) == [
        ("base==1.9", "kept"),
        (None, "dropped"),
        ("upper", "added"),
        ("torch", "added"),
    ]


def test_an_old_package_gets_the_old_release_of_what_has_broken_it(project: Project) -> None:
    """Where it is not limited itself; not if another package needs the new one."""
    made = plan(project, "aged==1.0")
    assert outcome(made) == [("aged==1.0", "kept"), ("protobuf<4", "added")]
    assert "aged 1.0 is older than protobuf 4" in made.decisions[1].reason
    made = plan(project, "aged==1.0", "protobuf", kind="demand")
    assert outcome(made) == [("aged==1.0", "kept"), ("protobuf<4", "moved")]
    made = plan(project, "aged==1.0", "keepsnew", kind="demand")
    assert outcome(made) == [("aged==1.0", "kept"), ("keepsnew", "kept")]


def test_wrong_names_are_put_right(project: Project) -> None:
    """Where the package of the wrong name does not exist, or is a stand-in without a wheel."""
    made = plan(project, "sklearn==0.0", "opencv", "pytorch==1.7.1", "base", kind="demand")
    assert [(each.after, each.verdict) for each in made.decisions] == [
        ("scikit-learn", "renamed"),
        ("opencv-python", "renamed"),
        ("torch==1.7.1", "renamed"),
        ("base", "kept"),
    ]


def test_releases_after_the_day_do_not_count(project: Project) -> None:
    """And the day is kept as a setting, for later locks."""
    made = plan(project, "dated==2.0", "dated", as_of="2021-01-01")
    assert made.decisions[0].after == "dated==1.0"
    assert made.settings == (("LABCOAT_AS_OF", "2021-01-01"),)


def test_what_conda_built_gets_the_version_of_that_time(project: Project) -> None:
    """`pip freeze` notes no version for it, but often when it was built."""
    made = plan(project, "dated @ file:///home/c/feedstock/dated_1600000000000/work", "hard")
    assert made.decisions[0].after == "dated==1.0"


def test_strict_stops_at_the_first(project: Project) -> None:
    """And changes nothing."""
    with pytest.raises(LabcoatError) as caught:
        plan(project, "base==1.0", "wheely==1.0", "sklearn", strict=True)
    said = caught.value.message
    assert "list.txt:2" in said or "list.txt:3" in said
    with pytest.raises(LabcoatError) as caught:
        plan(project, "base==1.0", "sklearn", "opencv", kind="demand", strict=True)
    assert adoption.CANNOT_TAKE.format(requirement="sklearn") in caught.value.message
    with pytest.raises(LabcoatError, match=adoption.NOTHING_FITS):
        plan(project, "base==1.0", "upper==1.0", strict=True)
    with pytest.raises(LabcoatError):
        plan(project, "python-nonesuch", strict=True)
    made = plan(project, "base==1.0", strict=True)
    assert outcome(made) == [("base==1.0", "kept")]


def test_without_an_index_nothing_that_needs_it_changes(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The warning names it; what can be decided without it, is."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    made = plan(project, "wheely==0.1", "torch==1.7.1+cu110", "-e .")
    assert adoption.NO_INDEX in capsys.readouterr().err
    assert outcome(made) == [
        ("wheely==0.1", "kept"),
        ("torch==1.7.1", "moved"),
        (None, "dropped"),
    ]


def test_a_wheel_for_another_system_gets_its_marker(project: Project) -> None:
    """So that the lock has it there."""
    made = plan(project, "winner==1.0", "pywin32==300")
    assert made.decisions[0].after == "winner==1.0 ; sys_platform == 'win32'"


def test_older_release_with_a_wheel_is_not_built_for_one_of_a_newer_python(
    project: Project,
) -> None:
    """What is asked for cannot be built here either."""
    made = plan(project, "ahead==2.0")
    assert outcome(made) == [("ahead==1.0", "moved")]
    assert made.decisions[0].reason == "2.0 has no wheel for Python 3.11"
    assert made.settings == ()


@pytest.mark.parametrize("kind", ["demand", "import"])
def test_source_is_built_where_what_it_needs_can_be_installed(project: Project, kind: Kind) -> None:
    """What it needs may itself be a source, which has to be built too."""
    made = plan(project, "leaning", "stuck", "twice", "lost", kind=kind)
    assert dict(made.settings)["LABCOAT_NO_BINARY"] == "leaning pure"
    assert {each.requirement: each.reason for each in made.decisions if each.after is None} == {
        "stuck": "only a source exists, and it needs hard, which has to be compiled (fast.pyx)",
        "twice": "only a source exists, and it needs stuck, which needs hard, which has to be"
        " compiled (fast.pyx)",
        "lost": "only a source exists, and it needs nowhere, which the package index does not have",
    }


def test_versions_fit_what_a_source_needs(project: Project) -> None:
    """A resolver would else go back to an older source, which may fail to build."""
    made = plan(project, "capped", "base==2.0")
    assert outcome(made) == [("capped", "kept"), ("base==1.5", "moved")]
    made = plan(project, "capped", "shifted", kind="import")
    assert outcome(made) == [("capped", "added"), (None, "dropped")]


def test_newest_release_is_built_where_only_old_ones_had_wheels(project: Project) -> None:
    """What asks for no version means none of years ago; a source to compile is no choice."""
    made = plan(project, "stopped", "slowed", kind="demand")
    assert outcome(made) == [("stopped>=0.4", "moved"), ("slowed", "kept")]
    assert made.settings == (("LABCOAT_NO_BINARY", "stopped"),)
    assert plan(project, "stopped==0.1").settings == ()


def test_contradiction_names_the_version_that_a_line_was_moved_to(project: Project) -> None:
    """The one that the list has contradicts nothing."""
    made = plan(project, "base==1.5", "shifted==1.0")
    moved = {each.requirement: each for each in made.decisions}["base==1.5"]
    assert moved.after != "base==1.5"
    assert moved.reason == "1.5 contradicts shifted==1.1 (list.txt:2)"


def test_table_says_whether_the_repository_asks_for_the_python() -> None:
    """A Dockerfile's Python is taken where no other has more wheels."""
    for is_declared, why in ((True, "the repository asks for it"), (False, "the one that suits")):
        lines = list(table.format_plan(Plan("3.9", (), is_python_declared=is_declared)))
        assert lines[0].startswith(f"Python 3.9: {why}")


def test_wheel_of_another_python_for_another_system_is_of_no_use_there(project: Project) -> None:
    """A line for that system would leave its lock without a solution."""
    (made,) = plan(project, "winold").decisions
    assert (made.after, made.verdict) == (None, "dropped")
    assert "has to be compiled" in made.reason


def test_the_table_has_a_line_for_every_change(project: Project) -> None:
    """And one for all that stays."""
    kept = [Decision(f"kept{at}", f"kept{at}", "kept", "") for at in range(20)]
    gone = [Decision(f"lib{at}", None, "dropped", "only conda has it") for at in range(40)]
    moved = Decision("a==1", "a==2", "moved", "1 has no wheel\x1b[31m")
    made = Plan("3.9", (*kept, *gone, moved), (("LABCOAT_NO_BINARY", "pure"),))
    lines = list(table.format_plan(made))
    text = "\n".join(lines)
    assert all(f"lib{at}" in text for at in range(40))
    assert len(lines) < 20
    assert "a==1 → a==2" in text
    assert "kept (20): kept0" in text
    assert "\x1b" not in text
    assert "LABCOAT_NO_BINARY" in text


@pytest.mark.parametrize(
    ("asked", "after"),
    [
        ("base", "base<1.9"),
        ("base==2.0", "base==2.0"),
        ("upper", "upper"),
        ("base==1.5", "base==1.5"),
    ],
)
def test_what_sources_import_limits_a_package(project: Project, asked: str, after: str) -> None:
    """A release that removed a module is not taken, unless the author asks for it."""
    wanted = [Wanted(asked, "requirements.txt", 1, "demand")]
    limit = Limit("base", "1.9", "base 1.9 has no `base.part`, imported in a.py:3")
    plan = decide(project, wanted, strict=False, as_of="", limits=[limit])
    assert plan.decisions[0].after == after
    rest = [each.after for each in plan.decisions[1:]]
    assert rest == (["base<1.9"] if asked == "upper" else [])
    if after == "base<1.9":
        assert plan.decisions[0].reason == limit.reason


@pytest.mark.parametrize(("files", "python"), [({}, "3.9"), ({"a": "3.11"}, None)])
def test_python_that_has_what_sources_import_is_chosen_where_nothing_names_one(
    project: Project, files: dict[str, str], python: str | None
) -> None:
    """A release that still has a module may have wheels for older Pythons only."""
    pythons = [Wanted(f"python=={each}.*", "Dockerfile", 1, "demand") for each in files.values()]
    wanted = [*pythons, Wanted("wheely", "a.py", 3, "import")]
    limit = Limit("wheely", "1.2", "wheely 1.2 has no `wheely.part`, imported in a.py:3")
    plan = decide(project, wanted, strict=False, as_of="", limits=[limit])
    assert plan.python == python


@pytest.mark.parametrize(
    ("requirements", "added"),
    [
        (("leans==1.0",), ["setuptools<82"]),
        (("leans==1.0", "asks"), ["setuptools<82"]),
        (("leans==1.0", "setuptools==81.0"), []),
        (("leans==1.0", "widgets"), ["setuptools<82", "ipython-genutils<1"]),
        (("widgets", "ipython-genutils", "sixer"), ["six<2"]),
        (("leans==1.5",), ["setuptools<82"]),
        (("leans==2.0",), []),  # setuptools has no pkg_resources any more
        (("base",), []),
    ],
)
def test_packages_that_import_setuptools_get_it(
    project: Project, requirements: tuple[str, ...], added: list[str]
) -> None:
    """Only the files of a wheel tell that it imports what it does not ask for."""
    made = plan(project, *requirements, kind="demand")
    rest = made.decisions[len(requirements) :]
    assert [each.after for each in rest] == added
    if added and "leans==1.0" in requirements:
        assert rest[0].reason == "leans 1.0 imports `pkg_resources` and does not ask for it"


@pytest.mark.parametrize(
    ("requirements", "added"),
    [
        (("keras",), ["tensorflow", "keras<2.5"]),
        (("keras", "tensorflow"), ["keras<2.5"]),
        (("keras", "tensorflow-cpu"), []),
    ],
)
@pytest.mark.parametrize("kind", ["demand", "import"])
def test_what_keras_leaves_to_its_user_is_added(
    project: Project, requirements: tuple[str, ...], added: list[str], kind: Kind
) -> None:
    """With the limit that this brings for Keras."""
    made = plan(project, *requirements, kind=kind)
    texts = [each.after for each in made.decisions]
    assert [each for each in added if each not in texts] == []
    assert len(texts) == len({*requirements, *(each.partition("<")[0] for each in added)})


@pytest.mark.parametrize("bound", ["_MOST_WHEEL", "_MOST_BYTES"])
def test_large_wheels_are_not_looked_into(
    project: Project, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(undeclared_needs, bound, 10)
    assert outcome(plan(project, "leans==1.0", kind="demand")) == [("leans==1.0", "kept")]


def test_a_listed_setuptools_is_limited(project: Project) -> None:
    made = plan(project, "leans==1.0", "setuptools", kind="demand")
    assert outcome(made) == [("leans==1.0", "kept"), ("setuptools<82", "moved")]


@pytest.mark.parametrize(
    ("asked", "is_said"), [("early", True), ("early==1.0b6", False), ("base", False)]
)
def test_a_prerelease_that_nobody_asked_for_is_named(
    project: Project, asked: str, is_said: bool
) -> None:
    """uv takes one where no final release has a wheel."""
    made = plan(project, asked, kind="demand")
    assert outcome(made) == [(asked, "kept")]
    assert made.decisions[0].reason.startswith("1.0b6 is a pre-release: no final") == is_said


@pytest.mark.parametrize(
    ("asked", "after"), [("base==1.0", "-e ."), ("wheely==0.1", None), ("python-nonesuch", None)]
)
def test_own_package_is_installed_if_what_it_asks_for_can_be_had(
    project: Project, asked: str, after: str | None
) -> None:
    """Its setup.py would still ask for the version that has moved."""
    wanted = [
        Wanted(asked, "setup.py", 3, "demand"),
        Wanted("lower", "requirements.txt", 1, "demand"),
        Wanted("-e .", "requirements.txt", 2, "own"),
    ]
    made = decide(project, wanted, strict=False, as_of="")
    own = made.decisions[-1]
    assert own.after == after
    assert after or own.reason == f"setup.py asks for {asked}, which is not taken as it is"
