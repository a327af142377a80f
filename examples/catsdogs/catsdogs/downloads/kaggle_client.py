"""Kaggle's own download of its competition, by Kaggle's own client, not by kagglehub.

kagglehub unpacks a download into its own cache and removes the downloaded file, so that it cannot
be hashed. The client finds the credentials, and resumes an interrupted download. It does not
explain what is wrong with either, and Kaggle publishes no hash. So this module adds the error
messages, and renames the file only after it was opened and hashed.
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

from catsdogs.errors import CatsdogsError
from catsdogs.support.atomic import aside

COMPETITION = "dogs-vs-cats"
RULES = f"https://www.kaggle.com/competitions/{COMPETITION}/rules"
TOKENS = "https://www.kaggle.com/settings/api"
EXPECTED = "train.zip"  # among what the download holds

_WITHOUT = "Or use `DATA=mirror-full`: the same pictures, without an account"


def fetch(folder: Path) -> Path:
    """Return the competition's zip file in `folder`, downloaded unless it exists.

    Raise `CatsdogsError` if it cannot be downloaded completely.
    """
    target = folder / f"{COMPETITION}.zip"
    if not target.is_file():
        room = folder / "kaggle"  # keeps a partial download for the next run
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
    """Download the file to `room`, or resume, with the client.

    The client tries five times, and reports on stderr.
    """
    import requests

    try:
        with contextlib.redirect_stdout(io.StringIO()):
            # The import looks for credentials, and prints advice if it finds none.
            import kaggle
        _authenticate(kaggle.api)
        with contextlib.redirect_stdout(sys.stderr):
            kaggle.api.competition_download_files(COMPETITION, path=str(room), quiet=False)
    except requests.HTTPError as error:
        raise _refused(
            error.response.status_code if error.response is not None else 0, _first_line(error)
        ) from error
    except requests.RequestException as error:
        raise CatsdogsError(
            f"cannot download from Kaggle: {_innermost(error)}",
            "Check your connection and run the command again: it resumes where it stopped",
        ) from error
    except ValueError as error:  # the size differs from the one announced
        raise _not_it(_first_line(error)) from error


def _authenticate(api: Any) -> None:
    """Let the client find its credentials.

    The client exits if there are none, and ignores an invalid token.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            api.authenticate()
    except (SystemExit, PermissionError) as error:
        raise _no_credentials(Path(api.config)) from error
    if _used(Path(api.config)) == api.config:
        _refuse_open_to_others(Path(api.config))


def _used(config: Path) -> str:
    """Return where the client finds its credentials, in its order of preference, or ""."""
    from kagglesdk.kaggle_env import get_access_token_from_env

    _, place = get_access_token_from_env()
    if place:
        return place if place == "KAGGLE_API_TOKEN" else "~/.kaggle/access_token"
    if {"KAGGLE_USERNAME", "KAGGLE_KEY"} <= os.environ.keys():
        return "KAGGLE_USERNAME and KAGGLE_KEY"
    return str(config) if config.is_file() else ""


def _no_credentials(config: Path) -> CatsdogsError:
    used = _used(config)
    if used == str(config):
        if not os.access(config, os.R_OK):
            return CatsdogsError(
                f"cannot read `{config}`: its mode is {_mode(config):03o}",
                f"Run `chmod 600 {_quoted(config)}`",
            )
        return CatsdogsError(
            f"`{config}` has no username and key", f"Create a new one at {TOKENS}. {_WITHOUT}"
        )
    if used:
        return CatsdogsError(
            f"Kaggle rejects the token in {used}",
            f"Create a new one at {TOKENS}, or remove it. {_WITHOUT}",
        )
    return CatsdogsError(
        "no credentials for Kaggle: KAGGLE_API_TOKEN, ~/.kaggle/access_token and "
        "~/.kaggle/kaggle.json are all missing",
        f"Create a token at {TOKENS} and save it as ~/.kaggle/access_token. {_WITHOUT}",
    )


def _refuse_open_to_others(config: Path) -> None:
    if _mode(config) & (stat.S_IRWXG | stat.S_IRWXO):
        raise CatsdogsError(
            f"other users of this machine can read your key in `{config}`: its mode is "
            f"{_mode(config):03o}",
            f"Run `chmod 600 {_quoted(config)}`",
        )


def _refused(status: int, reason: str) -> CatsdogsError:
    """Return the error for an HTTP status of Kaggle's."""
    if status == 401:
        return CatsdogsError(
            f"Kaggle rejects your credentials (401): {reason}",
            f"Create new ones at {TOKENS}. The first of KAGGLE_API_TOKEN, ~/.kaggle/access_token "
            f"and kaggle.json is used. {_WITHOUT}",
        )
    if status == 403:
        return CatsdogsError(
            f"Kaggle denies access to the data (403): {reason}",
            f"Sign in, accept the rules at {RULES}, and run the command again. {_WITHOUT}",
        )
    return CatsdogsError(
        f"Kaggle responds with status {status}: {reason}",
        f"Run the command again later: it resumes where it stopped. {_WITHOUT}",
    )


def _whole(part: Path) -> Path:
    """Return `part` if it is the competition's data; otherwise delete it and raise."""
    try:
        with zipfile.ZipFile(part) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        part.unlink(missing_ok=True)
        raise _not_it("it is not a complete zip file") from error
    if EXPECTED not in names:
        part.unlink()
        raise _not_it(f"it does not contain {EXPECTED}")
    return part


def _not_it(reason: str) -> CatsdogsError:
    return CatsdogsError(
        f"the download is not the data of {COMPETITION} and was deleted: {reason}",
        "Run the command again. If that does not help, download the file in a browser and set "
        "`DATA=` to its path",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _innermost(error: BaseException) -> str:
    """Return the root cause at the end of the message of requests, which nests all others."""
    return _first_line(error).rsplit(": ", 1)[-1].rstrip("'\")")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["no reason given"])[0].rstrip(".")
