"""Each cause has its own words, and a remedy that works: what pip-tools and uv print is recorded.

The index is real, on the loopback; nothing but uv's search for further packages starts a locker.
"""

import os
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.core.project import Project
from labcoat.core.settings import read_settings
from labcoat.locking import causes, known_packages
from labcoat.locking.releases import find_obstacle
from labcoat.toolchain import interpreters
from labcoat.toolchain.interpreters import Interpreter
from labcoat.toolchain.package_index import ListedFile
from support import Repository
from support.listed_index import Answer, ListedIndex

MANY = "manylinux_2_17_x86_64.manylinux2014_x86_64"
CAUSE = "error: No solution found when resolving dependencies\n  cause: "
END = "we can conclude that your requirements are unsatisfiable."


def pip_tools(requirement: str, parent: str = "None") -> str:
    """What pip-tools prints if it finds nothing for a requirement."""
    name = requirement.split(">", maxsplit=1)[0].split("=", maxsplit=1)[0].split("<", maxsplit=1)[0]
    needed = "" if parent == "None" else f" (from {parent})"
    made = (
        "None"
        if parent == "None"
        else f"LinkCandidate('http://h/files/{parent}-1.0-py3-none-any.whl (from http://h/{name}/)')"
    )
    return (
        f"  ERROR: Could not find a version that satisfies the requirement {requirement}{needed}"
        " (from versions: none)\nTraceback (most recent call last):\n"
        "pip._vendor.resolvelib.resolvers.exceptions.ResolutionImpossible: [RequirementInformation("
        f"requirement=SpecifierRequirement('{requirement}'), parent={made})]\n"
        f"pip._internal.exceptions.DistributionNotFound: No matching distribution found for"
        f" {requirement}{needed}\n"
    )


def pip(requirement: str) -> str:
    """What pip prints if it finds nothing for a requirement."""
    return (
        f"ERROR: Could not find a version that satisfies the requirement {requirement} (from"
        f" versions: none)\nERROR: No matching distribution found for {requirement}\n"
    )


@pytest.fixture(scope="module")
def listed() -> Iterator[ListedIndex]:
    """An index with a package of each kind."""
    index = ListedIndex()
    for version in ("1.0", "1.1", "1.10"):
        index.publish(f"good-{version}-py3-none-any.whl")
    index.publish("onlywin-306-cp311-cp311-win_amd64.whl")
    index.publish("onlymac-1.0-cp311-cp311-macosx_11_0_arm64.whl")
    index.publish(f"oldpy-1.3.5-cp38-cp38-{MANY}.whl")
    index.publish(f"oldpy-1.3.5-cp39-cp39-{MANY}.whl")
    index.publish(f"oldpy-1.3.5-cp310-cp310-{MANY}.whl")
    index.publish("oldpy-1.3.5.tar.gz")
    index.publish(f"oldpy-2.0-cp311-cp311-{MANY}.whl")
    index.publish(f"abi-2.0-cp313-abi3-{MANY}.whl")
    index.publish("docopt-0.6.2.tar.gz")
    index.publish("psycopg2-2.9.tar.gz")
    index.publish("psycopg2-2.9-cp311-cp311-win_amd64.whl")
    index.publish(f"psycopg2-2.7-cp37-cp37m-{MANY}.whl")
    index.publish("psycopg2_binary-2.9-py3-none-any.whl")
    index.publish("needssrc-1.0-py3-none-any.whl", ["lzss>=0.5", "good"])
    index.publish("lzss-0.9.tar.gz")
    index.publish("yank-1.0-py3-none-any.whl", yanked="broken")
    index.publish("newpy-5.0-py3-none-any.whl", requires_python=">=3.13")
    index.publish("needsnew-1.0-py3-none-any.whl", ["newpy"])
    index.publish("outer-1.0-py3-none-any.whl", ["needsnew"])
    index.publish("numpy-1.0-py3-none-any.whl")
    yield index
    index.stop()


@pytest.fixture
def project(
    tmp_path: Path, listed: ListedIndex, monkeypatch: pytest.MonkeyPatch, _caches: dict[str, str]
) -> Project:
    """A project that uses the index, on Python 3.11, on Linux x86-64."""
    for name in [each for each in os.environ if each.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    for name, value in {**_caches, "PIP_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PIP_INDEX_URL", listed.url)
    monkeypatch.setattr(interpreters, "project_minor", lambda _: "3.11")
    linux = lambda: iter(["manylinux_2_17_x86_64", "linux_x86_64"])  # noqa: E731
    monkeypatch.setattr("labcoat._vendor.packaging.tags.platform_tags", linux)
    monkeypatch.setattr("labcoat.toolchain.installed_pythons.find_installed", lambda _: None)
    return Project(tmp_path, read_settings({}))


def explain(project: Project, text: str, output: str) -> LabcoatError:
    """Return the error for what a locker printed about requirements.in with this text."""
    source = project.root / "requirements.in"
    source.write_text(text)
    (project.root / ".labcoat").mkdir(exist_ok=True)
    failed = causes.FailedLock(project, {source: text}, "3.11", input_file=source)
    return causes.explain_locking_failure(output, failed)


KINDS = {
    "another platform": (
        "good\nonlywin>=300\n",
        pip_tools("onlywin>=300"),
        f"{CAUSE}Because all versions of onlywin have no `python_full_version < '3.12'`-compatible"
        f" wheels and you require onlywin, {END}",
        "requirements.in:2: onlywin 306 has wheels for Windows x86-64 only, and this machine is"
        " Linux x86-64",
        "`onlywin>=300; sys_platform == 'win32'` in requirements.in",
    ),
    "one kind of Mac": (
        "onlymac\n",
        pip_tools("onlymac"),
        f"{CAUSE}Because onlymac==1.0 has no wheels with a matching platform tag (e.g.,"
        f" `manylinux_2_36_x86_64`) and you require onlymac, {END}",
        "requirements.in:1: onlymac 1.0 has wheels for macOS arm64 only",
        "sys_platform == 'darwin'",
    ),
    "another Python": (
        "oldpy==1.3.5\n",
        pip_tools("oldpy==1.3.5"),
        f"{CAUSE}Because oldpy==1.3.5 has no usable wheels and you require oldpy==1.3.5, {END}",
        "requirements.in:1: oldpy 1.3.5 has wheels for Python 3.8 to 3.10 only, and the project"
        " uses 3.11",
        "oldpy 2.0 has a wheel for this Python and platform. `LABCOAT_NO_BINARY=oldpy` builds it",
    ),
    "the stable ABI of a newer Python": (
        "abi\n",
        pip_tools("abi"),
        f"{CAUSE}Because abi==2.0 has no wheels with a matching Python ABI tag (e.g., `cp311`) and"
        f" you require abi, {END}",
        "requirements.in:1: abi 2.0 has wheels for Python 3.13 or newer only",
        "to .python-version",
    ),
    "Requires-Python": (
        "newpy\n",
        pip_tools("newpy"),
        f"{CAUSE}Because the requested Python version (>=3.11) does not satisfy Python>=3.13 and"
        f" newpy==5.0 depends on Python>=3.13, we can conclude that newpy==5.0 cannot be used."
        f"\n         And because only newpy==5.0 is available and you require newpy, {END}",
        "requirements.in:1: newpy 5.0 needs Python >=3.13, and the project uses 3.11",
        "3.13",
    ),
    "Requires-Python, two steps away": (
        "good\nouter\n",
        pip_tools("newpy", "needsnew"),
        f"{CAUSE}Because newpy==5.0 depends on Python>=3.13 and all versions of needsnew depends on"
        f" newpy, {END}",
        "requirements.in:2: newpy 5.0 needs Python >=3.13, and the project uses 3.11 (needed by"
        " needsnew, which is needed by outer)",
        "3.13",
    ),
    "no wheel, all at once": (
        "good\ndocopt\npsycopg2\nneedssrc\n",
        pip_tools("docopt"),
        f"{CAUSE}Because docopt==0.6.2 has no usable wheels and only docopt==0.6.2 is available, we"
        " can conclude that all versions of docopt cannot be used.\n\nhint: Wheels are required for"
        " `docopt` because building from source is disabled for all packages",
        "requirements.in:2: docopt 0.6.2 has no wheel; requirements.in:3: psycopg2 2.9 has wheels"
        " for Windows x86-64 only, and this machine is Linux x86-64; requirements.in:4: lzss 0.9"
        " has no wheel (needed by needssrc)",
        "`LABCOAT_NO_BINARY=docopt,psycopg2,lzss` builds them, which runs their code."
        " `psycopg2-binary` has wheels",
    ),
    "yanked": (
        "yank\n",
        pip_tools("yank"),
        f"{CAUSE}Because yank==1.0 was yanked (reason: broken) and only yank==1.0 is available, we"
        " can conclude that all versions of yank cannot be used.",
        "requirements.in:1: yank 1.0 was withdrawn (yanked) by its authors: broken",
        "`yank==1.0` asks for this one all the same",
    ),
    "no such version": (
        "good==1.2\n",
        pip_tools("good==1.2"),
        f"{CAUSE}Because there is no version of good==1.2 and you require good==1.2, {END}",
        "requirements.in:1: the package index has no version that matches good==1.2",
        "The nearest are 1.1 and 1.10; the newest is 1.10",
    ),
    "a typo": (
        "good\nnunpy\n",
        pip_tools("nunpy"),
        f"{CAUSE}Because nunpy was not found in the package registry and you require nunpy, {END}",
        "requirements.in:2: the package index has no package nunpy",
        "Did you mean `numpy`?",
    ),
}


@pytest.mark.parametrize("locker", ["pip-tools", "uv"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_own_words(project: Project, kind: str, locker: str) -> None:
    """Both lockers' outputs give the same error: line, package, what exists, and a remedy."""
    text, *outputs, message, hint = KINDS[kind]
    error = explain(project, text, outputs[locker == "uv"])
    assert error.message.startswith(message)
    assert hint in error.hint


HTML = b"<!DOCTYPE html><title>Log in</title><form></form>"
ANSWERS = {
    "asks": (Answer(401), "", "the package index asks for a user name and password"),
    "refuses": (Answer(401), "me:bad@", "the package index refuses the user name or password"),
    "forbids": (Answer(403), "", "the package index refuses access"),
    "forbids a user": (Answer(403), "me:x@", "the package index refuses the user name or password"),
    "nothing there": (Answer(404), "", "there is no package index at `http://127.0.0.1"),
    "a proxy": (Answer(407), "", "the proxy asks for a user name and password"),
    "broken": (Answer(503), "", "answers with an error: 503 Service Unavailable"),
    "a page to log in": (Answer(200, (), HTML), "", "answers with a web page instead of a list"),
    "not JSON": (Answer(200, (), b"{"), "", "has no files on the package index"),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_index_that_fails_is_what_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """No package is blamed for what the index answers, and no password is printed."""
    answer, login, message = ANSWERS[kind]
    index = ListedIndex(answers={"*": answer})
    monkeypatch.setenv("PIP_INDEX_URL", index.url.replace("//", f"//{login}"))
    try:
        error = explain(project, "good\n", pip_tools("good"))
    finally:
        index.stop()
    assert message in error.message
    assert login.rstrip("@") not in str(error) or not login


def test_a_redirect_to_a_login_page_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = ListedIndex()
    index.answers = {
        "good": Answer(302, (("Location", "/login"),)),
        "login": Answer(200, (), HTML),
    }
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    try:
        error = explain(project, "good\n", pip_tools("good"))
    finally:
        index.stop()
    assert "answers with a web page instead of a list of files" in error.message


@pytest.mark.parametrize(
    ("scheme", "message"),
    [("http", "cannot reach the package index at"), ("https", "does not answer with TLS")],
)
def test_no_connection_is_named(
    project: Project,
    listed: ListedIndex,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    message: str,
) -> None:
    """An index that is down, and one without TLS at an https address."""
    url = (
        listed.url.replace("http:", "https:") if scheme == "https" else "http://127.0.0.1:9/simple"
    )
    monkeypatch.setenv("PIP_INDEX_URL", url)
    assert message in explain(project, "good\n", pip_tools("good")).message


def test_a_python_of_this_machine_is_offered(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest that would do and exists."""
    there = {"3.9": Interpreter(Path("/usr/bin/python3.9"), "3.9.1")}
    monkeypatch.setattr("labcoat.toolchain.installed_pythons.find_installed", there.get)
    error = explain(project, "oldpy<2\n", pip_tools("oldpy<2"))
    assert error.hint.startswith(
        "This machine has Python 3.9, which would do. Write 3.9 to .python-version"
    )


def test_a_setting_keeps_what_it_allows_already(project: Project) -> None:
    """The value in the hint can be copied as it is."""
    settings = read_settings({"LABCOAT_NO_BINARY": "lzss"})
    error = explain(Project(project.root, settings), "docopt\nneedssrc\n", pip_tools("docopt"))
    assert error.message == "requirements.in:1: docopt 0.6.2 has no wheel"
    assert error.hint.startswith("`LABCOAT_NO_BINARY=lzss,docopt` builds it, which runs its code")


def test_a_conflict_stays_a_conflict(project: Project) -> None:
    """No package is blamed where each of several requirements could be met."""
    rows = ", ".join(
        f"RequirementInformation(requirement=SpecifierRequirement('{one}'), parent={by})"
        for one, by in (
            ("good>1.0", "None"),
            ("good<1.1", "LinkCandidate('http://h/conf-1.0-py3-none-any.whl (from http://h/)')"),
        )
    )
    error = explain(project, "conf\ngood>1.0\n", f"resolvelib.ResolutionImpossible: [{rows}]\n")
    assert error.message.startswith("requirements conflict: ")


def lock(project: Project, name: str, *digests: str) -> Path:
    path = project.root / "requirements.txt"
    hashes = " ".join(f"--hash=sha256:{each}" for each in digests)
    path.write_text(f"{name} {hashes}\n")
    return path


@pytest.mark.parametrize(
    ("requirement", "message"),
    [
        ("onlywin==306", "requirements.txt:1: onlywin 306 has wheels for Windows x86-64 only"),
        ("docopt==0.6.2", "requirements.txt:1: docopt 0.6.2 has no wheel"),
        ("newpy==5.0", "requirements.txt:1: newpy 5.0 needs Python >=3.13"),
        ("good==9", "requirements.txt:1: the package index has no version that matches good==9"),
    ],
)
def test_an_installation_fails_for_the_same_causes(
    project: Project, requirement: str, message: str
) -> None:
    """pip's output about a lock gives the same words."""
    path = lock(project, requirement, "0" * 64)
    error = causes.explain_install_failure(pip(requirement), project, [path], "x", "venv.log")
    assert error.message.startswith(message)


def mismatch(digest: str, installer: str) -> str:
    if installer == "uv":
        return (
            "error: Failed to download `good==1.0`\n  cause: Hash mismatch for `good==1.0`\n\n"
            f"         Expected:\n           sha256:{'0' * 64}\n\n"
            f"         Computed:\n           sha256:{digest}\n"
        )
    return (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have\n"
        "    good==1.0 from http://127.0.0.1:1/files/good-1.0-py3-none-any.whl (from -r r.txt):\n"
        f"        Expected sha256 {'0' * 64}\n             Got        {digest}\n"
    )


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("who", ["the lock", "the lock in part", "the way"])
def test_a_hash_that_differs_is_explained(
    project: Project, listed: ListedIndex, who: str, installer: str
) -> None:
    """No one is suspected where the lock lacks a file that the index lists."""
    digests = {name: sha256(data).hexdigest() for name, data in listed.contents.items()}
    got = "1" * 64 if who == "the way" else digests["good-1.0-py3-none-any.whl"]
    locked = digests["good-1.1-py3-none-any.whl"] if who == "the lock in part" else "0" * 64
    path = lock(project, "good==1.0", locked)
    error = causes.explain_install_failure(
        mismatch(got, installer), project, [path], "x", "venv.log"
    )
    assert error.message.startswith("a package does not have the locked hash: ")
    words = {
        "the lock": "the package index lists other hashes for good 1.0 than the lock",
        "the lock in part": "the lock lacks the one of `good-1.0-py3-none-any.whl`",
        "the way": "the download of good 1.0 is not what the package index lists",
    }
    assert words[who] in error.message


def test_a_cooldown_is_named() -> None:
    """Releases that are too young, and an index without upload times."""
    name = "good-1.0-py3-none-any.whl"
    young = ListedFile(name, "", uploaded="2026-11-20T00:00:00Z")
    found = find_obstacle("good", "", [young], "3.11", before="2026-11-01T00:00:00Z")
    assert found is not None
    assert found.reason == "is younger than LABCOAT_COOLDOWN or LABCOAT_AS_OF allows"
    found = find_obstacle("good", "", [ListedFile(name, "")], "3.11", before="2026-11-01")
    assert found is not None
    assert "has no upload time" in found.reason
    assert find_obstacle("good", "", [young], "3.11", before="2026-11-27") is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("sklearn", "scikit-learn"),
        ("cv2", "opencv-python"),
        ("pytorch", "torch"),
        ("matplotlip", "matplotlib"),
        ("requets", "requests"),
        ("panda", "pandas"),
        ("zzzzzz", ""),
    ],
)
def test_what_a_name_means(name: str, meant: str) -> None:
    assert known_packages.suggest_package(name) == meant


@pytest.mark.index
@pytest.mark.parametrize("locker", ["pip-tools", "uv"])
def test_the_remedies_work(repo: Repository, listed: ListedIndex, locker: str) -> None:
    """A marker, as the hint has it, makes the lock; nothing is built to find that out."""
    env = {"PIP_INDEX_URL": listed.url, "LABCOAT_LOCKER": locker}
    output = repo.write(requirements__in="onlywin\ngood\n").labcoat("lock", fails=True, **env)
    assert "error: requirements.in:1: onlywin 306 has wheels for Windows x86-64 only" in output
    remedy = output.partition("hint: `")[2].partition("`")[0]
    repo.write(requirements__in=f"{remedy}\ngood\n").labcoat("lock", **env)
    text = (repo.path / "requirements.txt").read_text()
    assert "good==1.10" in text
    output = repo.write(requirements__in="docopt\ngood\nlzss\n").labcoat("lock", fails=True, **env)
    assert "docopt 0.6.2 has no wheel; requirements.in:3: lzss 0.9 has no wheel" in output
    assert "setup.py" not in output


def test_a_lock_for_another_python_is_named(project: Project) -> None:
    """Where LABCOAT_PYTHON is not the Python of the lock, either of the two is to change."""
    path = lock(project, "newpy==5.0", "0" * 64)
    header = "# Made by labcoat (uv, Python 3.13). Edit requirements.in, then run make.\n"
    path.write_text(header + path.read_text())
    settings = read_settings({"LABCOAT_PYTHON": sys.executable})
    project = Project(project.root, settings)
    error = causes.explain_install_failure(pip("newpy==5.0"), project, [path], "x", "venv.log")
    assert error.hint.startswith(
        "The lock is for Python 3.13. Unset LABCOAT_PYTHON, or lock for this one with "
        "`make requirements AGAIN=1`"
    )
