"""Checks before a build find secrets on every way into the image, and what users should know."""

import json
from pathlib import Path

import pytest

from labcoat.container.context import preflight
from labcoat.container.context.build_context import BuildContext, secrets_reaching
from labcoat.core.errors import LabcoatError
from support.messages.container_context import (
    LARGE_CONTEXT,
    MALFORMED_PATTERN_HINT,
    MOUNTED_FILE,
    REFUSAL,
    REFUSAL_HINT,
    REFUSAL_HINT_IN_FOLDER,
    REFUSAL_HINT_NAMED,
    REFUSAL_OF_HISTORY,
)
from support.repositories import write

# A Dockerfile that loses no guarantee.
GUARANTEED = (
    "FROM a AS b\nRUN pip install --require-hashes -r x\nFROM a\nCOPY --from=b /out/ /\nUSER 1000\n"
)
KEY = "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n"


def test_secrets_in_other_contexts(tmp_path: Path) -> None:
    """Folders of `--build-context` count, without what their own .dockerignore leaves out."""
    write(
        tmp_path,
        {
            "project/Dockerfile": "FROM scratch\nCOPY --from=data . /\n",
            "data/.env": "PASSWORD=a1b2c3d4",
            "data/key": KEY,
        },
    )
    build = BuildContext(tmp_path / "project", contexts=(tmp_path / "data",))
    assert secrets_reaching(build) == ["../data/.env", "../data/key"]
    (tmp_path / "data/.dockerignore").write_text(".env\nkey\n")
    assert secrets_reaching(build) == []


def test_copies_triggered_by_the_base_image(tmp_path: Path) -> None:
    """ONBUILD of an image counts for the stages built on it, and no others."""
    write(
        tmp_path,
        {
            "Dockerfile": "ARG BASE=one\nFROM $BASE\nCOPY a.py /\n",
            "a.py": "",
            ".env": "PASSWORD=a1b2c3d4",
        },
    )
    triggers = {"one": ["COPY . /app/"]}
    assert secrets_reaching(BuildContext(tmp_path, triggers=triggers)) == [".env"]
    assert (
        secrets_reaching(BuildContext(tmp_path, triggers=triggers, arguments={"BASE": "two"})) == []
    )
    assert BuildContext(tmp_path).base_images() == {"one"}


@pytest.mark.parametrize(
    ("mount", "seen"),
    [
        ("target=/src", True),
        ("type=bind,source=conf,target=/src", True),
        ("type=bind,src=./conf/.env,target=/src", True),
        ("source=a.py,target=/src", False),
        ("from=tools,target=/src", False),
        ("type=cache,target=/src", False),
        ("TYPE=Bind,SOURCE=conf,TARGET=/src", True),
        ("From=tools,target=/src", False),
        ("from=,source=conf,target=/src", True),
        ("'\"source=conf/.env,b\"',target=/src", False),
        ("'\"source=conf/.env\",target=/src'", True),
    ],
)
def test_secret_that_a_run_mounts_is_warned_about(
    tmp_path: Path, mount: str, *, seen: bool
) -> None:
    """The RUN could copy it."""
    text = f"FROM scratch AS tools\nFROM a\nRUN --mount={mount} cp -r /src /app\nUSER 1000\n"
    write(tmp_path, {"Dockerfile": text, "a.py": "", "conf/.env": "PASSWORD=a1b2c3d4"})
    warnings = list(preflight.preflight_warnings(BuildContext(tmp_path)))
    assert warnings.count(MOUNTED_FILE.format("conf/.env")) == seen


def test_secret_that_two_mounts_contain_is_warned_about_once(tmp_path: Path) -> None:
    mounts = "--mount=source=conf,target=/a --mount=source=./conf,target=/b --mount=target=/c"
    write(
        tmp_path, {"Dockerfile": f"FROM a\nRUN {mounts} true\n", "conf/.env": "PASSWORD=a1b2c3d4"}
    )
    warnings = list(preflight.preflight_warnings(BuildContext(tmp_path)))
    assert warnings.count(MOUNTED_FILE.format("conf/.env")) == 1


def test_malformed_dockerfile_is_an_error_and_no_warning(tmp_path: Path) -> None:
    write(tmp_path, {"Dockerfile": "NONSENSE\n"})
    assert list(preflight.preflight_warnings(BuildContext(tmp_path))) == []
    with pytest.raises(LabcoatError, match="Dockerfile: line 1"):
        preflight.refuse_secrets(BuildContext(tmp_path))


@pytest.mark.parametrize("name", ["pip.conf", "home/uv.toml", ".npmrc", ".condarc", ".git/config"])
def test_password_in_an_index_url_is_a_secret(tmp_path: Path, name: str) -> None:
    """In the settings of programs that download; placeholders do not count."""
    for address, found in (
        ("me:hunter2pass@", [name]),
        ("me:$TOKEN@", []),
        ("me:<password>@", []),
        ("", []),
    ):
        write(
            tmp_path,
            {
                "Dockerfile": "FROM scratch\nCOPY . /\n",
                name: f"url = https://{address}index.example/simple\n",
            },
        )
        assert secrets_reaching(BuildContext(tmp_path)) == found


def test_token_behind_the_pictures_of_a_notebook(tmp_path: Path) -> None:
    """Notebooks are read whole, of other files the first megabyte."""
    token = json.dumps({"image/png": "A" * (3 << 20), "source": ["t = 'ghp_" + "a1B2" * 9 + "'"]})
    write(tmp_path, {"Dockerfile": "FROM scratch\nCOPY . /\n", "a.ipynb": token, "a.bin": token})
    assert secrets_reaching(BuildContext(tmp_path)) == ["a.ipynb"]


def test_large_context_is_warned_about(tmp_path: Path) -> None:
    """What .dockerignore leaves out does not count."""
    (tmp_path / "Dockerfile").write_text(GUARANTEED)
    with (tmp_path / "weights.bin").open("wb") as file:
        file.truncate(60 << 20)
    assert list(preflight.preflight_warnings(BuildContext(tmp_path))) == [LARGE_CONTEXT.format(60)]
    (tmp_path / ".dockerignore").write_text("*.bin\n")
    assert list(preflight.preflight_warnings(BuildContext(tmp_path))) == []


def test_scripts_that_a_run_mounts_are_read(repository: Path, tmp_path: Path) -> None:
    """The template itself lacks --require-hashes; the script that it mounts has it."""
    templates = repository / "src/lib/labcoat/scaffold/templates"
    for name in ("Dockerfile", "install-lock.sh"):
        (tmp_path / name).write_text((templates / name).read_text(encoding="utf-8"))
    assert list(preflight.preflight_warnings(BuildContext(tmp_path))) == []
    (tmp_path / "install-lock.sh").write_text("pip install -r /tmp/lock.txt\n")
    assert any(
        "--require-hashes" in line for line in preflight.preflight_warnings(BuildContext(tmp_path))
    )


def test_refused_secrets_are_named(tmp_path: Path) -> None:
    """The first three, and the number of the rest."""
    write(tmp_path, {"Dockerfile": "FROM scratch\nCOPY . /\n", "a/.env": "PASSWORD=a1b2c3d4"})
    with pytest.raises(LabcoatError) as caught:
        preflight.refuse_secrets(BuildContext(tmp_path))
    assert caught.value.message == REFUSAL.format("`a/.env`")
    assert caught.value.hint == REFUSAL_HINT
    write(tmp_path, {f"{name}/.env": "PASSWORD=a1b2c3d4" for name in "bcde"})
    with pytest.raises(LabcoatError) as caught:
        preflight.refuse_secrets(BuildContext(tmp_path), "base")
    named = "`a/.env`, `b/.env`, `c/.env` and 2 more in `base`"
    assert caught.value.message == REFUSAL.format(named)
    assert caught.value.hint == REFUSAL_HINT_IN_FOLDER.format("base")


def test_hint_names_the_file_that_the_build_reads(tmp_path: Path) -> None:
    """NAME.dockerignore hides the other; `make fix` adds only files that are for secrets."""
    token = "ghp_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1v" + "W3xY5"
    files = {"d/x.Dockerfile": "FROM scratch\nCOPY . /\n", "d/x.Dockerfile.dockerignore": ""}
    write(tmp_path, {**files, "a/.env": "PASSWORD=a1b2c3d4"})
    with pytest.raises(LabcoatError) as caught:
        preflight.refuse_secrets(BuildContext(tmp_path, "d/x.Dockerfile"))
    hint = REFUSAL_HINT.replace(".dockerignore", "d/x.Dockerfile.dockerignore")
    assert caught.value.hint == hint
    write(tmp_path, {"a.ini": f"token = {token}"})
    with pytest.raises(LabcoatError) as caught:
        preflight.refuse_secrets(BuildContext(tmp_path, "d/x.Dockerfile"))
    assert "make fix" not in caught.value.hint


def test_secret_in_an_instruction_is_refused(tmp_path: Path) -> None:
    """As `check` reports it: the image's history shows it to everybody who has the image."""
    password = "Zx81" + "kLw0qPm4"
    run = f"RUN curl -u user:{password} https://host.org/f"
    (tmp_path / "Dockerfile").write_text(f"FROM a\n{run}\n")
    with pytest.raises(LabcoatError) as caught:
        preflight.refuse_secrets(BuildContext(tmp_path))
    assert caught.value.message == REFUSAL_OF_HISTORY
    assert password not in caught.value.hint
    (tmp_path / "Dockerfile").write_text(f"FROM a\n{run}\nWORKDIR /\n{run}\n")
    with pytest.raises(LabcoatError) as caught:
        preflight.refuse_secrets(BuildContext(tmp_path))
    assert "line 2" in caught.value.message
    assert "line 4" in caught.value.message
    (tmp_path / "Dockerfile").write_text("FROM a\nRUN curl -u user:$PASSWORD https://host.org/f\n")
    preflight.refuse_secrets(BuildContext(tmp_path))


def test_refused_secret_that_a_copy_names(tmp_path: Path) -> None:
    """To ignore it would make the build fail."""
    write(tmp_path, {"Dockerfile": "FROM scratch\nCOPY .env /\n", ".env": "PASSWORD=a1b2c3d4"})
    with pytest.raises(LabcoatError) as caught:
        preflight.refuse_secrets(BuildContext(tmp_path))
    assert caught.value.hint == REFUSAL_HINT_NAMED


def test_errors_name_the_file(tmp_path: Path) -> None:
    write(tmp_path, {"Dockerfile": "FROM scratch\n", ".dockerignore": "a\n[\n"})
    with pytest.raises(LabcoatError) as caught:
        secrets_reaching(BuildContext(tmp_path))
    assert caught.value.message == ".dockerignore:2: `[`: syntax error in pattern"
    assert caught.value.hint == MALFORMED_PATTERN_HINT
    with pytest.raises(LabcoatError, match=r"cannot read `.*other`: No such file") as caught:
        secrets_reaching(BuildContext(tmp_path, "other"))
    assert caught.value.hint == ""
