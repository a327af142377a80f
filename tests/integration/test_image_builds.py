"""The image, built by a real engine from the lock: the same each time, and as recorded."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.container.inspect.image_archive import open_image_archive
from labcoat.core.project import Project
from labcoat.inventory import strip
from support.workplace import IMAGE, NETWORK, SIX, Workplace, docker, laid_out

pytestmark = pytest.mark.docker


def test_nothing_changed_builds_nothing(place: Workplace) -> None:
    """The second build says the image's name alone, and it is the same image."""
    before = docker("image", "inspect", "--format", "{{.Id}}", IMAGE)
    again = place.labcoat("image", "build")
    assert again.returncode == 0
    assert again.stderr.splitlines() == [
        f"labcoat: image {IMAGE} {before.removeprefix('sha256:')[:12]}"
    ]


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
    built = Workplace(root, place.environ).labcoat(
        "image", "build", **SECRETS, LABCOAT_IMAGE=name, LABCOAT_CA_BUNDLE=str(bundle)
    )
    assert built.returncode == 0, built.stderr
    saved = subprocess.run(["docker", "save", name], check=True, capture_output=True).stdout
    docker("image", "rm", "--force", name)
    assert b"pl4nted" not in saved
    assert "pl4nted" not in built.stderr


BAD = {
    "no docker": (
        {"LABCOAT_DOCKER": "no-such-docker"},
        "no command 'no-such-docker'",
        "LABCOAT_DOCKER",
    ),
    "engine stopped": ({"DOCKER_HOST": "unix:///no/such.sock"}, "does not answer", "Start it"),
    "no context": ({"DOCKER_CONTEXT": "nope"}, "no docker context nope", "DOCKER_CONTEXT"),
    "no such base": (
        {"LABCOAT_BASE_IMAGE": "labcoat-test/absent:1"},
        "labcoat-test/absent:1 cannot be had",
        "LABCOAT_BASE_IMAGE",
    ),
    "gone digest": (
        {"LABCOAT_BASE_IMAGE": f"localhost:1/a@sha256:{'0' * 64}"},
        "cannot be had",
        "LABCOAT_BASE_IMAGE",
    ),
    "bad base name": (
        {"LABCOAT_BASE_IMAGE": "No/Such"},
        "No/Such is no name",
        "LABCOAT_BASE_IMAGE",
    ),
    "bad image name": ({"LABCOAT_IMAGE": "No/Such"}, "No/Such is no name", "LABCOAT_IMAGE"),
    "bad flag": (
        {"LABCOAT_DOCKER_FLAGS": "--netwrk=host"},
        "no option --netwrk",
        "LABCOAT_DOCKER_FLAGS",
    ),
    "no bundle": (
        {"LABCOAT_CA_BUNDLE": "absent.pem"},
        "no certificate bundle",
        "LABCOAT_CA_BUNDLE",
    ),
    "no lock": ({"LABCOAT_REQUIREMENTS": "absent.txt"}, "no absent.txt", "make requirements"),
}


@pytest.mark.parametrize(("settings", "what", "todo"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_built_is_said_in_two_lines(
    place: Workplace, settings: dict[str, str], what: str, todo: str
) -> None:
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
    ("line", "what"),
    [
        (
            "RUN echo unknown flag: --foo && exit 1",
            "The image could not be built: unknown flag: --foo.",
        ),
        (
            "RUN echo error during connect: x && exit 1",
            "The image could not be built: error during connect: x.",
        ),
        ("COPY --foo . .", "The Dockerfile cannot be read: "),
    ],
)
def test_what_a_program_says_is_not_taken_for_dockers_words(
    place: Workplace, line: str, what: str
) -> None:
    """Nor is an instruction taken for an option of the build."""
    own = (place.root / "Dockerfile").read_text()
    (place.root / "Dockerfile").write_text(f"{own}{line}\n")
    built = place.labcoat("image", "build")
    (place.root / "Dockerfile").write_text(own)
    assert built.stderr.splitlines()[-2].startswith(f"labcoat: {what}")


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


def test_the_record_is_of_the_dockerfile_and_arguments_that_the_flags_name(
    tmp_path: Path, place: Workplace, repository: Path
) -> None:
    """A change of either is said to be one, and no fault of the image; no Dockerfile is written beside the one that is named."""
    mine = Workplace(
        laid_out(tmp_path / "own", repository), {**place.environ, "LABCOAT_IMAGE": f"{IMAGE}-own"}
    )
    (mine.root / "Dockerfile").unlink()
    (mine.root / "own").write_text(
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG WHERE=/a\nCOPY main.py ${WHERE}/\nUSER 1000\n"
    )
    given = f"{NETWORK} -f own"
    for words in (["build"], ["record"]):
        done = mine.labcoat("image", *words, LABCOAT_DOCKER_FLAGS=given)
        assert done.returncode == 0, done.stderr
    elsewhere = mine.labcoat("image", "build", LABCOAT_DOCKER_FLAGS=f"{given} --build-arg WHERE=/b")
    (mine.root / "own").write_text((mine.root / "own").read_text() + "ENV A=b\n")
    changed = mine.labcoat("image", "build", LABCOAT_DOCKER_FLAGS=given)
    docker("image", "rm", "--force", f"{IMAGE}-own")
    assert "records an image of WHERE=:" in elsewhere.stderr
    assert "records an image of another Dockerfile:" in changed.stderr
    assert not (mine.root / "Dockerfile").exists()


def test_an_image_of_another_lock_is_not_pushed(place: Workplace) -> None:
    """Who pulls it would have other packages than the repository says."""
    lock = place.root / "requirements.txt"
    lock.write_text(SIX + "# moved\n")
    pushed = place.labcoat("image", "push")
    lock.write_text(SIX)
    assert pushed.returncode == 1
    assert "was not made from requirements.txt as it is now" in pushed.stderr.splitlines()[-2]


def test_a_base_of_another_python_is_refused(place: Workplace) -> None:
    """The levels can be equal only on one minor version."""
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
        built = each.labcoat(
            "image", "build", LABCOAT_IMAGE=name, LABCOAT_DOCKER_FLAGS=f"{NETWORK} --no-cache"
        )
        assert built.returncode == 0, built.stderr
        ids.append(docker("image", "inspect", "--format", "{{.Id}}", name))
        docker("image", "rm", "--force", name)
    assert ids[0] == ids[1]


def test_sent_as_a_folder_and_as_an_archive_the_layers_are_the_same(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """Links, modes, empty folders and odd names included; a Dockerfile that is named in the flags is sent the folder."""
    root = laid_out(tmp_path / "odd", repository)
    (root / "link").symlink_to("main.py")
    (root / "nowhere").symlink_to("/no/such")
    (root / "empty/inner").mkdir(parents=True)
    (root / "shared").mkdir()
    (root / "shared").chmod(0o2775)
    (root / "shared/run\n it").write_text("#!/bin/sh\n")
    (root / "shared/run\n it").chmod(0o740)
    Path(os.fsdecode(os.fsencode(root) + b"/shared/\xff")).write_text("")
    (root / "shared/ünï").write_text("")
    (root / f"{'long' * 30}").mkdir()
    (root / f"{'long' * 30}/{'long' * 30}").write_text("")
    odd = Workplace(root, place.environ)
    layers = []
    for name, more in (("archive", ""), ("folder", " --file Dockerfile")):
        built = odd.labcoat(
            "image", "build", LABCOAT_IMAGE=f"{IMAGE}-{name}", LABCOAT_DOCKER_FLAGS=NETWORK + more
        )
        assert built.returncode == 0, built.stderr
        layers.append(
            docker("image", "inspect", "--format", "{{.RootFS.Layers}}", f"{IMAGE}-{name}")
        )
    words = [
        "find",
        ".",
        "(",
        "-name",
        "run*",
        "-o",
        "-name",
        "empty",
        ")",
        "-printf",
        "%y %m %U %T@ %p",
    ]
    listed = docker("run", "--rm", f"{IMAGE}-archive", *words)
    docker("image", "rm", "--force", f"{IMAGE}-archive", f"{IMAGE}-folder")
    assert layers[0] == layers[1]
    assert listed == "f 755 1000 315532800.0000000000 ./shared/run\n it"  # and no empty folder


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


def test_on_another_base_the_packages_are_held_against_the_record(
    place: Workplace, record: Path
) -> None:
    """Its layers cannot be the recorded ones; what the wheels brought can, and where it is not that is said."""
    change(record, r"base: \S+", "base: python:3.11@sha256:other")
    meets = place.labcoat("image", "build")
    change(record, r"inventory: \S+", "inventory: sha256:other")
    departs = place.labcoat("image", "build")
    assert "lock.yaml" not in meets.stderr
    assert "the packages are not those that image.lock.yaml records for this lock" in departs.stderr


def test_a_build_that_is_killed_leaves_the_image_and_the_next_one_works(place: Workplace) -> None:
    """The name moves to the new image only when that is whole."""
    before = docker("image", "inspect", "--format", "{{.Id}}", IMAGE)
    words = place.words("image", "build")
    environ = {**place.environ, "LABCOAT_DOCKER_FLAGS": f"{NETWORK} --no-cache"}
    with subprocess.Popen(
        words, cwd=place.root, env=environ, stderr=subprocess.PIPE, start_new_session=True
    ) as building:
        assert building.stderr is not None
        assert building.stderr.readline()
        os.killpg(building.pid, signal.SIGKILL)
    assert docker("image", "inspect", "--format", "{{.Id}}", IMAGE) == before
    again = place.labcoat("image", "build")
    assert again.returncode == 0, again.stderr
    assert docker("image", "inspect", "--format", "{{.Id}}", IMAGE) == before


def test_no_layer_repeats_what_is_below(place: Workplace) -> None:
    """Of files and folders that are there again unchanged, containerd's store would make another layer than Docker's own."""
    with open_image_archive(Project(place.root), IMAGE) as image:
        below = {entry.line() for entry in image.entries(0)}
        for layer in range(1, len(image.layers)):
            entries = list(image.entries(layer))
            holding = {str(folder) for entry in entries for folder in Path(entry.path).parents}
            assert not [
                entry.path
                for entry in entries
                if entry.line() in below and entry.path not in holding
            ]
            below |= {entry.line() for entry in entries}


def test_large_packages_have_a_layer_of_their_own(place: Workplace) -> None:
    """A layer that a change of another package leaves as it is; the settings say which packages are large."""
    name = f"{IMAGE}-large"
    flags = f"{NETWORK} --build-arg LARGE=six"
    built = place.labcoat("image", "build", LABCOAT_IMAGE=name, LABCOAT_DOCKER_FLAGS=flags)
    assert built.returncode == 0, built.stderr
    with open_image_archive(Project(place.root), name) as image:
        paths = [
            {entry.path for entry in image.entries(layer)} for layer in range(len(image.layers))
        ]
        holding = [
            layer
            for layer, held in enumerate(paths)
            if "opt/venv/lib/python3.11/site-packages/six.py" in held
        ]
    docker("image", "rm", "--force", name)
    assert holding == [1]


def test_tests_and_headers_of_packages_are_left_out_where_asked(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """LABCOAT_STRIP makes the image smaller; the package works, prove says so and finds no difference, or one that is."""
    root = laid_out(tmp_path / "numpy", repository)
    pin = re.search(r"(?m)^numpy==(?:.*\\\n)+.*", (repository / "requirements.txt").read_text())
    assert pin
    (root / "requirements.txt").write_text(pin[0] + "\n")
    stripping = Workplace(
        root,
        {
            **place.environ,
            "LABCOAT_IMAGE": f"{IMAGE}-strip",
            "LABCOAT_STRIP": "bytecode tests headers",
        },
    )
    built = stripping.labcoat("image", "build")
    assert built.returncode == 0, built.stderr
    try:
        proved = stripping.labcoat("prove", "--only", "docker")
        works = stripping.in_image("python -c 'import numpy; print(numpy.ones(3).sum())'")
        kept = list((root / ".labcoat/home/.cache/python").rglob("numpy/__init__.*.pyc"))
        with open_image_archive(Project(root), f"{IMAGE}-strip") as image:
            site = "opt/venv/lib/python3.11/site-packages/"
            held = [
                path.removeprefix(site)
                for path, entry in image.merged().items()
                if path.startswith(site)
            ]
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
    assert built.stderr.count("labcoat cannot guarantee") == 3
    assert (proved.returncode, ran.stdout) == (0, "six 1.17.0\n"), proved.stdout + proved.stderr
    assert verified.returncode == 1
    assert re.search(r"files that differ: \d+ \(time \d+", verified.stdout)
