"""The image, run by a real engine: as the user, in containers that are removed at the end."""

import json
import re
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.messages import levels as messages
from support.workplace import IMAGE, SIX, Workplace, containers_of, docker

pytestmark = pytest.mark.docker


def test_image_runs_without_mounts(place: Workplace) -> None:
    """It holds the project's files and the locked packages."""
    assert docker("run", "--rm", IMAGE, "python", "main.py") == "six 1.17.0"


def test_image_has_a_user_and_no_tools(place: Workplace) -> None:
    """Uid 1000 is named labcoat and owns the project; there is no pip, uv or installer's cache."""
    line = "id -un; id -u; touch main.py && echo owned; ls /opt; ls /opt/venv/bin"
    output = docker("run", "--rm", IMAGE, "sh", "-c", line).splitlines()
    # Only root can list root's home directory.
    caches = docker(
        "run",
        "--rm",
        "--user",
        "0",
        IMAGE,
        "sh",
        "-c",
        "ls -A /cache ~root/.cache 2>/dev/null || true",
    )
    assert output[:4] == ["labcoat", "1000", "owned", "venv"]
    assert not {word for word in output[4:] if re.match(r"pip|uv|wheel", word)}
    assert caches == ""


def test_labels_name_what_the_image_was_built_from(
    place: Workplace, inspected: Mapping[str, str]
) -> None:
    """They have the lock, the base image and the commit; its time is the commit's."""
    commit = subprocess.run(
        ["git", "log", "-1", "--format=%H %ct"],
        cwd=place.root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert '"org.labcoat.lock.digest":"sha256:' in inspected["labels"]
    assert '"org.opencontainers.image.base.digest":"sha256:' in inspected["labels"]
    assert f'"org.opencontainers.image.revision":"{commit[0]}' in inspected["labels"]
    assert inspected["created"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(commit[1])))


def test_byte_code_has_no_time(place: Workplace) -> None:
    """Every module has byte code of PEP 552's unchecked kind, and all files have the same time."""
    line = (
        "import pathlib; files = list(pathlib.Path('/opt/venv').rglob('*'));"
        "print({f.read_bytes()[4] for f in files if f.suffix == '.pyc'},"
        "      len({f.lstat().st_mtime for f in files}))"
    )
    assert docker("run", "--rm", IMAGE, "python", "-B", "-c", line) == "{1} 1"


def test_both_streams_and_the_status_are_passed_on(place: Workplace) -> None:
    # The engine loses output of a container that ends before it has opened both streams.
    ended = place.in_image("sh -c 'echo out; echo err >&2; sleep 0.3; exit 7'")
    assert (ended.stdout, ended.stderr, ended.returncode) == ("out\n", "err\n", 7)


def test_output_is_passed_on_at_once(place: Workplace) -> None:
    """A line arrives while the program that wrote it still runs."""
    line = [
        "run",
        "--in",
        "docker",
        "--",
        "python",
        "-c",
        "import time; print('first'); time.sleep(60)",
    ]
    with subprocess.Popen(
        place.words(*line), cwd=place.root, env=place.environ, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"first\n"
        assert running.poll() is None
        running.send_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("number", "line", "status"),
    [
        (
            signal.SIGINT,
            "import time\ntry:\n print('up'); time.sleep(60)\n"
            "except KeyboardInterrupt: raise SystemExit(9)",
            9,
        ),
        (
            signal.SIGTERM,
            "import signal, time; signal.signal(15, lambda *_: exit(8));"
            "print('up'); time.sleep(60)",
            8,
        ),
    ],
    ids=["SIGINT", "SIGTERM"],
)
def test_signals_reach_the_program_and_the_container_is_removed(
    place: Workplace, number: signal.Signals, line: str, status: int
) -> None:
    """The program may handle the signal; its status is passed on."""
    words = place.words("run", "--in", "docker", "--", "python", "-c", line)
    with subprocess.Popen(
        words, cwd=place.root, env=place.environ, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"up\n"
        running.send_signal(number)
        assert running.wait(timeout=30) == status
    assert containers_of(place.root) == ""


def test_container_is_removed_even_if_labcoat_is_killed(place: Workplace) -> None:
    """The engine removes it when its program ends."""
    words = place.words(
        "run", "--in", "docker", "--", "python", "-c", "import time; print('up'); time.sleep(2)"
    )
    with subprocess.Popen(
        words, cwd=place.root, env=place.environ, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.kill()
    deadline = time.monotonic() + 30
    while containers_of(place.root) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert containers_of(place.root) == ""


def test_files_written_in_the_project_belong_to_the_user(place: Workplace) -> None:
    """A program runs in the project's directory as its owner, with a separate home directory."""
    ended = place.in_image(
        'sh -c \'pwd; echo x >written; python -c "import getpass; print(getpass.getuser())";'
        " touch ~/here'"
    )
    assert ended.stdout.splitlines() == [str(place.root), "labcoat"], ended.stderr
    assert (place.root / "written").stat().st_uid == place.root.stat().st_uid
    (place.root / "written").unlink()


def test_data_is_mounted_read_only_at_its_own_path(place: Workplace, tmp_path: Path) -> None:
    """Its name may have a colon and a comma; a word of LABCOAT_MOUNTS without a path is ignored."""
    data = tmp_path / "dätä: a, b"
    data.mkdir()
    (data / "one").write_text("1")
    quoted = shlex.quote(str(data))
    ended = place.in_image(
        f"sh -c {shlex.quote(f'cat {quoted}/one; touch {quoted}/two')}",
        LABCOAT_MOUNTS=f"synthetic:{data}",
    )
    assert ended.stdout == "1"
    assert "Read-only file system" in ended.stderr
    assert not (data / "two").exists()


def test_missing_program_is_named(place: Workplace) -> None:
    """The status is 127, as in a shell."""
    ended = place.in_image("no-such-program")
    assert ended.returncode == 127
    assert "has no program `no-such-program`" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert containers_of(place.root) == ""


@pytest.mark.parametrize(
    ("settings", "what", "todo"),
    [
        ({"LABCOAT_CPUS": "10000"}, "ange of CPUs is from", "LABCOAT_CPUS"),
        ({"LABCOAT_MEMORY": "1m"}, "Minimum memory", "LABCOAT_MEMORY"),
    ],
    ids=["processors", "memory"],
)
def test_container_that_cannot_start_is_explained(
    place: Workplace, settings: dict[str, str], what: str, todo: str
) -> None:
    """The hint names the setting; no container stays."""
    happened, do = place.in_image("true", **settings).stderr.splitlines()
    assert what in happened
    assert todo in do
    assert containers_of(place.root) == ""


# Without a handler a container's first process is killed only after ten seconds.
ENDS_AT_ONCE = "trap exit TERM; echo up; sleep 60 & wait"


def test_two_ports_may_lead_to_one_port_of_the_container(place: Workplace) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        ports = [each.getsockname()[1] for each in (one, other)]
    settings = {
        "LABCOAT_PORTS": " ".join(f"{port}:80" for port in ports),
        "LABCOAT_DOCKER_FLAGS": "",
    }
    words = place.words("run", "--in", "docker", "--", "sh", "-c", ENDS_AT_ONCE)
    with subprocess.Popen(
        words, cwd=place.root, env={**place.environ, **settings}, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        published = docker(
            "inspect", "--format", "{{json .HostConfig.PortBindings}}", containers_of(place.root)
        )
        running.terminate()
    assert sorted(int(each["HostPort"]) for each in json.loads(published)["80/tcp"]) == sorted(
        ports
    )


def test_program_that_runs_out_of_memory_is_explained(place: Workplace) -> None:
    """The limit is named, and the status is that of a killed program."""
    ended = place.in_image("python -c 'bytearray(200 << 20)'", LABCOAT_MEMORY="32m")
    assert ended.returncode == 137
    assert "LABCOAT_MEMORY" in ended.stderr


def test_stale_or_missing_image_is_refused(place: Workplace) -> None:
    """Nothing runs."""
    lock = place.root / "requirements.txt"
    lock.write_text(f"# changed\n{SIX}")
    refused = place.in_image("true")
    lock.write_text(SIX)
    absent = place.in_image("true", LABCOAT_IMAGE="labcoat-test/no-such-image")
    assert messages.OLD_IMAGE.format(image=IMAGE, lock="requirements.txt") in refused.stderr
    missing = messages.NO_IMAGE.format(image="labcoat-test/no-such-image")
    assert missing in absent.stderr
    for ended in (refused, absent):
        assert ended.returncode == 1
        assert "make docker" in ended.stderr
        assert len(ended.stderr.splitlines()) == 2


def test_image_can_be_inspected(place: Workplace) -> None:
    """Its packages, sizes and bill of materials are printed, and it has no secret."""
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
    assert place.labcoat("image", "sbom", "--output", "/dev/fd/1").stdout == bills[0]


def test_directory_named_image_lock_yaml_is_refused(place: Workplace) -> None:
    """`labcoat image record` leaves it unchanged."""
    (place.root / "image.lock.yaml").mkdir()
    ended = place.labcoat("image", "record")
    (place.root / "image.lock.yaml").rmdir()
    assert ended.returncode == 1
    what, todo = ended.stderr.splitlines()
    assert what.endswith("image.lock.yaml: not a regular file")
    assert todo == "hint: Move it to another place"


def test_closed_output_ends_the_program(place: Workplace) -> None:
    """Without a message, as for any program that gets SIGPIPE; no container stays."""
    words = place.words(
        "run", "--in", "docker", "--", "python", "-c", "for i in range(1000000): print(i)"
    )
    with subprocess.Popen(
        words, cwd=place.root, env=place.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline() == b"0\n"
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 128 + signal.SIGPIPE
    assert containers_of(place.root) == ""
