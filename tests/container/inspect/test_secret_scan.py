"""Secrets in an image are found wherever they are, and lookalikes are not reported."""

import bz2
import gzip
import io
import json
import lzma
import random
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.container.inspect.image_archive import ImageArchive, open_image_archive
from labcoat.container.inspect.secret_scan import scan_file, scan_image
from labcoat.core.project import Project
from support.session import unique_name

# Assembled here, so that secret scanners do not report this file.
GITHUB = "ghp_" + "a1B2" * 9
AWS = "AKIA" + "Q3EGRZ5TLMN7PVXW"
PRIVATE = "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n"
KAGGLE = json.dumps({"username": "me", "key": "0123456789abcdef" * 2})
HUGGING = "hf_" + "abcdefgHIJKLMNOPQRSTUVWXYZabcdefgh"
ADDRESS = "https://me:" + "hunter2x@index.example/simple"


def zipped(name: str, text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, text)
    return file.getvalue()


def tarred(name: str, data: bytes, mode: str = "w:gz") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


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
    """By its name, in its content, in archives and in nested archives."""
    assert len(list(scan_file(path, io.BytesIO(data), len(data)))) == 1


HARMLESS = {
    "usr/lib/python3.11/site-packages/oauth/tests/key.pem": PRIVATE.encode(),
    "usr/share/doc/x/example": ADDRESS.encode(),
    "opt/venv/lib/python3.11/site-packages/urllib3/util/url.py": ADDRESS.encode(),
    "app/README.md": b"https://user:password@host/simple and https://${USER}:${TOKEN}@host\n",
    "app/settings.yaml": b"token: ${TOKEN}\npassword_file: /run/secrets/db\nsecret: {{ vault }}\n",
    "app/model.py": b"tokens = tokenizer(text)\napi_key: str = os.environ['API_KEY1']\n",
    "opt/share/themes.json": b'{"props": [{"key": "ui-font-size1"}], '
    b'"authtype": "v4-unsigned-body"}',
    "app/lines.yaml": b"token:\n  part_of_speech1: noun\n",
    "app/broken.zip": b"PK\x03\x04 and nothing more",
    "app/broken.gz": b"\x1f\x8b and nothing more",
    "app/.env.example": b"",
}


@pytest.mark.parametrize(("path", "data"), HARMLESS.items(), ids=HARMLESS.keys())
def test_lookalikes_are_not_reported(path: str, data: bytes) -> None:
    """Examples in packages, placeholders, references, and files that only start like archives."""
    assert list(scan_file(path, io.BytesIO(data), len(data))) == []


def corrupt_zip() -> bytes:
    """Return a zip archive with a wrong checksum, in its directory and at its member."""
    whole = zipped("notes.txt", f"token {HUGGING}\n")
    checksum = zipfile.ZipFile(io.BytesIO(whole)).infolist()[0].CRC.to_bytes(4, "little")
    assert whole.count(checksum) == 2
    return whole.replace(checksum, b"\1\2\3\4")


def mislabelled_zip(flags: int = 0, compression: int = 0) -> bytes:
    """Return a zip archive with a plain member whose header has these flags and compression."""
    whole = bytearray(zipped("notes.txt", f"token {HUGGING}\n"))
    for at in (6, whole.index(b"PK\1\2") + 8):
        whole[at : at + 4] = flags.to_bytes(2, "little") + compression.to_bytes(2, "little")
    return bytes(whole)


RANDOM = random.Random(1)  # noqa: S311  # the same in each run


def truncate(packed: bytes) -> bytes:
    return packed[: len(packed) // 2]


SEVERAL = io.BytesIO()
with tarfile.open(fileobj=SEVERAL, mode="w") as several:
    for each, data in {
        "keys/id_rsa": PRIVATE.encode(),
        "data.bin": RANDOM.randbytes(1 << 17),
    }.items():
        member = tarfile.TarInfo(each)
        member.size = len(data)
        several.addfile(member, io.BytesIO(data))
LOG = f"login {GITHUB}\n".encode() + RANDOM.randbytes(1 << 17)
CORRUPT = {
    "log.gz": truncate(gzip.compress(LOG)),
    "log.bz2": truncate(bz2.compress(LOG + RANDOM.randbytes(1 << 22))),
    "log.xz": truncate(lzma.compress(LOG)),
    "data.tar": truncate(SEVERAL.getvalue()),
    "data.tar.gz": truncate(gzip.compress(SEVERAL.getvalue())),
    "data.tar.xz": truncate(lzma.compress(SEVERAL.getvalue())),
    "checksum.zip": corrupt_zip(),
    "encrypted.zip": mislabelled_zip(flags=1),
    "unknown compression.zip": mislabelled_zip(compression=99),
    "cut.zip": zipped("notes.txt", f"token {HUGGING}\n")[:-30],
    "garbage.gz": gzip.compress(b"")[:10] + b"\xff" * 20 + GITHUB.encode(),
    "garbage after a log.gz": gzip.compress(LOG) + b"\1" * 20,
    "garbage.xz": b"\xfd7zXZ\x00 " + GITHUB.encode(),
    "header.tar": tarred("notes.txt", f"token {HUGGING}\n".encode(), "w").replace(
        b"ustar", b"ustar\xff"
    ),
    "nested.tar": tarred("data.zip", corrupt_zip(), "w"),
}


@pytest.mark.parametrize(("path", "data"), CORRUPT.items(), ids=CORRUPT.keys())
def test_a_corrupt_archive_is_read_up_to_the_first_error(path: str, data: bytes) -> None:
    """Its raw bytes are scanned too."""
    assert list(scan_file(path, io.BytesIO(data), len(data)))


@pytest.mark.parametrize(
    "packed",
    [SEVERAL.getvalue(), gzip.compress(LOG), bz2.compress(LOG), lzma.compress(LOG), corrupt_zip()],
)
def test_corrupt_archive_never_raises(packed: bytes) -> None:
    """Wherever bytes are changed or missing."""
    rng = random.Random(2)  # noqa: S311  # the same in each run
    for _ in range(60):
        changed = bytearray(packed[: rng.randrange(len(packed))] if rng.random() < 0.3 else packed)
        for _ in range(rng.randrange(1, 40)):
            changed[rng.randrange(max(1, min(len(changed) - 1, 1024)))] = rng.randrange(256)
        list(scan_file("data", io.BytesIO(bytes(changed)), len(changed)))


def test_a_wheel_of_the_project_is_scanned() -> None:
    """Only installed packages, and those that come with Python, are not."""
    data = zipped("own/settings.py", f"TOKEN = '{GITHUB}'\n")
    path = "ensurepip/_bundled/own-1.0-py3-none-any.whl"
    assert len(list(scan_file(f"app/{path}", io.BytesIO(data), len(data)))) == 1
    assert list(scan_file(f"usr/local/lib/python3.11/{path}", io.BytesIO(data), len(data))) == []


def with_settings(**settings: object) -> ImageArchive:
    """Return an image with these settings and without layers."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        texts = {
            "manifest.json": [{"Config": "config", "Layers": []}],
            "config": {"rootfs": {"diff_ids": []}, **settings},
        }
        for name, text in texts.items():
            member = tarfile.TarInfo(name)
            member.size = len(json.dumps(text))
            archive.addfile(member, io.BytesIO(json.dumps(text).encode()))
    return ImageArchive(tarfile.open(fileobj=io.BytesIO(file.getvalue())))


@pytest.mark.parametrize(
    "setting",
    [
        *(
            "DB_PASS=hunter22x",
            "PGPASS=abc12345",
            "ENCRYPTION_KEY=9f8a7d6c5b4a3928",
            "DB_PASSWORD=correcthorse",
        ),
        *(
            "APP_SECRET_KEY=q1w2e3r4t5",
            "SMTP_AUTH=bWU6aHVudGVyMng=",
            "PASSWORD_SALT=f00dcafe1",
            "GPG_PASSPHRASE=opensesame",
        ),
        *(
            "GPG_PRIVATE_KEY=lQdGBGXh2k0BEAC7",
            "KEY=9f8a7d6c5b4a3928",
            "OPTIONS=--db-password=hunter2xyz",
        ),
    ],
)
def test_a_variable_named_like_a_secret_is_found(setting: str) -> None:
    """In the settings and in the history, with its name."""
    name = setting.partition("=")[0]
    assert [
        found.location
        for found in scan_image(with_settings(config={"Env": ["A=b", setting, "C=d"]}))
    ] == ["settings, Env"]
    (found,) = scan_image(with_settings(history=[{"created_by": f"ENV A=b {setting}"}]))
    assert found.description == f"a value for {name if name != 'OPTIONS' else '--db-password'}"


# From the images that the keys name.
WELL_KNOWN = {
    "python": "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D PYTHON_VERSION=3.11.9 "
    "PYTHON_SHA256=9b1e896523fc510691126c864406d9360a3d1e986acbda59cda57b5abda45b87",
    "nginx": "NGINX_GPGKEY=573BFD6B3D8FBC641079A6ABABF5BD827BD9BF62 "
    "NGINX_GPGKEY_PATH=/etc/apt/keyrings/nginx.gpg",
    "php": "GPG_KEYS=39B641343D8C104B2B146DC3F9C39DC0B9698544 "
    "E60913E4DF209907D8E30D96659A97C9CF2A795A",
    "swift": "SWIFT_SIGNING_KEY=52BB7E3DE28A71BE22EC05FFEF80A866B47A981F",
    "rabbitmq": "RABBITMQ_PGP_KEY_ID=0x0A9AF2115F4687BD29803A206B73A36E6026DFCA",
    "keycloak": "KEYCLOAK_VERSION=24.0.1.Final KC_DB_KIND=dev-file",
    "others": "PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring "
    "SSH_AUTH_SOCK=/run/agent.1234567 "
    "AUTH0_DOMAIN=dev-abc123.eu.auth0.com KEYBOARD_LAYOUT=pc105-latin9 OLDPWD=/srv/app1 "
    "AUTHORS=me1234567 A_KEY_FILE=~/.ssh/id1",
    "apt": "RUN apt-key adv --keyserver=hkps://keys1.openpgp.org:443 --recv-keys $GPG_KEY; "
    "key='A4A9406876FCBD3C456770C88C7234AF'",
}


@pytest.mark.parametrize("text", WELL_KNOWN.values(), ids=WELL_KNOWN.keys())
def test_variables_of_well_known_images_are_not_reported(text: str) -> None:
    """Fingerprints of public keys, versions, paths, and the sources of keys."""
    assert [
        str(found)
        for found in scan_image(
            with_settings(config={"Env": text.split(" ")}, history=[{"created_by": text}])
        )
    ] == []


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, base_image: str) -> Iterator[str]:
    """An image with every secret in this file: each file in its own layer, deleted later."""
    folder = tmp_path_factory.mktemp("planted")
    lines = [f"FROM {base_image}"]
    for number, (path, data) in enumerate(FILES.items()):
        (folder / str(number)).write_bytes(data)
        lines += [f"COPY {number} /{path}"]
    lines += ["RUN rm " + " ".join(f"/{path}" for path in FILES)] + [
        line for line, _ in SETTINGS.values()
    ]
    (folder / "Dockerfile").write_text("\n".join(lines) + "\n")
    argument = ["--build-arg", "INDEX_TOKEN=s3cr3ts3cr3t"]
    name = unique_name("labcoat-test/planted")
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", name, *argument, "."],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    yield name
    subprocess.run(["docker", "image", "rm", "--force", name], check=True, capture_output=True)


@pytest.mark.docker
def test_each_of_twenty_planted_secrets_is_found(planted: str, tmp_path: Path) -> None:
    """In deleted files, the settings, the history, a build argument and nested archives."""
    with open_image_archive(Project(tmp_path), planted) as image:
        reports = [str(found) for found in scan_image(image)]
    assert len(FILES) + len(SETTINGS) == 20
    assert [path for path in FILES if not any(f", {path}" in report for report in reports)] == []
    assert [
        name
        for name, (_, where) in SETTINGS.items()
        if not any(where in report for report in reports)
    ] == []


@pytest.mark.docker
def test_the_base_image_has_no_secrets(base_image: str, tmp_path: Path) -> None:
    """Nothing in a whole operating system is mistaken for one."""
    with open_image_archive(Project(tmp_path), base_image) as image:
        assert [str(found) for found in scan_image(image)] == []
