"""Values that look like secrets, and archives that contain them."""

import io
import json
import tarfile
import zipfile

# Assembled here, so that secret scanners do not report this file.
GITHUB = "ghp_" + "a1B2" * 9
AWS = "AKIA" + "Q3EGRZ5TLMN7PVXW"
PRIVATE = "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n"
KAGGLE = json.dumps({"username": "me", "key": "0123456789abcdef" * 2})
HUGGING = "hf_" + "qZxWvRtYpLkMnBvCdSgHjFaQeTyUiOpZsX"
ADDRESS = "https://me:" + "hunter2x@index.example/simple"


def zipped(name: str, text: str) -> bytes:
    """Return a zip archive with one member."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, text)
    return file.getvalue()


def tarred(name: str, data: bytes, mode: str = "w:gz") -> bytes:
    """Return a tar archive with one member."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return file.getvalue()
