"""apt.txt, apt.lock and the image's layer of them, from an archive on the loopback."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.apt.apt_lock import read_lock
from labcoat.container.filesystem.dpkg_packages import compare_locked, is_list, read_packages
from labcoat.container.filesystem.dpkg_records import is_record
from labcoat.container.inspect.export import created_container, read_container
from labcoat.container.inspect.export_reader import Wanted
from labcoat.core.project import Project
from labcoat.levels.docker import DockerLevel
from support.debian_archive import DebianArchive
from support.messages import apt
from support.session import session_name, unique_name
from support.workplace import IMAGE, NETWORK, Workplace, create_project, docker

pytestmark = pytest.mark.docker
BASE = unique_name("labcoat-test/apt-base")
# The stage with the packages of apt.lock, on which all others build.
TO_SYSTEM = f"{NETWORK} --target=system"
DOCKERFILE = """FROM {}
RUN rm -rf /etc/apt/sources.list.d && mkdir /etc/apt/sources.list.d && \
    echo 'deb [trusted=yes] http://archive.invalid/debian ./' >/etc/apt/sources.list
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DebianArchive]:
    """Its packages differ in each run, so that the builder's cache has none of them."""
    served = DebianArchive(tmp_path_factory.mktemp("archive"))
    text = {"usr/share/labcoat-test/{}": session_name()}

    def add(name: str, *fields: str, postinst: str = "") -> None:
        files = {key.format(name): value for key, value in text.items()}
        served.add(name, files, *fields, postinst=postinst)

    add("libone1", "Depends: libtwo1", postinst="echo $(id -un) >/etc/one; date >/var/log/one.log")
    add("libtwo1", "Recommends: libthree1")
    add("libthree1")
    add("rival1", "Conflicts: libone1")
    add("usurper1", "Conflicts: tzdata")
    add("changed1")
    add("gone1")
    add("broken1", postinst="echo cannot be set up >&2; exit 3")
    yield served
    served.stop()


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory,
    repository: Path,
    base_image: str,
    archive: DebianArchive,
) -> Iterator[Workplace]:
    """A project on a base image whose own archive cannot be reached, only its mirror."""
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", BASE, "-"],
        input=DOCKERFILE.format(base_image),
        text=True,
        check=True,
        capture_output=True,
    )
    root = create_project(tmp_path_factory.mktemp("system") / "project", repository)
    (root / ".python-version").write_text("3.11\n")
    yield Workplace(
        root,
        os.environ
        | {
            "PYTHONPATH": str(repository / "src/lib"),
            "LABCOAT_IMAGE": f"{IMAGE}-system",
            "LABCOAT_BASE_IMAGE": BASE,
            "LABCOAT_DOCKER_FLAGS": TO_SYSTEM,
            "LABCOAT_APT_MIRROR": archive.address,
            "LABCOAT_APT_SNAPSHOT": "http://127.0.0.1:9/archive",
        },
    )
    subprocess.run(
        ["docker", "image", "rm", "--force", BASE, f"{IMAGE}-system"],
        check=False,
        capture_output=True,
    )


def lock(place: Workplace, *packages: str) -> str:
    """Lock a new apt.txt; return what labcoat says."""
    (place.root / "apt.lock").unlink(missing_ok=True)
    (place.root / "apt.txt").write_text("\n".join(packages) + "\n")
    ended = place.labcoat("lock", "--only", "system")
    assert "Traceback" not in ended.stderr
    assert (ended.returncode == 0) == (place.root / "apt.lock").exists()
    return ended.stderr


def build(place: Workplace, **settings: str) -> str:
    """Build the stage; return what labcoat says."""
    ended = place.labcoat("image", "build", **settings)
    assert "Traceback" not in ended.stderr
    return "" if ended.returncode == 0 else ended.stderr


@pytest.fixture(scope="module")
def lock_of_one(place: Workplace) -> str:
    """The lock of libone1."""
    lock(place, "libone1  # for the test")
    return (place.root / "apt.lock").read_text()


def write_lock(place: Workplace, text: str) -> None:
    """Ask for libone1, with this lock."""
    (place.root / "apt.txt").write_text("libone1\n")
    (place.root / "apt.lock").write_text(text)


def test_the_image_gets_exactly_what_is_locked(
    place: Workplace, archive: DebianArchive, lock_of_one: str
) -> None:
    """Scripts run. Two builds have the same layers, and a cache is enough for the second."""
    write_lock(place, lock_of_one)
    locked = read_lock(place.root)
    assert locked is not None
    assert [(each.name, each.path) for each in locked.all_packages()] == [
        ("libone1", "debian/libone1_1.0+x_all.deb"),
        ("libtwo1", "debian/libtwo1_1.0+x_all.deb"),
    ]
    assert "127.0.0.1" not in lock_of_one
    assert place.labcoat("lock", "--only", "system").stderr == ""
    assert (place.root / "apt.lock").read_text() == lock_of_one

    image = place.environ["LABCOAT_IMAGE"]
    assert not build(place)
    first = docker("image", "inspect", "--format", "{{.RootFS.Layers}}", image)
    # Another day in the lock: both steps run again, from the builder's cache.
    write_lock(place, re.sub(r"\d{8}T\d{6}Z", "20200101T000000Z", lock_of_one))
    moved = archive.folder.rename(archive.folder.with_name("away"))
    again = build(place)
    moved.rename(archive.folder)
    assert not again
    assert docker("image", "inspect", "--format", "{{.RootFS.Layers}}", image) == first
    layers = docker("image", "inspect", "--format", "{{len .RootFS.Layers}}", BASE)
    assert len(first.split()) == int(layers) + 1
    project = Project.at(place.root, place.environ)
    assert compare_image(project) == {}
    with created_container(project, image, image) as container:
        wanted = Wanted(lambda path, _: is_list(path), hashes=False)
        files = read_container(project, container, image, wanted)
    versions = read_packages(files).versions
    assert (versions["libone1"], versions["libtwo1"]) == ("1.0+x", "1.0+x")
    shown = run_in(image)
    assert shown[:3] == ["root", "libone1 1.0+x", "libtwo1 1.0+x"]
    assert not {"one.log", "policy-rc.d", "debs", "out", "base"} & set(shown)


def compare_image(project: Project) -> dict[str, str]:
    """Return what differs from apt.lock in the image's files."""
    with created_container(project, project.image, project.image) as container:
        wanted = Wanted(lambda path, _: is_record(path), lambda _: True)
        files = read_container(project, container, project.image, wanted)
    return {each.path: each.detail for each in compare_locked(project, files)}


def run_in(image: str) -> list[str]:
    script = (
        "cat /etc/one; dpkg-query --show --showformat '${Package} ${Version}\\n' | grep +x;"
        " ls / /var/log /usr/sbin"
    )
    return docker("run", "--rm", "--network=none", image, "sh", "-c", script).splitlines()


def test_a_tampered_package_is_a_difference(place: Workplace, lock_of_one: str) -> None:
    """So are one that is gone, and an image of an earlier lock."""
    write_lock(place, lock_of_one)
    assert not build(place)
    image = place.environ["LABCOAT_IMAGE"]
    lines = (
        f"FROM {image}\nRUN echo x >>/usr/share/labcoat-test/libone1 && dpkg --purge --force-all"
    )
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", image, "-"],
        input=f"{lines} libtwo1\n",
        text=True,
        check=True,
        capture_output=True,
    )
    project = Project.at(place.root, place.environ)
    found = compare_image(project)
    assert [*found] == ["libtwo1", "/usr/share/labcoat-test/libone1"]
    assert apt.LACKS in found["libtwo1"]
    write_lock(place, lock_of_one.replace("1.0+x", "1.1+x"))
    assert "apt.lock has changed" in DockerLevel().read_state(project).about


@pytest.mark.parametrize(
    ("packages", "message"),
    [
        (("libone1", "rival1"), apt.UNMET),
        (("usurper1",), apt.REMOVES.format("tzdata")),
        (("libone2",), apt.UNKNOWN.format("libone2")),
    ],
)
def test_what_cannot_be_installed_is_not_locked(
    place: Workplace, packages: tuple[str, ...], message: str
) -> None:
    """A conflict, also with the base image, and an unknown package."""
    said = lock(place, *packages)
    assert message in said
    if "libone2" in packages:
        assert apt.MEANT.format("libone1") in said


def test_a_package_that_is_not_the_locked_one_stops_the_build(
    place: Workplace, archive: DebianArchive
) -> None:
    """As one that is gone does, and one whose script fails."""
    lock(place, "broken1", "changed1", "gone1")
    archive.add("changed1", {"usr/share/other": session_name()}, listed=False)
    said = build(place)
    assert apt.CHANGED in said
    assert "changed1" in said
    # The steps by themselves, with a package less each time.
    lines = (place.root / "apt.lock").read_text().splitlines()
    (archive.folder / "gone1_1.0+x_all.deb").unlink()
    for without, name, reason in (
        ("changed1", "gone1", "404"),
        ("gone1", "broken1", apt.CANNOT_INSTALL),
    ):
        lines = [line for line in lines if without not in line]
        said = install(place, archive, lines)
        assert reason in said
        assert name in said


def install(
    place: Workplace, archive: DebianArchive, lines: list[str], snapshot: str = "http://127.0.0.1:9"
) -> str:
    """Install a lock of these lines in a container of the base image.

    Return what it says, or which packages are there.
    """
    script = (place.root / "install-lock.sh").read_text()
    words = ["docker", "run", "--rm", "--interactive", NETWORK]
    words += [f"--env=APT_MIRROR={archive.address}", f"--env=APT_SNAPSHOT={snapshot}"]
    steps = "cat >/i; sh /i fetch-debs && sh /i install-debs && dpkg-query --show"
    write = f"echo {shlex.quote(chr(10).join(lines))} >/tmp/apt.lock; {steps}"
    done = subprocess.run(
        [*words, BASE, "sh", "-c", write], input=script, check=False, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_an_archive_that_does_not_answer_is_named(place: Workplace) -> None:
    """With a hint at the mirror; an up-to-date lock needs no archive."""
    (place.root / "apt.txt").write_text("libone1\n")
    (place.root / "apt.lock").unlink(missing_ok=True)
    settings = {"LABCOAT_APT_MIRROR": "http://127.0.0.1:9/debian"}
    ended = place.labcoat("lock", "--only", "system", **settings)
    assert ended.returncode == 1
    assert apt.UNREACHABLE in ended.stderr


def test_a_lock_of_an_earlier_day_comes_from_that_days_archive(
    tmp_path: Path, place: Workplace
) -> None:
    """Its package is gone from the archive of today, and is installed all the same."""
    root = tmp_path / "project"
    shutil.copytree(place.root, root)
    (root / "apt.txt").write_text("libfour1\n")
    archive = DebianArchive(tmp_path / "archive")
    archive.add("libfour1", {"usr/share/four": session_name()}, version="4.0")
    snapshot = archive.keep_day("20240229T235959Z")
    archive.add("libfour1", {"usr/share/four": "new"}, version="4.1")
    settings = {"LABCOAT_APT_MIRROR": archive.address, "LABCOAT_APT_SNAPSHOT": snapshot}
    elsewhere = Workplace(root, {**place.environ, **settings})
    try:
        versions = []
        for day in ("", "2024-02-29", "2024-02-29", "2999-01-01", "2024-02-28"):
            ended = elsewhere.labcoat("lock", "--only", "system", LABCOAT_AS_OF=day)
            locked = read_lock(root)
            assert locked is not None
            assert [each.path.split("/")[0] for each in locked.all_packages()] == ["debian"]
            (date,) = locked.dates.values()
            versions.append((*(each.version for each in locked.all_packages()), date[:8]))
        assert versions[0][0] == "4.1"
        assert versions[1:] == [("4.0", "20240229")] * 4
        assert ended.returncode == 1
        assert apt.UNREACHABLE_DAY.format("2024-02-28") in ended.stderr
        lines = (root / "apt.lock").read_text().splitlines()
        assert "libfour1\t4.0\n" in install(elsewhere, archive, lines, snapshot)
    finally:
        archive.stop()


def test_an_earlier_dockerfile_is_refused(place: Workplace, lock_of_one: str) -> None:
    """It would build an image without the packages; a Dockerfile of the user's own is warned of."""
    write_lock(place, lock_of_one)
    dockerfile = place.root / "Dockerfile"
    whole = dockerfile.read_text()
    dockerfile.write_text(whole.replace("install-debs", "tools"))
    try:
        assert apt.OLD_DOCKERFILE in build(place)
    finally:
        dockerfile.write_text(whole)


def test_without_an_engine_the_rest_is_locked(
    place: Workplace, tmp_path: Path, lock_of_one: str
) -> None:
    """Only the image needs system packages."""
    write_lock(place, lock_of_one)
    root = tmp_path / "project"
    shutil.copytree(place.root, root)
    (root / "apt.txt").write_text("libthree1\n")
    elsewhere = Workplace(root, {**place.environ, "LABCOAT_DOCKER": "no-such-docker"})
    ended = elsewhere.labcoat("lock", "--only", "system")
    assert ended.returncode == 0
    assert apt.NOT_LOCKED in ended.stderr
    checked = elsewhere.labcoat("lock", "--check", "--only", "system")
    assert checked.returncode == 1
    assert apt.STALE in checked.stderr
