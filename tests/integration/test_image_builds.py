"""The image is built by a real engine from the lock, reproducibly and as recorded."""

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
from support.messages import engine
from support.messages import image as messages
from support.workplace import IMAGE, NETWORK, SIX, Workplace, create_project, docker

pytestmark = pytest.mark.docker


def test_nothing_changed_builds_nothing(place: Workplace) -> None:
    """The second build prints only the image's name, and it is the same image."""
    before = docker("image", "inspect", "--format", "{{.Id}}", IMAGE)
    again = place.labcoat("image", "build")
    assert again.returncode == 0
    assert again.stderr.splitlines() == [
        f"labcoat: image {IMAGE} {before.removeprefix('sha256:')[:12]}"
    ]


PASSWORD = "pl4nted-passw0rd"  # noqa: S105
SECRETS = {
    "PIP_INDEX_URL": f"https://user:{PASSWORD}@pypi.org/simple",
    "PIP_CONFIG_FILE": "/dev/null",
    "HTTPS_PROXY": "",
}


def test_credentials_and_certificates_reach_the_build_but_not_the_image(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """Layers, history and settings of the image do not contain them."""
    root = create_project(tmp_path / "secret", repository)
    bundle = tmp_path / "certificates, own.pem"
    bundle.write_text("pl4nted-certificate")
    step = (
        "RUN --mount=type=secret,id=certificates --mount=type=secret,id=settings \\\n"
        "    grep -q pl4[n]ted-passw0rd /run/secrets/settings && "
        "grep -q pl4[n]ted-certificate /run/secrets/certificates\n"
    )
    (root / "Dockerfile").write_text(f"ARG BASE_IMAGE\nFROM ${{BASE_IMAGE}}\n{step}")
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
        engine.COMMAND_NOT_FOUND.format("no-such-docker"),
        "LABCOAT_DOCKER",
    ),
    "engine stopped": ({"DOCKER_HOST": "unix:///no/such.sock"}, engine.NO_ENGINE, "Start it"),
    "no context": ({"DOCKER_CONTEXT": "nope"}, engine.NO_CONTEXT.format("nope"), "DOCKER_CONTEXT"),
    "no such base": (
        {"LABCOAT_BASE_IMAGE": "labcoat-test/absent:1"},
        engine.BASE_UNRESOLVED.format("labcoat-test/absent:1"),
        "LABCOAT_BASE_IMAGE",
    ),
    "gone digest": (
        {"LABCOAT_BASE_IMAGE": f"localhost:1/a@sha256:{'0' * 64}"},
        engine.BASE_UNRESOLVED.format(f"localhost:1/a@sha256:{'0' * 64}"),
        "LABCOAT_BASE_IMAGE",
    ),
    "bad base name": (
        {"LABCOAT_BASE_IMAGE": "No/Such"},
        engine.INVALID_IMAGE_NAME.format("No/Such"),
        "LABCOAT_BASE_IMAGE",
    ),
    "bad image name": (
        {"LABCOAT_IMAGE": "No/Such"},
        engine.INVALID_IMAGE_NAME.format("No/Such"),
        "LABCOAT_IMAGE",
    ),
    "bad flag": (
        {"LABCOAT_DOCKER_FLAGS": "--netwrk=host"},
        engine.UNKNOWN_OPTION.format("--netwrk"),
        "LABCOAT_DOCKER_FLAGS",
    ),
    "no bundle": (
        {"LABCOAT_CA_BUNDLE": "absent.pem"},
        engine.NO_BUNDLE.partition("`")[0],
        "LABCOAT_CA_BUNDLE",
    ),
    "no lock": (
        {"LABCOAT_REQUIREMENTS": "absent.txt"},
        messages.NO_FILE.format("absent.txt"),
        "make requirements",
    ),
}


@pytest.mark.parametrize(("settings", "message", "hint"), BAD.values(), ids=BAD.keys())
def test_a_failed_build_prints_an_error_and_a_hint(
    place: Workplace, settings: dict[str, str], message: str, hint: str
) -> None:
    """The existing image is unchanged."""
    before = docker("image", "inspect", "--format", "{{.Id}}", IMAGE)
    built = place.labcoat("image", "build", **settings)
    error_line, hint_line = built.stderr.splitlines()[-2:]
    assert built.returncode == 1
    assert error_line.startswith(f"error: {message}")
    assert hint_line.startswith("hint: ")
    assert hint in hint_line
    assert "Traceback" not in built.stderr
    assert docker("image", "inspect", "--format", "{{.Id}}", IMAGE) == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "RUN echo unknown flag: --foo && exit 1",
            engine.BUILD_FAILED.format("unknown flag: --foo"),
        ),
        (
            "RUN echo error during connect: x && exit 1",
            engine.BUILD_FAILED.format("error during connect: x"),
        ),
        ("COPY --foo . .", engine.UNPARSABLE_DOCKERFILE.partition(" on line")[0]),
    ],
)
def test_output_of_a_program_is_not_taken_for_an_error_of_docker(
    place: Workplace, line: str, message: str
) -> None:
    """Nor is a flag of an instruction taken for an option of the build."""
    before = (place.root / "Dockerfile").read_text()
    (place.root / "Dockerfile").write_text(f"{before}{line}\n")
    built = place.labcoat("image", "build")
    (place.root / "Dockerfile").write_text(before)
    assert f"\nerror: {message}" in f"\n{built.stderr}"


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--in", "docker", "true"],
        ["image", "push"],
        *(["image", word] for word in ("verify", "record", "show", "size", "audit", "sbom")),
    ],
    ids=" ".join,
)
def test_every_command_refuses_an_invalid_image_name(place: Workplace, words: list[str]) -> None:
    """Before anything is built or run."""
    done = place.labcoat(*words, LABCOAT_IMAGE="No/Such")
    error_line, hint_line = done.stderr.splitlines()[-2:]
    assert done.returncode == 1
    assert error_line == f"error: {engine.INVALID_IMAGE_NAME.format('No/Such')}"
    assert "LABCOAT_IMAGE" in hint_line


def test_the_image_lock_records_the_dockerfile_and_arguments_in_the_flags(
    tmp_path: Path, place: Workplace, repository: Path
) -> None:
    """A change of either is reported as such; no other Dockerfile is written."""
    mine = Workplace(
        create_project(tmp_path / "own", repository),
        {**place.environ, "LABCOAT_IMAGE": f"{IMAGE}-own"},
    )
    (mine.root / "Dockerfile").unlink()
    (mine.root / "own").write_text(
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG WHERE=/a\nCOPY main.py ${WHERE}/\nUSER 1000\n"
    )
    flags = f"{NETWORK} -f own"
    for words in (["build"], ["record"]):
        done = mine.labcoat("image", *words, LABCOAT_DOCKER_FLAGS=flags)
        assert done.returncode == 0, done.stderr
    elsewhere = mine.labcoat("image", "build", LABCOAT_DOCKER_FLAGS=f"{flags} --build-arg WHERE=/b")
    (mine.root / "own").write_text((mine.root / "own").read_text() + "ENV A=b\n")
    changed = mine.labcoat("image", "build", LABCOAT_DOCKER_FLAGS=flags)
    docker("image", "rm", "--force", f"{IMAGE}-own")
    assert messages.OTHER_INPUTS.format("WHERE=") in elsewhere.stderr
    assert messages.OTHER_INPUTS.format("another Dockerfile") in changed.stderr
    assert not (mine.root / "Dockerfile").exists()


def test_an_image_of_another_lock_is_not_pushed(place: Workplace) -> None:
    """It has other packages than the repository's lock."""
    lock = place.root / "requirements.txt"
    lock.write_text(SIX + "# moved\n")
    pushed = place.labcoat("image", "push")
    lock.write_text(SIX)
    assert pushed.returncode == 1
    assert "requirements.txt" in pushed.stderr.splitlines()[-2]


def test_a_base_of_another_python_is_refused(place: Workplace) -> None:
    """All levels have the same minor version."""
    version = place.root / ".python-version"
    version.write_text("3.12\n")
    built = place.labcoat("image", "build")
    version.write_text("3.11\n")
    assert built.returncode == 1
    assert engine.BASE_IMAGE_HAS.format("Python 3.11, not 3.12") in built.stderr.splitlines()[-2]


def test_a_file_with_another_hash_is_refused(place: Workplace) -> None:
    """The build stops, and the existing image is unchanged."""
    lock = place.root / "requirements.txt"
    before = docker("image", "inspect", "--format", "{{.Id}}", IMAGE)
    lock.write_text(re.sub(r"sha256:\w{4}", "sha256:0000", SIX))
    built = place.labcoat("image", "build")
    lock.write_text(SIX)
    assert built.returncode == 1
    assert "six==1.17.0" in built.stderr.splitlines()[-2]
    assert docker("image", "inspect", "--format", "{{.Id}}", IMAGE) == before


def test_two_builds_without_cache_give_the_same_image(place: Workplace) -> None:
    """`image verify` reports the same id, layers and content."""
    verified = place.labcoat("image", "verify")
    assert verified.returncode == 0, verified.stderr
    assert [line.split()[:2] for line in verified.stdout.splitlines()] == [
        ["id", "same"],
        ["layers", "same"],
        ["content", "same"],
    ]


def test_a_clone_elsewhere_builds_the_same_image(place: Workplace, tmp_path: Path) -> None:
    """From a folder with another name, with other file modes and times."""
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


def test_a_folder_and_an_archive_as_the_context_give_the_same_layers(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """With links, modes, empty folders and odd names; --file selects the folder."""
    root = create_project(tmp_path / "odd", repository)
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
    """The image lock, during a test."""
    recorded = place.labcoat("image", "record")
    assert recorded.returncode == 0, recorded.stderr
    path = place.root / "image.lock.yaml"
    yield path
    path.unlink()
    place.labcoat("image", "build")


def replace_text(record: Path, before: str, after: str) -> None:
    text, count = re.subn(before, after, record.read_text(), count=1)
    assert count == 1
    record.write_text(text)


def test_changed_sources_do_not_change_the_package_layers(place: Workplace, record: Path) -> None:
    """Other package layers than the recorded ones are a warning."""
    source = place.root / "main.py"
    before = source.read_text()
    try:
        source.write_text("print('changed')\n")
        changed = place.labcoat("image", "build")
    finally:
        source.write_text(before)
    replace_text(record, r"(layers:\n- \S+\n- )\S+", rf"\1sha256:{'0' * 64}")
    drifted = place.labcoat("image", "build")
    assert "lock.yaml" not in changed.stderr
    assert messages.OTHER_LAYERS in drifted.stderr


def test_an_image_lock_with_other_inputs_is_a_warning(place: Workplace, record: Path) -> None:
    """With the input, and the command that updates the file."""
    replace_text(record, r"lock: \S+", "lock: sha256:other")
    built = place.labcoat("image", "build")
    assert messages.OTHER_INPUTS.format("another lock") in built.stderr.splitlines()[-2]


def test_on_another_base_only_the_packages_are_compared(place: Workplace, record: Path) -> None:
    """Its layers differ, but the contents of the wheels must not."""
    replace_text(record, r"base: \S+", "base: python:3.11@sha256:other")
    same = place.labcoat("image", "build")
    replace_text(record, r"inventory: \S+", "inventory: sha256:other")
    other = place.labcoat("image", "build")
    assert "lock.yaml" not in same.stderr
    assert messages.OTHER_PACKAGES in other.stderr


def test_a_killed_build_leaves_the_image_unchanged(place: Workplace) -> None:
    """The tag moves to the new image only when it is complete; the next build works."""
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


def test_no_layer_repeats_files_of_lower_layers(place: Workplace) -> None:
    """For unchanged files, containerd's store would write another layer than Docker's own."""
    with open_image_archive(Project(place.root), IMAGE) as image:
        below = {entry.line() for entry in image.entries(0)}
        for layer in range(1, len(image.layers)):
            entries = list(image.entries(layer))
            parents = {str(folder) for entry in entries for folder in Path(entry.path).parents}
            assert not [
                entry.path
                for entry in entries
                if entry.line() in below and entry.path not in parents
            ]
            below |= {entry.line() for entry in entries}


def test_large_packages_have_their_own_layer(place: Workplace) -> None:
    """Changes of other packages do not rebuild it; a build argument lists the large packages."""
    name = f"{IMAGE}-large"
    flags = f"{NETWORK} --build-arg LARGE=six"
    built = place.labcoat("image", "build", LABCOAT_IMAGE=name, LABCOAT_DOCKER_FLAGS=flags)
    assert built.returncode == 0, built.stderr
    with open_image_archive(Project(place.root), name) as image:
        paths = [
            {entry.path for entry in image.entries(layer)} for layer in range(len(image.layers))
        ]
        layers = [
            layer
            for layer, layer_paths in enumerate(paths)
            if "opt/venv/lib/python3.11/site-packages/six.py" in layer_paths
        ]
    docker("image", "rm", "--force", name)
    assert layers == [1]


def test_strip_leaves_out_tests_and_headers_of_packages(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """The package works, and prove reports the parts and still finds real differences."""
    root = create_project(tmp_path / "numpy", repository)
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
            remaining = [
                path.removeprefix(site)
                for path, entry in image.merged_entries().items()
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
    assert [path for path in remaining if strip.is_stripped(path, strip.KINDS)] == []
    assert refuted.returncode == 1
    assert "numpy/version.py of numpy was removed" in refuted.stdout


def test_a_custom_dockerfile_is_built_with_warnings_about_lost_guarantees(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """Prove compares the base's Python with the lock; verify reports how two builds differ."""
    root = create_project(tmp_path / "own", repository)
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
