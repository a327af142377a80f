"""Remove what a run of the tests left, once standard input ends.

Run `python cleanup.py FOLDER SESSION`. FOLDER is the run's temporary directory, SESSION is in the
names of its images. It removes, and prints: processes that work in the directory or name it, mounts
below it, containers of projects in it, and images of the session.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
PROJECT = "org.labcoat.project"  # the label of labcoat's containers, which names a folder


def main(folder: str, session: str) -> None:
    """Wait for the end of standard input, then remove everything."""
    sys.stdin.read()
    for _ in range(3):  # a process that is ending may start another
        found = list(processes(folder, session))
        for pid, line in found:
            print(f"process {pid}: {line}")
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            break
        time.sleep(0.5)
    for mount in mounts(folder):
        print(f"mount {mount}")
        subprocess.run(["umount", "-l", mount], check=False)
    for kind, names in engine_leftovers(folder, session):
        for name in names:
            print(f"{kind} {name}")
            docker(kind, "rm", "--force", name)


def processes(folder: str, session: str) -> Iterator[tuple[int, str]]:
    """Return other processes of the session, and orphans that name `folder` or work in it."""
    orphans = {1, *(pid for pid in all_pids() if read(pid, "comm") == b"systemd\n")}
    for pid in all_pids():
        arguments, environ = read(pid, "cmdline"), read(pid, "environ")
        if not arguments or pid in (os.getpid(), os.getppid()):  # of the kernel, or ended
            continue
        is_named = os.fsencode(f"{folder}/") in arguments + environ
        is_there = is_below(working_folder(pid), folder)
        parent = int((read(pid, "stat").rpartition(b")")[2].split() or [0, 0])[1])
        if os.fsencode(session) in environ or ((is_named or is_there) and parent in orphans):
            yield pid, arguments.replace(b"\0", b" ").decode(errors="replace").strip()[:200]


def all_pids() -> list[int]:
    """The processes of this machine; none where there is no /proc."""
    return sorted(int(entry.name) for entry in PROC.glob("[0-9]*"))


def working_folder(pid: int) -> str:
    """The folder that a process works in; empty where it has ended or may not be asked."""
    try:
        return str((PROC / str(pid) / "cwd").readlink())
    except OSError:
        return ""


def read(pid: int, file: str) -> bytes:
    """A file of /proc about a process; empty where it has ended or is another user's."""
    try:
        return (PROC / str(pid) / file).read_bytes()
    except OSError:
        return b""


def mounts(folder: str) -> list[str]:
    """Mount points below `folder`, the innermost first."""
    with contextlib.suppress(OSError):
        rows = (PROC / "self/mountinfo").read_text(encoding="utf-8").splitlines()
        points = (row.split()[4].encode().decode("unicode_escape") for row in rows)
        return sorted((point for point in points if is_below(point, folder)), reverse=True)
    return []


def engine_leftovers(folder: str, session: str) -> Iterator[tuple[str, list[str]]]:
    """Containers of projects below `folder` or of the session's images, then those images."""
    parts = {session}
    with contextlib.suppress(OSError):
        parts |= set((Path(folder) / "image-names").read_text(encoding="utf-8").split())
    listed = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}\t{{.ID}}")
    rows = [row.split("\t") for row in listed if any(part in row for part in parts)]
    images = [image if name.endswith(":<none>") else name for name, image in rows]
    rows = docker(
        "ps", "--all", "--format", f'{{{{.ID}}}}\t{{{{.Image}}}}\t{{{{.Label "{PROJECT}"}}}}'
    )
    yield (
        "container",
        [
            container
            for container, image, project in (row.split("\t") for row in rows)
            if session in image or is_below(project, folder)
        ],
    )
    yield "image", images


def is_below(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or in it."""
    return path == folder or path.startswith(f"{folder}/")


def docker(*words: str) -> list[str]:
    """The lines that docker prints; none where there is no engine."""
    try:
        ended = subprocess.run(
            ["docker", *words], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return ended.stdout.splitlines()


if __name__ == "__main__":
    main(*sys.argv[1:])
