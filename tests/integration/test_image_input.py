"""What is piped into a program in the image, and an image that starts a program of its own."""

import signal
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from support.workplace import IMAGE, NETWORK, Workplace, containers_of, docker, laid_out

pytestmark = pytest.mark.docker
OWN = f"{IMAGE}-entrypoint"


def piped(place: Workplace, given: bytes, *argv: str) -> "subprocess.CompletedProcess[bytes]":
    """Run `argv` in the image with `given` on its standard input."""
    words = place.words("run", "--in", "docker", "--", *argv)
    return subprocess.run(
        words,
        cwd=place.root,
        env=place.environ,
        input=given,
        capture_output=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("size", [0, 3, 20_000_000], ids=["nothing", "a word", "20 MB"])
def test_standard_input_reaches_the_program_byte_by_byte(place: Workplace, size: int) -> None:
    """Whatever the bytes, all of them and their end are there."""
    given = (bytes(range(256)) * (size // 256 + 1))[:size]
    ended = piped(place, given, "sha256sum")
    assert (ended.returncode, ended.stdout.split()[0].decode()) == (0, sha256(given).hexdigest()), (
        ended.stderr
    )


def test_a_program_may_end_before_it_has_read_all(place: Workplace) -> None:
    """Its output and status are what counts; nothing is said of the rest."""
    ended = piped(place, b"first\n" + b"x" * 5_000_000, "sh", "-c", "read line; echo $line; exit 6")
    assert (ended.returncode, ended.stdout, ended.stderr) == (6, b"first\n", b"")


@pytest.mark.parametrize("interrupted", [False, True], ids=["by itself", "by a signal"])
def test_a_pipe_that_stays_open_holds_nobody_back(place: Workplace, *, interrupted: bool) -> None:
    """Where the program ends, labcoat ends, with its status, though more could come."""
    line = "trap 'exit 9' TERM; read line; echo $line; while [ $line = wait ]; do sleep 0.1; done; exit 5"
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


def test_without_input_a_program_reads_an_end(place: Workplace) -> None:
    """The null device is the null device inside, and a standard input that is closed is nothing to read."""
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
def own_program(place: Workplace) -> Iterator[Workplace]:
    """The project with an image, as of a Dockerfile of one's own, that starts Python whatever it is given."""
    text = f'FROM {IMAGE}\nENTRYPOINT ["python3"]\nCMD ["-c", "print(1)"]\n'
    subprocess.run(
        ["docker", "build", "-q", NETWORK, "-t", OWN, "-"],
        input=text,
        text=True,
        check=True,
        capture_output=True,
    )
    yield Workplace(place.root, {**place.environ, "LABCOAT_IMAGE": OWN})
    docker("image", "rm", "--force", OWN)


def test_an_entrypoint_of_ones_own_is_in_nobodys_way(own_program: Workplace) -> None:
    """`run` and `shell` start the program that was asked for, and one that is not there is named."""
    ended = own_program.in_image("sh -c 'echo $0 $1' one two")
    assert (ended.stdout, ended.stderr) == ("one two\n", "")
    words = own_program.words("shell", "--in", "docker")
    environ = dict(own_program.environ)
    shell = subprocess.run(
        words,
        cwd=own_program.root,
        env=environ,
        input="echo $0; exit 3\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shell.stdout, shell.returncode) == ("/bin/sh\n", 3), shell.stderr
    absent = own_program.in_image("no-such-program")
    assert absent.returncode == 127
    assert "has no program no-such-program" in absent.stderr


def test_a_project_may_have_quotes_in_its_path(
    place: Workplace, tmp_path: Path, repository: Path
) -> None:
    """A shell opens in it, and a build reads a bundle of certificates in it."""
    root = laid_out(tmp_path / 'a "b", c', repository)
    (root / "Dockerfile").write_text(
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN --mount=type=secret,id=certificates grep -q mine /run/secrets/certificates\n"
    )
    (root / 'own "ca".pem').write_text("mine")
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
    built = quoted.labcoat(
        "image", "build", LABCOAT_CA_BUNDLE='own "ca".pem', LABCOAT_IMAGE=f"{IMAGE}-quoted"
    )
    docker("image", "rm", "--force", f"{IMAGE}-quoted")
    assert shell.stdout == f"{root}\n", shell.stderr
    assert built.returncode == 0, built.stderr


def test_a_command_has_to_be_given(place: Workplace) -> None:
    """On no level is there a program that runs where none was asked for."""
    for level in ("none", "venv", "docker"):
        ended = place.labcoat("run", "--in", level)
        assert ended.returncode == 1
        assert ended.stderr.startswith("labcoat: There is no command to run.\n"), ended.stderr
