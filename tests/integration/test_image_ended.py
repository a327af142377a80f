"""labcoat, told to end while it works on an image, as continuous integration does: nothing of its own is left."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.workplace import IMAGE, Workplace, docker

pytestmark = pytest.mark.docker
SIGNALS = [signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """A hang-up is heeded by what is started here, though the tests themselves may run below nohup(1)."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@dataclass
class Working:
    """A labcoat at work, and the folder of its temporary files."""

    process: "subprocess.Popen[bytes]"
    temporary: Path
    root: Path

    def once(self, is_so: Callable[["Working"], object]) -> "Working":
        """Wait until something is so."""
        while not is_so(self):
            assert self.process.poll() is None, "it ended before it could be told to"
            time.sleep(0.005)
        return self

    def told(self, number: int) -> int:
        """Send it a signal; its status once it has ended."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def others(self) -> list[str]:
        """The command lines of what runs in the project's folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (process / "cwd").readlink() == self.root:
                    found.append((process / "cmdline").read_text().replace("\0", " "))
        return found


@pytest.fixture
def start(place: Workplace, tmp_path: Path) -> Iterator[Callable[..., Working]]:
    """Starts labcoat with temporary files in a folder of its own; `nohup` as the program of that name does."""
    started = []

    def begin(*words: str, nohup: bool = False) -> Working:
        ignoring = "trap '' HUP; " if nohup else ""
        line = ["sh", "-c", f'{ignoring}exec "$@"', "sh", *place.words(*words)]
        environ = {**place.environ, "TMPDIR": str(tmp_path)}
        quiet = subprocess.DEVNULL
        started.append(
            subprocess.Popen(line, cwd=place.root, env=environ, stdout=quiet, stderr=quiet)
        )
        return Working(started[-1], tmp_path, place.root)

    yield begin
    for each in started:
        each.kill()
        each.wait()


def saves(working: Working) -> object:
    return next(working.temporary.glob("labcoat-*/*"), None)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_saved_image_goes(start: Callable[..., Working], number: int) -> None:
    """`image audit` saves the image to a file, which is large."""
    working = start("image", "audit").once(saves)
    assert working.told(number) == 128 + number
    assert list(working.temporary.iterdir()) == []
    assert working.others() == []


def test_what_is_to_outlive_its_terminal_does(start: Callable[..., Working]) -> None:
    """A hang-up that is ignored, as nohup(1) sees to it, is ignored."""
    assert start("image", "audit", nohup=True).once(saves).told(signal.SIGHUP) == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_a_build_ends(start: Callable[..., Working], place: Workplace, number: int) -> None:
    """The builder ends with labcoat, and what it was sent goes."""
    own = (place.root / "Dockerfile").read_text()
    (place.root / "Dockerfile").write_text(f"{own}RUN sleep 300\n")
    try:
        working = start("image", "build").once(
            lambda working: any(
                "build" in line and "--iidfile" in line for line in working.others()
            )
        )
        assert working.told(number) == 128 + number
        assert list(working.temporary.iterdir()) == []
        assert working.others() == []
    finally:
        (place.root / "Dockerfile").write_text(own)


def test_what_verify_built_goes(start: Callable[..., Working]) -> None:
    """The tag of the first build is gone when the second is broken off."""

    def tagged(_: Working) -> str:
        return docker("image", "ls", "--quiet", f"{IMAGE}:labcoat-verify-1")

    working = start("image", "verify").once(tagged)
    assert working.told(signal.SIGTERM) == 128 + signal.SIGTERM
    assert tagged(working) == ""
    assert list(working.temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE])
@pytest.mark.parametrize("level", ["none", "docker"])
def test_a_program_has_signals_as_they_are_by_default(
    place: Workplace, level: str, number: signal.Signals
) -> None:
    """Whatever labcoat does about them itself."""
    ended = place.labcoat(
        "run", "--in", level, "--", "sh", "-c", f"sh -c 'kill -{number.value} $$'; echo $?"
    )
    assert ended.stdout == f"{128 + number}\n", ended.stderr
