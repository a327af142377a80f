"""What is looked at before a build: no secret gets past by a way round the Dockerfile's last stage."""

import json
from pathlib import Path

import pytest

from labcoat.container.context import build_flags, preflight
from labcoat.container.context.build_context import BuildContext, secrets_reaching
from labcoat.core.errors import LabcoatError
from support.repositories import write

# A Dockerfile that loses no guarantee.
GUARANTEED = (
    "FROM a AS b\nRUN pip install --require-hashes -r x\nFROM a\nCOPY --from=b /out/ /\nUSER 1000\n"
)
KEY = "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n"


def test_other_folders_of_a_build_are_looked_through(tmp_path: Path) -> None:
    """A folder that `--build-context` names counts, but for what its own .dockerignore leaves out."""
    write(
        tmp_path,
        {
            "project/Dockerfile": "FROM scratch\nCOPY --from=data . /\n",
            "data/.env": "A=b",
            "data/key": KEY,
        },
    )
    build = BuildContext(tmp_path / "project", contexts=(tmp_path / "data",))
    assert secrets_reaching(build) == ["../data/.env", "../data/key"]
    (tmp_path / "data/.dockerignore").write_text(".env\nkey\n")
    assert secrets_reaching(build) == []


def test_what_the_base_image_has_its_children_copy_is_followed(tmp_path: Path) -> None:
    """ONBUILD of an image counts for the stages upon it, and not for those upon another."""
    write(
        tmp_path,
        {"Dockerfile": "ARG BASE=one\nFROM $BASE\nCOPY a.py /\n", "a.py": "", ".env": "A=b"},
    )
    triggers = {"one": ["COPY . /app/"]}
    assert secrets_reaching(BuildContext(tmp_path, triggers=triggers)) == [".env"]
    assert (
        secrets_reaching(BuildContext(tmp_path, triggers=triggers, arguments={"BASE": "two"})) == []
    )
    assert BuildContext(tmp_path).bases() == {"one"}


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
def test_a_secret_that_a_run_sees_is_remarked_on(tmp_path: Path, mount: str, *, seen: bool) -> None:
    """What the RUN makes of it nobody knows who does not run it."""
    text = f"FROM scratch AS tools\nFROM a\nRUN --mount={mount} cp -r /src /app\nUSER 1000\n"
    write(tmp_path, {"Dockerfile": text, "a.py": "", "conf/.env": "A=b"})
    remarks = [
        remark
        for remark in preflight.preflight_warnings(BuildContext(tmp_path))
        if "conf/.env" in remark
    ]
    assert bool(remarks) is seen


def test_files_that_cannot_be_understood_are_left_to_the_build(tmp_path: Path) -> None:
    """There is nothing to remark on; the build refuses."""
    write(tmp_path, {"Dockerfile": "NONSENSE\n"})
    assert list(preflight.preflight_warnings(BuildContext(tmp_path))) == []
    with pytest.raises(LabcoatError, match="Dockerfile: line 1"):
        preflight.refuse_secrets(BuildContext(tmp_path))


@pytest.mark.parametrize("name", ["pip.conf", "home/uv.toml", ".npmrc", ".condarc", ".git/config"])
def test_a_password_in_the_address_of_an_index_is_a_secret(tmp_path: Path, name: str) -> None:
    """In the files of programs that fetch; there a placeholder or an address without one is none."""
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


def test_a_token_after_a_notebooks_pictures_is_found(tmp_path: Path) -> None:
    """Notebooks begin with megabytes of pictures; of other files the first megabyte counts."""
    token = json.dumps({"image/png": "A" * (3 << 20), "source": ["t = 'ghp_" + "a1B2" * 9 + "'"]})
    write(tmp_path, {"Dockerfile": "FROM scratch\nCOPY . /\n", "a.ipynb": token, "a.bin": token})
    assert secrets_reaching(BuildContext(tmp_path)) == ["a.ipynb"]


WORDS = {
    "-f docker/train": build_flags.BuildFlags("docker/train"),
    "-fdocker/train -q": build_flags.BuildFlags("docker/train"),
    "-qf docker/train": build_flags.BuildFlags("docker/train"),
    "--file=one --file two": build_flags.BuildFlags("two"),
    "-tfoo --network host --no-cache -o out": build_flags.BuildFlags(),
    "--target dev --platform linux/amd64,linux/arm64": build_flags.BuildFlags(
        target="dev", platforms=("linux/amd64", "linux/arm64")
    ),
    "--build-arg A=1 --build-arg=B=x=y --build-arg NO_SUCH_VARIABLE": build_flags.BuildFlags(
        arguments={"A": "1", "B": "x=y"}
    ),
    "--build-context d=../d --build-context i=docker-image://x --build-context g=https://x/y.git": build_flags.BuildFlags(
        contexts=("../d",)
    ),
    "--target": build_flags.BuildFlags(),
}


@pytest.mark.parametrize(("words", "said"), WORDS.items(), ids=WORDS.keys())
def test_flags_say_what_is_built(words: str, said: build_flags.BuildFlags) -> None:
    """In each form that the builder takes; of an option given twice the last counts."""
    assert build_flags.parse_build_flags(words.split()) == said


PLATFORMS = {
    "linux/amd64": ("linux", "amd64", ""),
    "linux/x86_64": ("linux", "amd64", ""),
    "arm64": ("linux", "arm64", ""),
    "linux/arm64/v8": ("linux", "arm64", ""),
    "linux/arm": ("linux", "arm", "v7"),
    "linux/arm/v6": ("linux", "arm", "v6"),
}


@pytest.mark.parametrize(("named", "parts"), PLATFORMS.items(), ids=PLATFORMS.keys())
def test_a_platform_is_told_to_the_dockerfile_as_the_builder_does(
    named: str, parts: tuple[str, str, str]
) -> None:
    """In its normal form, whole and in parts."""
    told = build_flags.platform_arguments(named)
    assert tuple(told[f"TARGET{part}"] for part in ("OS", "ARCH", "VARIANT")) == parts
    assert told["TARGETPLATFORM"] == "/".join(part for part in parts if part)


def test_a_large_context_is_remarked_on(tmp_path: Path) -> None:
    """With its size and the target that says more; what .dockerignore names does not count."""
    (tmp_path / "Dockerfile").write_text(GUARANTEED)
    with (tmp_path / "weights.bin").open("wb") as file:
        file.truncate(60 << 20)
    assert list(preflight.preflight_warnings(BuildContext(tmp_path))) == [
        "the build is sent 60 MiB of files; make context says which"
    ]
    (tmp_path / ".dockerignore").write_text("*.bin\n")
    assert list(preflight.preflight_warnings(BuildContext(tmp_path))) == []


def test_scripts_that_a_run_mounts_are_read(repository: Path, tmp_path: Path) -> None:
    """The template alone lacks --require-hashes: the script that it mounts has it."""
    templates = repository / "src/lib/labcoat/scaffold/templates"
    for name in ("Dockerfile", "install-lock.sh"):
        (tmp_path / name).write_text((templates / name).read_text(encoding="utf-8"))
    assert list(preflight.preflight_warnings(BuildContext(tmp_path))) == []
    (tmp_path / "install-lock.sh").write_text("pip install -r /tmp/lock.txt\n")
    assert any(
        "--require-hashes" in line for line in preflight.preflight_warnings(BuildContext(tmp_path))
    )
