"""Kaggle's own download of its competition, by Kaggle's own client, not by kagglehub.

kagglehub unpacks a download into a cache of its own and removes the file that was sent, so that it
cannot be hashed. The client finds the credentials, and resumes a download that broke off. It does
not say what is wrong with either, and Kaggle gives no hash to compare the file with: so the words
are ours, and what has arrived is opened, hashed, and renamed only then.
"""

import contextlib
import hashlib
import io
import os
import shlex
import shutil
import stat
import sys
import zipfile
from pathlib import Path
from typing import Any

from catsdogs.errors import Failure
from catsdogs.support.atomic import aside

COMPETITION = "dogs-vs-cats"
RULES = f"https://www.kaggle.com/competitions/{COMPETITION}/rules"
TOKENS = "https://www.kaggle.com/settings/api"
EXPECTED = "train.zip"  # among what the download holds

_WITHOUT = "Or take DATA=mirror-full, which are the same pictures and need no account."


def fetch(folder: Path) -> Path:
    """The competition's zip file in `folder`, downloaded unless it is there. Raises `Failure` where
    it cannot be had whole.
    """
    target = folder / f"{COMPETITION}.zip"
    if not target.is_file():
        room = folder / "kaggle"  # where a part of it waits for the next run
        room.mkdir(parents=True, exist_ok=True)
        _download(room)
        part = _whole(room / target.name)
        digest = _sha256(part)
        with aside(folder / f"{target.name}.sha256") as note:
            note.write_text(f"{digest}  {target.name}\n")  # as sha256sum writes and reads it
        part.replace(target)
        shutil.rmtree(room)
    return target


def _download(room: Path) -> None:
    """Let the client fetch, or go on with, the file in `room`. It tries five times, and reports on
    stderr.
    """
    import requests

    try:
        with contextlib.redirect_stdout(io.StringIO()):
            # It looks for credentials at once, and prints advice where it finds none
            import kaggle
        _authenticate(kaggle.api)
        with contextlib.redirect_stdout(sys.stderr):
            kaggle.api.competition_download_files(COMPETITION, path=str(room), quiet=False)
    except requests.HTTPError as error:
        raise _refused(
            error.response.status_code if error.response is not None else 0, _first_line(error)
        ) from error
    except requests.RequestException as error:
        raise Failure(
            f"Kaggle cannot be reached, or broke off: {_innermost(error)}.",
            "See to your connection and run it again: it goes on where it stopped.",
        ) from error
    except ValueError as error:  # a size that is not the one that was promised
        raise _not_it(_first_line(error)) from error


def _authenticate(api: Any) -> None:
    """Have the client find its credentials. It exits where there are none, and passes over a token
    that is not valid.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            api.authenticate()
    except (SystemExit, PermissionError) as error:
        raise _no_credentials(Path(api.config)) from error
    if _used(Path(api.config)) == api.config:
        _refuse_open_to_others(Path(api.config))


def _used(config: Path) -> str:
    """What the client takes its credentials from, in its own order; empty where there is
    nothing.
    """
    from kagglesdk.kaggle_env import get_access_token_from_env

    _, place = get_access_token_from_env()
    if place:
        return place if place == "KAGGLE_API_TOKEN" else "~/.kaggle/access_token"
    if {"KAGGLE_USERNAME", "KAGGLE_KEY"} <= os.environ.keys():
        return "KAGGLE_USERNAME and KAGGLE_KEY"
    return str(config) if config.is_file() else ""


def _no_credentials(config: Path) -> Failure:
    used = _used(config)
    if used == str(config):
        if not os.access(config, os.R_OK):
            return Failure(
                f"{config} cannot be read: its mode is {_mode(config):03o}.",
                f"Run: chmod 600 {_quoted(config)}",
            )
        return Failure(
            f"{config} holds no username and key.", f"Make a new one at {TOKENS}. {_WITHOUT}"
        )
    if used:
        return Failure(
            f"Kaggle does not know the token in {used}.",
            f"Make a new one at {TOKENS}, or remove it. {_WITHOUT}",
        )
    return Failure(
        "There are no credentials for Kaggle: no KAGGLE_API_TOKEN, ~/.kaggle/access_token or "
        "~/.kaggle/kaggle.json.",
        f"Make a token at {TOKENS} and save it as ~/.kaggle/access_token. {_WITHOUT}",
    )


def _refuse_open_to_others(config: Path) -> None:
    if _mode(config) & (stat.S_IRWXG | stat.S_IRWXO):
        raise Failure(
            f"Others on this machine can read your key in {config}: its mode is "
            f"{_mode(config):03o}.",
            f"Run: chmod 600 {_quoted(config)}",
        )


def _refused(status: int, said: str) -> Failure:
    """What Kaggle's answer means."""
    if status == 401:
        return Failure(
            f"Kaggle does not accept your credentials (401): {said}.",
            f"Make new ones at {TOKENS}; the first of KAGGLE_API_TOKEN, ~/.kaggle/access_token, "
            f"kaggle.json counts. {_WITHOUT}",
        )
    if status == 403:
        return Failure(
            f"Kaggle does not let you have the data (403): {said}.",
            f"Sign in, accept the rules at {RULES}, and run it again. {_WITHOUT}",
        )
    return Failure(
        f"Kaggle answers {status}: {said}.",
        f"Run it again later: it goes on where it stopped. {_WITHOUT}",
    )


def _whole(part: Path) -> Path:
    """`part`, if it is what was wanted; what is not is not kept."""
    try:
        with zipfile.ZipFile(part) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        part.unlink(missing_ok=True)
        raise _not_it("it is not a whole zip file") from error
    if EXPECTED not in names:
        part.unlink()
        raise _not_it(f"it has no {EXPECTED} in it")
    return part


def _not_it(reason: str) -> Failure:
    return Failure(
        f"What Kaggle sent is not the data of {COMPETITION}: {reason}.",
        "It was not kept. Run it again; if that does not help, fetch the file in a browser and "
        "give its path as DATA=.",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _innermost(error: BaseException) -> str:
    """The reason at the end of what requests says, which quotes everything that it went through."""
    return _first_line(error).rsplit(": ", 1)[-1].rstrip("'\")")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["no reason given"])[0].rstrip(".")
