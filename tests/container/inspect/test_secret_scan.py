"""Secrets in an image are found wherever they are, and lookalikes are not reported."""

import gzip
import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.container.inspect.image_archive import ImageArchive, open_image_archive
from labcoat.container.inspect.secret_scan import scan_file, scan_image
from labcoat.core.project import Project
from support.planted_secrets import ADDRESS, AWS, GITHUB, HUGGING, KAGGLE, PRIVATE, tarred, zipped
from support.session import unique_name

FILES = {
    "root/.kaggle/kaggle.json": KAGGLE.encode(),
    "app/.env": b"DB_PASSWORD=a1b2c3d4\n",
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


def test_a_secret_in_utf_16_is_found() -> None:
    """As `labcoat check` finds it: PowerShell writes it."""
    data = f'TOKEN = "{"ghp_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1v" + "W3xY5"}"\n'.encode("utf-16")
    assert list(scan_file("app/a.py", io.BytesIO(data), len(data)))


def test_each_secret_of_a_file_is_named() -> None:
    """With its line, in an archive too; of very many, the first fifty."""
    data = f"a = '{GITHUB}'\n\nb = '{HUGGING}'\n".encode()
    lines = ["line 1: a GitHub token", "line 3: a Hugging Face token"]
    found = [str(each) for each in scan_file("app/a.py", io.BytesIO(data), len(data))]
    assert found == [f"app/a.py, {line}" for line in lines]
    packed = tarred("a.py", data)
    found = [str(each) for each in scan_file("app/a.tar.gz", io.BytesIO(packed), len(packed))]
    assert found == [f"app/a.tar.gz > a.py, {line}" for line in lines]
    many = "".join(f"t{at} = '{GITHUB}'\n" for at in range(60)).encode()
    assert len(list(scan_file("app/b.py", io.BytesIO(many), len(many)))) == 50


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
