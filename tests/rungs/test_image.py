"""The image, built and run by a real engine: from the lock, for the person, and away when it ends."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from labcoat.container.saved import saved
from labcoat.core import strip
from labcoat.core.project import Project

pytestmark = pytest.mark.docker

SIX = """six==1.17.0 \\
    --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274 \\
    --hash=sha256:ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81
"""
IMAGE = f"labcoat-test/image-rung-{os.getpid()}"  # several may test at once
NETWORK = "--network=host"  # of the machine that builds; a container's own may not reach an index


@dataclass(frozen=True)
class Workplace:
    """A project folder and how labcoat is called in it."""

    root: Path
    environ: Mapping[str, str]

    def words(self, *words: str) -> list[str]:
        """The command line that calls labcoat."""
        return [sys.executable, "-m", "labcoat", *words]

    def labcoat(self, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Call labcoat to its end."""
        environ = {**self.environ, **settings}
        return subprocess.run(self.words(*words), cwd=self.root, env=environ, capture_output=True, text=True, check=False)

    def in_image(self, line: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in the image to its end."""
        return self.labcoat("run", "--in", "docker", "--", *shlex.split(line), **settings)


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout.strip()


def containers_of(root: Path) -> str:
    return docker("ps", "--all", "--quiet", "--filter", f"label=org.labcoat.project={root}")


def laid_out(root: Path, repository: Path) -> Path:
    """A project of one package, with labcoat's Dockerfile, in a repository of one commit."""
    templates = repository / "src/lib/labcoat/scaffold/templates"
    root.mkdir(parents=True)
    shutil.copy(templates / "Dockerfile", root / "Dockerfile")
    shutil.copy(templates / "dockerignore", root / ".dockerignore")
    (root / "requirements.txt").write_text(SIX)
    (root / "main.py").write_text("import six\nprint('six', six.__version__)\n")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], cwd=root, check=True)
    return root


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, repository: Path, base_image: str) -> Iterator[Workplace]:
    """A project with an awkward path, and its image."""
    root = laid_out(tmp_path_factory.mktemp("image") / "my pröject, a:b", repository)
    environ = os.environ | {
        "PYTHONPATH": str(repository / "src/lib"),
        "LABCOAT_IMAGE": IMAGE,
        "LABCOAT_BASE_IMAGE": base_image,
        "LABCOAT_DOCKER_FLAGS": NETWORK,
    }
    (root / ".python-version").write_text("3.11\n")
    made = Workplace(root, environ)
    built = made.labcoat("image", "build")
    assert built.returncode == 0, built.stderr
    assert made.in_image("true").returncode == 0  # makes the tools, once
    yield made
    docker("image", "rm", "--force", IMAGE)


@pytest.fixture(scope="module")
def inspected(place: Workplace) -> Mapping[str, str]:
    """What the engine says of the image."""
    form = "{{.Config.User}}\t{{json .Config.Labels}}\t{{json .Config.Env}}\t{{.Created}}"
    user, labels, env, created = docker("image", "inspect", "--format", form, IMAGE).split("\t")
    return {"user": user, "labels": labels, "env": env, "created": created}


def test_the_image_runs_by_itself_with_the_locks_packages(place: Workplace) -> None:
    """Without any mount it holds the project's files and what the lock names."""
    assert docker("run", "--rm", IMAGE, "python", "main.py") == "six 1.17.0"


def test_the_image_has_a_user_and_no_tools(place: Workplace) -> None:
    """Uid 1000 is named labcoat and owns its project; the environment holds no pip, uv or installers' caches."""
    line = "id -un; id -u; touch main.py && echo owned; ls /opt; ls /opt/venv/bin; ls -A /cache /root/.cache 2>/dev/null || true"
    said = docker("run", "--rm", IMAGE, "sh", "-c", line).splitlines()
    assert said[:4] == ["labcoat", "1000", "owned", "venv"]
    assert not {word for word in said[4:] if re.match(r"pip|uv|wheel", word)}


def test_the_image_says_what_it_was_made_from(place: Workplace, inspected: Mapping[str, str]) -> None:
    """Lock, base and commit are on its labels; its time is the commit's."""
    commit = subprocess.run(
        ["git", "log", "-1", "--format=%H %ct"], cwd=place.root, check=True, capture_output=True, text=True
    ).stdout.split()
    assert '"org.labcoat.lock.digest":"sha256:' in inspected["labels"]
    assert '"org.opencontainers.image.base.digest":"sha256:' in inspected["labels"]
    assert f'"org.opencontainers.image.revision":"{commit[0]}' in inspected["labels"]
    assert inspected["created"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(commit[1])))


def test_byte_code_is_there_and_carries_no_time(place: Workplace) -> None:
    """Every module has byte code of PEP 552's unchecked kind, and every file the one time."""
    line = (
        "import pathlib; files = list(pathlib.Path('/opt/venv').rglob('*'));"
        "print({f.read_bytes()[4] for f in files if f.suffix == '.pyc'}, len({f.lstat().st_mtime for f in files}))"
    )
    assert docker("run", "--rm", IMAGE, "python", "-B", "-c", line) == "{1} 1"


def test_nothing_changed_builds_nothing(place: Workplace) -> None:
    """The second build says the image's name alone, and it is the same image."""
    before = docker("image", "inspect", "--format", "{{.Id}}", IMAGE)
    again = place.labcoat("image", "build")
    assert again.returncode == 0
    assert again.stderr.splitlines() == [f"labcoat: image {IMAGE} {before.removeprefix('sha256:')[:12]}"]


def test_streams_are_kept_apart_and_the_status_passed_on(place: Workplace) -> None:
    """What a program writes to each stream, and how it ends, is what labcoat writes and how it ends."""
    ended = place.in_image("sh -c 'echo out; echo err >&2; exit 7'")
    assert (ended.stdout, ended.stderr, ended.returncode) == ("out\n", "err\n", 7)


def test_output_comes_as_it_is_written(place: Workplace) -> None:
    """A line is there while the program that wrote it still runs."""
    line = ["run", "--in", "docker", "--", "python", "-c", "import time; print('first'); time.sleep(60)"]
    with subprocess.Popen(place.words(*line), cwd=place.root, env=place.environ, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"first\n"
        assert running.poll() is None
        running.send_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("number", "line", "status"),
    [
        (signal.SIGINT, "import time\ntry:\n print('up'); time.sleep(60)\nexcept KeyboardInterrupt: raise SystemExit(9)", 9),
        (signal.SIGTERM, "import signal, time; signal.signal(15, lambda *_: exit(8)); print('up'); time.sleep(60)", 8),
    ],
    ids=["SIGINT", "SIGTERM"],
)
def test_signals_reach_the_program_and_the_container_goes(
    place: Workplace, number: signal.Signals, line: str, status: int
) -> None:
    """The program may end in its own way; its status is passed on and its container is removed."""
    words = place.words("run", "--in", "docker", "--", "python", "-c", line)
    with subprocess.Popen(words, cwd=place.root, env=place.environ, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"up\n"
        running.send_signal(number)
        assert running.wait(timeout=30) == status
    assert containers_of(place.root) == ""


def test_a_container_goes_even_when_labcoat_is_killed(place: Workplace) -> None:
    """Nobody is there to remove it, so it removes itself when its program ends."""
    words = place.words("run", "--in", "docker", "--", "python", "-c", "import time; print('up'); time.sleep(2)")
    with subprocess.Popen(words, cwd=place.root, env=place.environ, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.kill()
    deadline = time.monotonic() + 30
    while containers_of(place.root) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert containers_of(place.root) == ""


def test_files_written_in_the_project_are_the_persons(place: Workplace) -> None:
    """A program runs in the project's folder, at its own path, as its owner, with a home of its own."""
    ended = place.in_image("sh -c 'pwd; echo x >written; python -c \"import getpass; print(getpass.getuser())\"; touch ~/here'")
    assert ended.stdout.splitlines() == [str(place.root), "labcoat"], ended.stderr
    assert (place.root / "written").stat().st_uid == place.root.stat().st_uid
    (place.root / "written").unlink()


def test_data_is_mounted_at_its_own_path_and_cannot_be_changed(place: Workplace, tmp_path: Path) -> None:
    """A data folder with a colon and a comma in its name is read, not written; what is no path is passed over."""
    data = tmp_path / "dätä: a, b"
    data.mkdir()
    (data / "one").write_text("1")
    ended = place.in_image(
        f"sh -c {shlex.quote(f'cat {shlex.quote(str(data))}/one; touch {shlex.quote(str(data))}/two')}",
        LABCOAT_MOUNTS=f"synthetic:{data}",
    )
    assert ended.stdout == "1"
    assert "Read-only file system" in ended.stderr
    assert not (data / "two").exists()


def test_a_program_that_is_not_there_is_named(place: Workplace) -> None:
    """As a shell does it: the name, and status 127."""
    ended = place.in_image("no-such-program")
    assert ended.returncode == 127
    assert "no-such-program" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert containers_of(place.root) == ""


@pytest.mark.parametrize(
    ("settings", "what", "todo"),
    [
        ({"LABCOAT_CPUS": "10000"}, "Range of CPUs", "LABCOAT_CPUS"),
        ({"LABCOAT_MEMORY": "1m"}, "Minimum memory", "LABCOAT_MEMORY"),
    ],
    ids=["processors", "memory"],
)
def test_a_container_that_cannot_start_is_said(place: Workplace, settings: dict[str, str], what: str, todo: str) -> None:
    """With the setting to correct; nothing of it stays."""
    happened, do = place.in_image("true", **settings).stderr.splitlines()
    assert what in happened
    assert todo in do
    assert containers_of(place.root) == ""


def test_a_program_that_runs_out_of_memory_is_told_from_one_that_was_killed(place: Workplace) -> None:
    """The limit is named, and the status is that of the kill."""
    ended = place.in_image("python -c 'bytearray(200 << 20)'", LABCOAT_MEMORY="32m")
    assert ended.returncode == 137
    assert "LABCOAT_MEMORY" in ended.stderr


def test_an_image_of_another_lock_is_refused(place: Workplace) -> None:
    """A lock that has changed since, or an image that is not there, is said before anything runs."""
    lock = place.root / "requirements.txt"
    lock.write_text(f"# changed\n{SIX}")
    refused = place.in_image("true")
    lock.write_text(SIX)
    absent = place.in_image("true", LABCOAT_IMAGE="labcoat-test/no-such-image")
    for ended in (refused, absent):
        assert ended.returncode == 1
        assert "make docker" in ended.stderr
        assert len(ended.stderr.splitlines()) == 2


PASSWORD = "pl4nted-passw0rd"  # noqa: S105
SECRETS = {
    "PIP_INDEX_URL": f"https://someone:{PASSWORD}@pypi.org/simple",
    "PIP_CONFIG_FILE": "/dev/null",
    "HTTPS_PROXY": "",
}


def test_credentials_and_certificates_reach_the_build_and_stay_in_no_layer(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """The build can read them; neither layers, history nor settings of the image hold them."""
    root = laid_out(tmp_path / "secret", repository)
    bundle = tmp_path / "certificates, own.pem"
    bundle.write_text("pl4nted-certificate")
    seen = (
        "RUN --mount=type=secret,id=certificates --mount=type=secret,id=settings \\\n"
        "    grep -q pl4[n]ted-passw0rd /run/secrets/settings && grep -q pl4[n]ted-certificate /run/secrets/certificates\n"
    )
    (root / "Dockerfile").write_text(f"ARG BASE_IMAGE\nFROM ${{BASE_IMAGE}}\n{seen}")
    name = f"{IMAGE}-secret"
    built = Workplace(root, place.environ).labcoat("image", "build", **SECRETS, LABCOAT_IMAGE=name, LABCOAT_CA_BUNDLE=str(bundle))
    assert built.returncode == 0, built.stderr
    saved = subprocess.run(["docker", "save", name], check=True, capture_output=True).stdout
    docker("image", "rm", "--force", name)
    assert b"pl4nted" not in saved
    assert "pl4nted" not in built.stderr


BAD = {
    "no docker": ({"LABCOAT_DOCKER": "no-such-docker"}, "no command 'no-such-docker'", "LABCOAT_DOCKER"),
    "engine stopped": ({"DOCKER_HOST": "unix:///no/such.sock"}, "does not answer", "Start it"),
    "no such base": (
        {"LABCOAT_BASE_IMAGE": "labcoat-test/absent:1"},
        "labcoat-test/absent:1 cannot be had",
        "LABCOAT_BASE_IMAGE",
    ),
    "gone digest": ({"LABCOAT_BASE_IMAGE": f"localhost:1/a@sha256:{'0' * 64}"}, "cannot be had", "LABCOAT_BASE_IMAGE"),
    "bad base name": ({"LABCOAT_BASE_IMAGE": "No/Such"}, "No/Such is no name", "LABCOAT_BASE_IMAGE"),
    "bad image name": ({"LABCOAT_IMAGE": "No/Such"}, "No/Such is no name", "LABCOAT_IMAGE"),
    "bad flag": ({"LABCOAT_DOCKER_FLAGS": "--netwrk=host"}, "no option --netwrk", "LABCOAT_DOCKER_FLAGS"),
    "no bundle": ({"LABCOAT_CA_BUNDLE": "absent.pem"}, "no certificate bundle", "LABCOAT_CA_BUNDLE"),
    "no lock": ({"LABCOAT_REQUIREMENTS": "absent.txt"}, "no absent.txt", "make requirements"),
}


@pytest.mark.parametrize(("settings", "what", "todo"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_built_is_said_in_two_lines(place: Workplace, settings: dict[str, str], what: str, todo: str) -> None:
    """What happened and what to do; the image that was there stays."""
    before = docker("image", "inspect", "--format", "{{.Id}}", IMAGE)
    built = place.labcoat("image", "build", **settings)
    happened, do = built.stderr.splitlines()[-2:]
    assert built.returncode == 1
    assert what in happened
    assert todo in do
    assert "Traceback" not in built.stderr
    assert docker("image", "inspect", "--format", "{{.Id}}", IMAGE) == before


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--in", "docker", "true"],
        ["image", "push"],
        *(["image", word] for word in ("verify", "record", "show", "size", "audit", "sbom")),
    ],
    ids=" ".join,
)
def test_what_is_no_image_name_is_said_by_every_command(place: Workplace, words: list[str]) -> None:
    """In two lines, before anything is built or run."""
    done = place.labcoat(*words, LABCOAT_IMAGE="No/Such")
    happened, do = done.stderr.splitlines()[-2:]
    assert done.returncode == 1
    assert happened == "labcoat: No/Such is no name for an image."
    assert "LABCOAT_IMAGE" in do


def test_a_secret_that_would_reach_the_image_stops_the_build(place: Workplace) -> None:
    """Before anything is built, with the file's name; one that .dockerignore names does not matter."""
    ignored, planted = place.root / "kaggle.json", place.root / "data.json"
    ignored.write_text("{}")
    fine = place.labcoat("image", "build")
    planted.write_text("-----BEGIN RSA PRIVATE KEY-----\nMIIEow==\n")
    refused = place.labcoat("image", "build")
    for path in (ignored, planted):
        path.unlink()
    assert fine.returncode == 0, fine.stderr
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "labcoat: A secret would reach the image: data.json.",
        "  Name it in .dockerignore (make fix does that), and build again.",
    ]


def test_a_base_of_another_python_is_refused(place: Workplace) -> None:
    """The rungs can be equal only on one minor version."""
    version = place.root / ".python-version"
    version.write_text("3.12\n")
    built = place.labcoat("image", "build")
    version.write_text("3.11\n")
    assert built.returncode == 1
    assert "Python 3.11, not 3.12" in built.stderr.splitlines()[-2]


def test_a_file_that_is_not_the_locked_one_is_refused(place: Workplace) -> None:
    """A hash that does not match stops the build, and the image stays."""
    lock = place.root / "requirements.txt"
    before = docker("image", "inspect", "--format", "{{.Id}}", IMAGE)
    lock.write_text(re.sub(r"sha256:\w{4}", "sha256:0000", SIX))
    built = place.labcoat("image", "build")
    lock.write_text(SIX)
    assert built.returncode == 1
    assert "not the one that was locked" in built.stderr.splitlines()[-2]
    assert docker("image", "inspect", "--format", "{{.Id}}", IMAGE) == before


def test_two_builds_without_cache_are_one_image(place: Workplace) -> None:
    """The same id, layers and content, as `image verify` finds and says."""
    verified = place.labcoat("image", "verify")
    assert verified.returncode == 0, verified.stderr
    assert [line.split()[:2] for line in verified.stdout.splitlines()] == [
        ["id", "same"],
        ["layers", "same"],
        ["content", "same"],
    ]


def test_a_clone_elsewhere_builds_the_same_image(place: Workplace, tmp_path: Path) -> None:
    """From a folder of another name, with other file modes and times."""
    clone = tmp_path / "another name"
    subprocess.run(["git", "clone", "-q", str(place.root), str(clone)], check=True)
    first = Workplace(clone, place.environ)
    second = Workplace(tmp_path / "second", place.environ)
    subprocess.run(["git", "clone", "-q", str(clone), str(second.root)], check=True)
    (second.root / "main.py").chmod(0o664)
    os.utime(second.root / "main.py", (1, 1))
    ids = []
    for number, each in enumerate((first, second)):
        name = f"{IMAGE}-clone{number}"
        built = each.labcoat("image", "build", LABCOAT_IMAGE=name, LABCOAT_DOCKER_FLAGS=f"{NETWORK} --no-cache")
        assert built.returncode == 0, built.stderr
        ids.append(docker("image", "inspect", "--format", "{{.Id}}", name))
        docker("image", "rm", "--force", name)
    assert ids[0] == ids[1]


@pytest.fixture
def record(place: Workplace) -> Iterator[Path]:
    """The record of the image, for as long as a test runs."""
    recorded = place.labcoat("image", "record")
    assert recorded.returncode == 0, recorded.stderr
    path = place.root / "image.lock.yaml"
    yield path
    path.unlink()
    place.labcoat("image", "build")


def change(record: Path, before: str, after: str) -> None:
    text, count = re.subn(before, after, record.read_text(), count=1)
    assert count == 1
    record.write_text(text)


def test_a_change_of_source_leaves_the_packages_as_recorded(place: Workplace, record: Path) -> None:
    """A build of other sources meets the record; other layers of packages do not, and are said."""
    source = place.root / "main.py"
    before = source.read_text()
    try:
        source.write_text("print('changed')\n")
        changed = place.labcoat("image", "build")
    finally:
        source.write_text(before)
    change(record, r"(layers:\n- \S+\n- )\S+", rf"\1sha256:{'0' * 64}")
    departed = place.labcoat("image", "build")
    assert "lock.yaml" not in changed.stderr
    assert "the layers of packages are not those that image.lock.yaml records" in departed.stderr


def test_a_record_of_other_inputs_is_said(place: Workplace, record: Path) -> None:
    """With the input, and the command that writes it anew."""
    change(record, r"lock: \S+", "lock: sha256:other")
    built = place.labcoat("image", "build")
    assert built.stderr.splitlines()[-2] == (
        "labcoat: image.lock.yaml records an image of another lock: labcoat image record writes it anew"
    )


def test_on_another_base_the_packages_are_held_against_the_record(place: Workplace, record: Path) -> None:
    """Its layers cannot be the recorded ones; what the wheels brought can, and where it is not that is said."""
    change(record, r"base: \S+", "base: python:3.11@sha256:other")
    meets = place.labcoat("image", "build")
    change(record, r"inventory: \S+", "inventory: sha256:other")
    departs = place.labcoat("image", "build")
    assert "lock.yaml" not in meets.stderr
    assert "the packages are not those that image.lock.yaml records for this lock" in departs.stderr


def test_what_is_in_the_image_can_be_seen(place: Workplace) -> None:
    """By person and program: its packages, its bytes, its bill of materials; and it holds no secret."""
    show, size, audit = (place.labcoat("image", word) for word in ("show", "size", "audit"))
    assert "six 1.17.0" in show.stdout
    assert re.search(r"org\.labcoat\.lock\.digest +sha256:", show.stdout)
    assert re.search(r" MB  six$", size.stdout, re.MULTILINE)
    assert (audit.returncode, audit.stdout) == (0, "")
    bills = [place.labcoat("image", "sbom").stdout for _ in range(2)]
    bill = json.loads(bills[0])
    assert bills[0] == bills[1]
    assert bill["bomFormat"] == "CycloneDX"
    assert [component["purl"] for component in bill["components"]] == ["pkg:pypi/six@1.17.0"]


def test_a_build_that_is_killed_leaves_the_image_and_the_next_one_works(place: Workplace) -> None:
    """The name moves to the new image only when that is whole."""
    before = docker("image", "inspect", "--format", "{{.Id}}", IMAGE)
    words = place.words("image", "build")
    environ = {**place.environ, "LABCOAT_DOCKER_FLAGS": f"{NETWORK} --no-cache"}
    with subprocess.Popen(words, cwd=place.root, env=environ, stderr=subprocess.PIPE, start_new_session=True) as building:
        assert building.stderr is not None
        assert building.stderr.readline()
        os.killpg(building.pid, signal.SIGKILL)
    assert docker("image", "inspect", "--format", "{{.Id}}", IMAGE) == before
    again = place.labcoat("image", "build")
    assert again.returncode == 0, again.stderr
    assert docker("image", "inspect", "--format", "{{.Id}}", IMAGE) == before


def test_large_packages_have_a_layer_of_their_own(place: Workplace) -> None:
    """A layer that a change of another package leaves as it is; the settings say which packages are large."""
    name = f"{IMAGE}-large"
    flags = f"{NETWORK} --build-arg LARGE=six"
    built = place.labcoat("image", "build", LABCOAT_IMAGE=name, LABCOAT_DOCKER_FLAGS=flags)
    assert built.returncode == 0, built.stderr
    with saved(Project(place.root), name) as image:
        paths = [{entry.path for entry in image.entries(layer)} for layer in range(len(image.layers))]
        holding = [layer for layer, held in enumerate(paths) if "opt/venv/lib/python3.11/site-packages/six.py" in held]
    docker("image", "rm", "--force", name)
    assert holding == [1]


def test_tests_and_headers_of_packages_are_left_out_where_asked(place: Workplace, tmp_path: Path, repository: Path) -> None:
    """LABCOAT_STRIP makes the image smaller; the package works, prove says so and finds no difference, or one that is."""
    root = laid_out(tmp_path / "numpy", repository)
    pin = re.search(r"(?m)^numpy==(?:.*\\\n)+.*", (repository / "requirements.txt").read_text())
    assert pin
    (root / "requirements.txt").write_text(pin[0] + "\n")
    stripping = Workplace(root, {**place.environ, "LABCOAT_IMAGE": f"{IMAGE}-strip", "LABCOAT_STRIP": "bytecode tests headers"})
    built = stripping.labcoat("image", "build")
    assert built.returncode == 0, built.stderr
    try:
        proved = stripping.labcoat("prove", "--only", "docker")
        works = stripping.in_image("python -c 'import numpy; print(numpy.ones(3).sum())'")
        kept = list((root / ".labcoat/home/.cache/python").rglob("numpy/__init__.*.pyc"))
        with saved(Project(root), f"{IMAGE}-strip") as image:
            site = "opt/venv/lib/python3.11/site-packages/"
            held = [path.removeprefix(site) for path, entry in image.merged().items() if path.startswith(site)]
        damaged = "RUN rm /opt/venv/lib/python3*/site-packages/numpy/version.py\n"
        subprocess.run(
            ["docker", "build", "-q", "-t", f"{IMAGE}-strip", "-"],
            input=f"FROM {IMAGE}-strip\nUSER 0\n{damaged}USER 1000\n",
            text=True,
            check=True,
            capture_output=True,
        )
        refuted = stripping.labcoat("prove", "--only", "docker")
    finally:
        docker("image", "rm", "--force", f"{IMAGE}-strip")
    assert proved.returncode == 0, proved.stdout + proved.stderr
    assert "without tests, headers, bytecode of packages" in proved.stdout
    assert kept
    assert works.stdout == "3.0\n"
    assert [path for path in held if strip.is_stripped(path, strip.KINDS)] == []
    assert refuted.returncode == 1
    assert "numpy/version.py of numpy was removed" in refuted.stdout


def test_an_image_of_ones_own_dockerfile_is_built_and_what_cannot_be_promised_is_said(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """It installs into the base's Python and is still held against the lock; verify says that two builds differ, and in what."""
    root = laid_out(tmp_path / "own", repository)
    (root / "Dockerfile").write_text(
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nWORKDIR /app\nCOPY . .\n"
        "RUN python3 -m pip install --break-system-packages --no-cache-dir -r requirements.txt\n"
    )
    own = Workplace(root, {**place.environ, "LABCOAT_IMAGE": f"{IMAGE}-own"})
    try:
        built, proved, verified = (
            own.labcoat("image", "build"),
            own.labcoat("prove", "--only", "docker"),
            own.labcoat("image", "verify"),
        )
        ran = own.in_image("python3 main.py")
    finally:
        docker("image", "rm", "--force", f"{IMAGE}-own")
    assert built.returncode == 0, built.stderr
    assert built.stderr.count("labcoat cannot promise") == 3
    assert (proved.returncode, ran.stdout) == (0, "six 1.17.0\n"), proved.stdout + proved.stderr
    assert verified.returncode == 1
    assert re.search(r"files that differ: \d+ \(time \d+", verified.stdout)
