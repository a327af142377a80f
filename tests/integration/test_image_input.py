"""Standard input and terminal of a program in the image, and images with an entrypoint."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from support.messages import engine as messages
from support.workplace import IMAGE, NETWORK, Workplace, containers_of, create_project, docker

pytestmark = pytest.mark.docker
ENTRYPOINT_IMAGE = f"{IMAGE}-entrypoint"
ROWS, COLUMNS = 31, 97
PROGRAM = (
    "import os,time; print('size', *os.get_terminal_size()); print('got', input('name? '));"
    "print('waits', flush=True); time.sleep(60)"
)


def run_with_input(
    place: Workplace, data: bytes, *argv: str
) -> "subprocess.CompletedProcess[bytes]":
    """Run `argv` in the image with `data` as its standard input."""
    words = place.words("run", "--in", "docker", "--", *argv)
    return subprocess.run(
        words,
        cwd=place.root,
        env=place.environ,
        input=data,
        capture_output=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("size", [0, 3, 20_000_000], ids=["nothing", "a word", "20 MB"])
def test_standard_input_reaches_the_program_byte_by_byte(place: Workplace, size: int) -> None:
    """All bytes, up to the end."""
    data = (bytes(range(256)) * (size // 256 + 1))[:size]
    ended = run_with_input(place, data, "sha256sum")
    assert (ended.returncode, ended.stdout.split()[0].decode()) == (0, sha256(data).hexdigest()), (
        ended.stderr
    )


def test_a_program_may_end_before_reading_all_input(place: Workplace) -> None:
    """The rest is discarded without an error."""
    data = b"first\n" + b"x" * 5_000_000
    ended = run_with_input(place, data, "sh", "-c", "read line; echo $line; exit 6")
    assert (ended.returncode, ended.stdout, ended.stderr) == (6, b"first\n", b"")


@pytest.mark.parametrize("interrupted", [False, True], ids=["by itself", "by a signal"])
def test_an_open_pipe_does_not_delay_the_end(place: Workplace, *, interrupted: bool) -> None:
    """labcoat ends with the program and its status, although more input could come."""
    line = (
        "trap 'exit 9' TERM; read line; echo $line; "
        "while [ $line = wait ]; do sleep 0.1; done; exit 5"
    )
    words = place.words("run", "--in", "docker", "--", "sh", "-c", line)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, cwd=place.root, env=place.environ, stdin=pipe, stdout=pipe
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(b"wait\n" if interrupted else b"go\n")
        running.stdin.flush()
        assert running.stdout.readline() in {b"wait\n", b"go\n"}
        if interrupted:
            running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=60) == (9 if interrupted else 5)
    assert containers_of(place.root) == ""


def test_without_input_a_program_reads_the_end(place: Workplace) -> None:
    """Both the null device and a closed standard input become the null device."""
    words = place.words("run", "--in", "docker", "--", "sh", "-c", "readlink /proc/self/fd/0; cat")
    null = subprocess.run(
        words,
        cwd=place.root,
        env=place.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    assert null.stdout == b"/dev/null\n"
    closed = ["sh", "-c", 'exec "$@" <&-', "sh", *words]
    assert (
        subprocess.run(
            closed, cwd=place.root, env=place.environ, capture_output=True, check=True
        ).stdout
        == b"/dev/null\n"
    )


@pytest.fixture(scope="module")
def entrypoint_project(
    place: Workplace, tmp_path_factory: pytest.TempPathFactory, repository: Path
) -> Iterator[Workplace]:
    """A project whose Dockerfile gives the image an entrypoint, which is Python."""
    root = create_project(tmp_path_factory.mktemp("entrypoint") / "project", repository)
    text = f'FROM {IMAGE}\nENTRYPOINT ["python3"]\nCMD ["-c", "print(1)"]\n'
    subprocess.run(
        ["docker", "build", "-q", NETWORK, "-t", ENTRYPOINT_IMAGE, "-"],
        input=text,
        text=True,
        check=True,
        capture_output=True,
    )
    (root / "Dockerfile").write_text(text)
    yield Workplace(root, {**place.environ, "LABCOAT_IMAGE": ENTRYPOINT_IMAGE})
    docker("image", "rm", "--force", ENTRYPOINT_IMAGE)


def test_run_and_shell_replace_the_entrypoint(entrypoint_project: Workplace) -> None:
    """They start the requested program, and name a missing one."""
    ended = entrypoint_project.in_image("sh -c 'echo $0 $1' one two")
    assert (ended.stdout, ended.stderr) == ("one two\n", "")
    words = entrypoint_project.words("shell", "--in", "docker")
    environ = dict(entrypoint_project.environ)
    shell = subprocess.run(
        words,
        cwd=entrypoint_project.root,
        env=environ,
        input="echo $0; exit 3\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shell.stdout, shell.returncode) == ("/bin/sh\n", 3), shell.stderr
    absent = entrypoint_project.in_image("no-such-program")
    assert absent.returncode == 127
    assert messages.NO_PROGRAM.format(ENTRYPOINT_IMAGE, "no-such-program") in absent.stderr


def test_a_projects_path_may_contain_quotes(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """For a shell, and for a build that reads a certificate bundle in it."""
    root = create_project(tmp_path / 'a "b", c', repository)
    quoted = Workplace(root, place.environ)
    words = quoted.words("shell", "--in", "docker")
    shell = subprocess.run(
        words,
        cwd=root,
        env=dict(place.environ),
        input="pwd\n",
        capture_output=True,
        text=True,
        check=False,
    )
    (root / "Dockerfile").write_text(
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n"
        "RUN --mount=type=secret,id=certificates grep -q mine /run/secrets/certificates\n"
    )
    (root / 'own "ca".pem').write_text("mine")
    built = quoted.labcoat(
        "image", "build", LABCOAT_CA_BUNDLE='own "ca".pem', LABCOAT_IMAGE=f"{IMAGE}-quoted"
    )
    docker("image", "rm", "--force", f"{IMAGE}-quoted")
    assert shell.stdout == f"{root}\n", shell.stderr
    assert built.returncode == 0, built.stderr


def read_until(terminal: int, wanted: bytes) -> bytes:
    """Return what the terminal shows, up to `wanted`."""
    shown, end = b"", time.monotonic() + 60
    while wanted not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            try:
                shown += os.read(terminal, 4096)
            except OSError:  # the program ended
                break
    assert wanted in shown, shown
    return shown


def test_program_in_the_image_has_the_terminal(place: Workplace) -> None:
    """It reads a line, knows the size, and Ctrl-C ends it with 130."""
    words = place.words("run", "--in", "docker", "--", "python3", "-c", PROGRAM)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(place.root)
        os.execvpe(words[0], [str(word) for word in words], place.environ)  # noqa: S606
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        assert f"size {COLUMNS} {ROWS}".encode() in read_until(terminal, b"name? ")
        os.write(terminal, b"Ada\n")
        read_until(terminal, b"waits")
        os.write(terminal, b"\x03")
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 130
    finally:
        os.close(terminal)
    assert containers_of(place.root) == ""


def test_a_run_without_a_command_is_refused(place: Workplace) -> None:
    """On every level with the same message."""
    for level in ("none", "venv", "docker"):
        ended = place.labcoat("run", "--in", level)
        assert ended.returncode == 1
        assert "error: no command to run\n" in ended.stderr, ended.stderr
