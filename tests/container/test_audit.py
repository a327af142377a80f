"""Secrets that an image has kept are found wherever they are; what only looks like one is not."""

import gzip
import io
import json
import os
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.container.audit import audit, in_file
from labcoat.container.saved import saved
from labcoat.core.project import Project

# Assembled here, so that no file of this repository holds what looks like a secret.
GITHUB = "ghp_" + "a1B2" * 9
AWS = "AKIA" + "Q3EGRZ5TLMN7PVXW"
PRIVATE = "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n"
KAGGLE = json.dumps({"username": "me", "key": "0123456789abcdef" * 2})
HUGGING = "hf_" + "abcdefgHIJKLMNOPQRSTUVWXYZabcdefgh"
ADDRESS = "https://me:" + "hunter2x@index.example/simple"


def zipped(name: str, text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, text)
    return made.getvalue()


def tarred(name: str, data: bytes, mode: str = "w:gz") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


FILES = {
    "root/.kaggle/kaggle.json": KAGGLE.encode(),
    "app/.env": b"DEBUG=1\n",
    "root/.ssh/id_ed25519": PRIVATE.encode(),
    "srv/server.key": PRIVATE.encode(),
    "root/.netrc": b"machine pypi.org login me password hunter2x\n",
    "app/notes.txt": f"clone with {GITHUB}\n".encode(),
    "etc/pip.conf": f"[global]\nindex-url = {ADDRESS}\n".encode(),
    "app/config.yaml": b"database:\n  password: hunter2xyz\n",
    "root/.bash_history": b"export API_KEY=k3yk3yk3y\n",
    "app/late.bin": b"\0" * (9 << 20) + AWS.encode() + b"\0",
    "app/data.zip": zipped("inner/kaggle.json", KAGGLE),
    "app/data.tar.gz": tarred("keys/id_rsa", PRIVATE.encode()),
    "app/deep.tar": tarred("data.zip", zipped("readme.txt", f"token {HUGGING}\n"), "w"),
    "app/log.gz": gzip.compress(f"login {GITHUB}\n".encode()),
}
SETTINGS = {
    "ENV": ("ENV DB_PASSWORD=hunter2xyz", "settings, Env"),
    "ENV token": (f"ENV WHERE={GITHUB}", "settings, Env"),
    "LABEL": (f"LABEL mirror={ADDRESS}", "settings, Labels"),
    "history": (f"RUN echo {AWS} >/dev/null", "history"),
    "build argument": ("ARG INDEX_TOKEN\nRUN test -n $INDEX_TOKEN", "history"),
    "CMD": (f'CMD ["serve", "--key", "{HUGGING}"]', "settings, Cmd"),
}


@pytest.mark.parametrize(("path", "data"), FILES.items(), ids=FILES.keys())
def test_a_secret_in_a_file_is_found(path: str, data: bytes) -> None:
    """By the file's name, by what is in it, in archives and in archives in archives."""
    assert len(list(in_file(path, io.BytesIO(data), len(data)))) == 1


HARMLESS = {
    "usr/lib/python3.11/site-packages/oauth/tests/key.pem": PRIVATE.encode(),
    "usr/share/doc/x/example": ADDRESS.encode(),
    "opt/venv/lib/python3.11/site-packages/urllib3/util/url.py": ADDRESS.encode(),
    "app/README.md": b"https://user:password@host/simple and https://${USER}:${TOKEN}@host\n",
    "app/settings.yaml": b"token: ${TOKEN}\npassword_file: /run/secrets/db\nsecret: {{ vault }}\n",
    "app/model.py": b"tokens = tokenizer(text)\napi_key: str = os.environ['API_KEY1']\n",
    "app/broken.zip": b"PK\x03\x04 and nothing more",
    "app/broken.gz": b"\x1f\x8b and nothing more",
    "app/.env.example": b"",
}


@pytest.mark.parametrize(("path", "data"), HARMLESS.items(), ids=HARMLESS.keys())
def test_what_only_looks_like_one_is_passed_over(path: str, data: bytes) -> None:
    """Examples in packages, placeholders, references, and archives that are none."""
    assert list(in_file(path, io.BytesIO(data), len(data))) == []


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, base_image: str) -> Iterator[str]:
    """An image with every secret of this file: each file in a layer of its own that a later one deletes."""
    folder = tmp_path_factory.mktemp("planted")
    lines = [f"FROM {base_image}"]
    for number, (path, data) in enumerate(FILES.items()):
        (folder / str(number)).write_bytes(data)
        lines += [f"COPY {number} /{path}"]
    lines += ["RUN rm " + " ".join(f"/{path}" for path in FILES)] + [line for line, _ in SETTINGS.values()]
    (folder / "Dockerfile").write_text("\n".join(lines) + "\n")
    argument = ["--build-arg", "INDEX_TOKEN=s3cr3ts3cr3t"]
    name = f"labcoat-test/planted-{os.getpid()}"
    subprocess.run(["docker", "build", "--quiet", "--tag", name, *argument, "."], cwd=folder, check=True, capture_output=True)
    yield name
    subprocess.run(["docker", "image", "rm", "--force", name], check=True, capture_output=True)


@pytest.mark.docker
def test_each_of_twenty_planted_secrets_is_found(planted: str, tmp_path: Path) -> None:
    """In a deleted layer, in the settings, in the history, in a build argument, in a nested archive."""
    with saved(Project(tmp_path), planted) as image:
        places = [str(found) for found in audit(image)]
    assert len(FILES) + len(SETTINGS) == 20
    assert [path for path in FILES if not any(f", {path}" in place for place in places)] == []
    assert [name for name, (_, where) in SETTINGS.items() if not any(where in place for place in places)] == []


@pytest.mark.docker
def test_the_base_image_holds_none(base_image: str, tmp_path: Path) -> None:
    """A whole operating system has nothing that is taken for a secret."""
    with saved(Project(tmp_path), base_image) as image:
        assert [str(found) for found in audit(image)] == []
