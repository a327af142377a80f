"""Kaggle's real client with a local server in place of Kaggle."""

import hashlib
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kaggle_server import KNOWN, Kaggle, serve
from samples import kaggle_download, make_zip, refused

EXAMPLE = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9"  # keeps requests on this machine


def download(tmp_path: Path, count: int = 10) -> bytes:
    """Kaggle's zip file with `count` pictures of each class, large enough for the client to write a
    part before the end.
    """
    path = kaggle_download(tmp_path / "made.zip", count)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.bin", os.urandom(4 * 2**20))
    return path.read_bytes()


@pytest.fixture
def kaggle(tmp_path: Path) -> Iterator[Kaggle]:
    """A server with ten pictures of each class, zipped as Kaggle does."""
    with serve(Kaggle(content=download(tmp_path))) as state:
        yield state


Ask = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def ask(kaggle: Kaggle, tmp_path: Path) -> Ask:
    """Start the command of `make data DATA=kaggle`, with an empty home and the local server."""
    home = tmp_path / "home"
    home.mkdir()

    def start(**environment: str) -> subprocess.Popen[str]:
        inherited = {"PATH", "TMPDIR", "PYTHONPYCACHEPREFIX"}
        kept = {name: value for name, value in os.environ.items() if name in inherited}
        server = {
            "KAGGLE_API_ENVIRONMENT": "LOCALHOST",
            "http_proxy": f"http://127.0.0.1:{kaggle.port}",
            "https_proxy": NOWHERE,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "catsdogs", "data", "--data", "kaggle"],
            cwd=tmp_path,
            env=kept | server | {"PYTHONPATH": str(EXAMPLE), "HOME": str(home)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def done(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def words(process: subprocess.CompletedProcess[str]) -> str:
    """Return the error and the hint at the end of a failed run, after the client's reports."""
    lines = process.stderr.splitlines()
    process.stderr = "\n".join(lines[-2:])
    assert "Traceback" not in "\n".join(lines)
    return refused(process)


def key_file(
    tmp_path: Path, text: str = '{"username": "me", "key": "secret"}', mode: int = 0o600
) -> Path:
    path = tmp_path / "home/.kaggle/kaggle.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_data_is_fetched_once_and_hashed(kaggle: Kaggle, ask: Ask, tmp_path: Path) -> None:
    """With a key Kaggle's nested zip files are downloaded, hashed, and read; a second run sends no
    request.
    """
    key_file(tmp_path)
    first = done(ask())
    assert first.returncode == 0, first.stderr
    assert "20 pictures: 10 cat, 10 dog" in first.stdout
    assert "3 without a class" in first.stdout
    assert kaggle.known_by == ["Basic bWU6c2VjcmV0"]
    downloads = tmp_path / "build/cache/downloads"
    assert {path.name for path in downloads.iterdir()} == {
        "dogs-vs-cats.zip",
        "dogs-vs-cats.zip.sha256",
    }
    assert (downloads / "dogs-vs-cats.zip.sha256").read_text().split()[0] == hashlib.sha256(
        kaggle.content
    ).hexdigest()
    assert done(ask()).returncode == 0
    assert len(kaggle.known_by) == 1


@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_token_is_accepted(kaggle: Kaggle, ask: Ask, tmp_path: Path, where: str) -> None:
    """Kaggle's newer tokens are read from the environment or from their file."""
    (tmp_path / "home/.kaggle").mkdir()
    if where == "file":
        (tmp_path / "home/.kaggle/access_token").write_text(KNOWN)
    asked = done(ask(**({"KAGGLE_API_TOKEN": KNOWN} if where == "environment" else {})))
    assert asked.returncode == 0, asked.stderr
    assert kaggle.known_by == [f"Bearer {KNOWN}"]


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        (401, "Unauthorized", "kaggle.com/settings/api"),
        (
            403,
            "You must accept this competition's rules",
            "kaggle.com/competitions/dogs-vs-cats/rules",
        ),
        (404, "Not found", "mirror-full"),
    ],
    ids=["401", "403", "404"],
)
def test_a_refusal_is_explained(
    kaggle: Kaggle, ask: Ask, status: int, message: str, hint: str
) -> None:
    """Wrong credentials, rules that were not accepted, and other statuses have a reason and a
    hint.
    """
    kaggle.refusal = (status, message)
    shown = words(done(ask(KAGGLE_USERNAME="me", KAGGLE_KEY="wrong")))
    assert f"{status}" in shown
    assert message in shown
    assert hint in shown


@pytest.mark.parametrize(
    ("key", "token", "message"),
    [
        (None, "", "no credentials for Kaggle"),
        (("not json",), "", "kaggle.json` has no username and key"),
        (('{"username": "me", "key": "secret"}', 0o644), "", "its mode is 644"),
        (None, "expired", "rejects the token in KAGGLE_API_TOKEN"),
    ],
    ids=["none", "not-a-key", "open-to-others", "expired-token"],
)
def test_unusable_credentials_are_explained(
    ask: Ask, tmp_path: Path, key: tuple | None, token: str, message: str
) -> None:
    """Before the data is requested, the error explains what is wrong with the credentials, and the
    hint how to fix it.
    """
    if key:
        key_file(tmp_path, *key)
    shown = words(done(ask(KAGGLE_API_TOKEN=token)))
    assert message in shown
    assert re.search(r"https://www.kaggle.com/settings/api|chmod 600 \S+kaggle.json", shown)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_an_unreadable_key_is_named(ask: Ask, tmp_path: Path) -> None:
    """A key without read permission is not the same as no key."""
    key_file(tmp_path, mode=0o000)
    assert re.search(r"cannot read `\S+`: its mode is 000", words(done(ask())))


def test_an_interrupted_download_resumes(kaggle: Kaggle, ask: Ask, tmp_path: Path) -> None:
    """After an interruption only the missing bytes are requested."""
    key_file(tmp_path)
    kaggle.cuts = 1
    asked = done(ask())
    assert asked.returncode == 0, asked.stderr
    assert len(kaggle.ranges) == 2
    assert re.fullmatch(r"bytes=[1-9]\d+-", kaggle.ranges[1])
    assert "20 pictures" in asked.stdout


@pytest.mark.parametrize("changed", [False, True], ids=["same-file", "changed-file"])
def test_a_killed_run_resumes(kaggle: Kaggle, ask: Ask, tmp_path: Path, changed: bool) -> None:
    """After a kill the next run resumes the download, but never joins halves of two files."""
    key_file(tmp_path)
    kaggle.holds = True
    killed = ask()
    assert kaggle.half_sent.wait(60)
    part = tmp_path / "build/cache/downloads/kaggle/dogs-vs-cats.zip"
    while not (part.is_file() and part.stat().st_size):
        assert killed.poll() is None
        time.sleep(0.02)
    killed.kill()
    done(killed)
    arrived = part.stat().st_size
    kaggle.released.set()
    kaggle.holds = False
    if changed:
        kaggle.content = download(tmp_path, 11)
    asked = done(ask())
    assert asked.returncode == 0, asked.stderr
    assert kaggle.ranges == ["", "", *([] if changed else [f"bytes={arrived}-"])]
    assert ("22 pictures" if changed else "20 pictures") in asked.stdout


@pytest.mark.parametrize("content", ["a page", "another zip", "cut zip"])
def test_wrong_content_is_not_kept(kaggle: Kaggle, ask: Ask, tmp_path: Path, content: str) -> None:
    """A web page, a truncated zip file and a wrong one are refused and deleted; the next download
    succeeds.
    """
    key_file(tmp_path)
    right = kaggle.content
    made = {"a page": b"<html>Sign in</html>", "cut zip": right[:-300]}
    kaggle.content = (
        made.get(content) or make_zip(tmp_path / "x.zip", {"readme.txt": b"hello"}).read_bytes()
    )
    assert "the download is not the data of dogs-vs-cats" in words(done(ask()))
    assert not (tmp_path / "build/cache/downloads/dogs-vs-cats.zip").exists()
    kaggle.content = right
    assert done(ask()).returncode == 0


def test_an_unreachable_server_is_an_error(kaggle: Kaggle, ask: Ask, tmp_path: Path) -> None:
    """Without a connection there is an error, not a traceback."""
    key_file(tmp_path)
    assert "cannot download from Kaggle" in words(done(ask(http_proxy=NOWHERE)))
