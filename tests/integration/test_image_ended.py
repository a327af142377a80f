"""labcoat removes its files and processes when a signal ends it, as CI services do."""

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
def default_hangup() -> Iterator[None]:
    """Children have SIGHUP's default action, even if the tests run below nohup(1)."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@dataclass
class RunningLabcoat:
    """A running labcoat, its temporary folder and its project."""

    process: "subprocess.Popen[bytes]"
    temporary: Path
    root: Path

    def wait_until(
        self, condition: Callable[["RunningLabcoat"], object], every: float = 0.05
    ) -> "RunningLabcoat":
        """Wait until `condition` holds, which is asked `every` so many seconds; return self."""
        while not condition(self):
            assert self.process.poll() is None, "it ended before the signal"
            time.sleep(every)
        return self

    def send_signal(self, number: int) -> int:
        """Send it a signal and wait for its end; return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def project_processes(self) -> list[str]:
        """Return the command lines of the processes in the project's folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (process / "cwd").readlink() == self.root:
                    found.append((process / "cmdline").read_text().replace("\0", " "))
        return found


@pytest.fixture
def start(place: Workplace, tmp_path: Path) -> Iterator[Callable[..., RunningLabcoat]]:
    """A function that starts labcoat with its own TMPDIR, ignoring SIGHUP for `nohup`."""
    started = []

    def start_labcoat(*words: str, nohup: bool = False) -> RunningLabcoat:
        ignoring = "trap '' HUP; " if nohup else ""
        line = ["sh", "-c", f'{ignoring}exec "$@"', "sh", *place.words(*words)]
        environ = {**place.environ, "TMPDIR": str(tmp_path)}
        quiet = subprocess.DEVNULL
        started.append(
            subprocess.Popen(line, cwd=place.root, env=environ, stdout=quiet, stderr=quiet)
        )
        return RunningLabcoat(started[-1], tmp_path, place.root)

    yield start_labcoat
    for each in started:
        each.kill()
        each.wait()


def has_saved_image(working: RunningLabcoat) -> object:
    return next(working.temporary.glob("labcoat-*/*"), None)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_saved_image_is_removed(start: Callable[..., RunningLabcoat], number: int) -> None:
    """`image audit` saves the image to a large file."""
    working = start("image", "audit").wait_until(has_saved_image)
    assert working.send_signal(number) == 128 + number
    assert list(working.temporary.iterdir()) == []
    assert working.project_processes() == []


def test_nohup_is_respected(start: Callable[..., RunningLabcoat]) -> None:
    """SIGHUP stays ignored if it was when labcoat started."""
    assert (
        start("image", "audit", nohup=True).wait_until(has_saved_image).send_signal(signal.SIGHUP)
        == 0
    )


@pytest.mark.parametrize("number", SIGNALS)
def test_a_build_ends(start: Callable[..., RunningLabcoat], place: Workplace, number: int) -> None:
    """The builder ends with labcoat, and its context is removed."""
    own = (place.root / "Dockerfile").read_text()
    (place.root / "Dockerfile").write_text(f"{own}RUN sleep 300\n")
    try:
        working = start("image", "build").wait_until(
            lambda working: any(
                "build" in line and "--iidfile" in line for line in working.project_processes()
            )
        )
        assert working.send_signal(number) == 128 + number
        assert list(working.temporary.iterdir()) == []
        assert working.project_processes() == []
    finally:
        (place.root / "Dockerfile").write_text(own)


def test_images_of_verify_are_removed(start: Callable[..., RunningLabcoat]) -> None:
    """The tag of the first build, if the second is interrupted."""

    def verify_tag(_: RunningLabcoat) -> str:
        return docker("image", "ls", "--quiet", f"{IMAGE}:labcoat-verify-1")

    # The second build takes seconds, and so does a processor that is asked without a pause.
    working = start("image", "verify").wait_until(verify_tag, every=0.5)
    assert working.send_signal(signal.SIGTERM) == 128 + signal.SIGTERM
    assert verify_tag(working) == ""
    assert list(working.temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE])
@pytest.mark.parametrize("level", ["none", "docker"])
def test_a_program_starts_with_default_signal_actions(
    place: Workplace, level: str, number: signal.Signals
) -> None:
    """Whatever labcoat's own handlers are."""
    ended = place.labcoat(
        "run", "--in", level, "--", "sh", "-c", f"sh -c 'kill -{number.value} $$'; echo $?"
    )
    assert ended.stdout == f"{128 + number}\n", ended.stderr
