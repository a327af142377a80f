"""The layers of a real image are reproducible, and hold only what they should."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from labcoat.container.inspect.image_archive import open_image_archive
from labcoat.core.project import Project
from labcoat.inventory import strip
from support.messages import proof
from support.workplace import IMAGE, NETWORK, Workplace, create_project, docker

pytestmark = pytest.mark.docker


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
    assert "tests, headers, bytecode (LABCOAT_STRIP)" in proved.stdout
    assert kept
    assert works.stdout == "3.0\n"
    assert [path for path in remaining if strip.is_stripped(path, strip.KINDS)] == []
    assert refuted.returncode == 1
    assert proof.REMOVED.format(path="numpy/version.py", package="numpy") in refuted.stdout


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
