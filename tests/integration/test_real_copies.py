"""The files that labcoat expects in the image are those that real builds copy."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.container.context import build_flags
from labcoat.container.context.build_context import BuildContext
from labcoat.container.dockerfile.parser import parse_dockerfile
from support.real_builds import build
from support.repositories import Content, write


def archive(path: Path) -> None:
    """A tar archive of two files."""
    with tarfile.open(path, "w:gz") as packed:
        for name in ("packed/one", "packed/two"):
            member = tarfile.TarInfo(name)
            member.size = len(name)
            packed.addfile(member, io.BytesIO(name.encode()))


# Each file's text is its own path, so that its origin is known in the image.
PATHS = [
    "a.py",
    "b.txt",
    "src/m.py",
    "src/n.txt",
    "src/deep/o.py",
    "data/x.csv",
    "data/y.csv",
    "conf/.env",
    "sp ace/s",
    "[odd]/p",
    "v1/q",
    "v2/q",
]
TREE: dict[str, Content] = {path: path for path in PATHS}
TREE |= {
    "pack.tar.gz": archive,
    "link": Path("src"),
    "src/inner": Path("m.py"),
    ".dockerignore": "data/y.csv\n**/*.txt\n!b.txt\n",
}

SHAPES = {
    "all": "COPY . /",
    "all-into-a-folder": "COPY . /app/",
    "folder": "COPY src /app",
    "folder-with-slash": "COPY ./src/ /app/",
    "file-renamed": "COPY a.py /x/y.py",
    "file-into-a-folder": "COPY a.py b.txt /x/",
    "wildcard": "COPY *.py *.txt /x/",
    "wildcard-of-folders": "COPY v* /x/",
    "wildcard-in-the-middle": "COPY */*.py /x/",
    "question-mark": "COPY v?/q /x/",
    "brackets": "COPY v[1]/q /x/",
    "escaped": 'COPY ["sp ace/s", "[[]odd]/p", "/x/"]',
    "variables": "ARG WHAT=src\nENV TO=/opt DEEP=${WHAT}/deep\nCOPY $DEEP ${TO:-/x}/${NONE:-here}",
    "symlink-to-a-folder": "COPY link /x",
    "through-a-symlink": "COPY link/deep /x",
    "ignored-in-part": "COPY data /x",
    "workdir": "WORKDIR /w\nWORKDIR in\nCOPY src/m.py ./",
    "stages": "COPY . /all\nFROM scratch\nCOPY --from=0 /all/src /app",
    "stages-named": "COPY src /s\nFROM scratch AS two\nCOPY --from=build /s/m.py /t/n.py\n"
    "FROM scratch\nCOPY --from=two /t /u",
    "stages-wildcard": "COPY . /all\nFROM scratch\nCOPY --from=0 /all/*.py /app/",
    "stages-all": "COPY src /out/s\nFROM scratch\nCOPY --from=build /out/ /",
    "stage-on-stage": "COPY a.py /a\nFROM build\nCOPY src/m.py /b",
    "stage-unused": "COPY . /all\nFROM scratch\nCOPY a.py /",
    "onbuild": "ONBUILD COPY a.py /a\nFROM build\nCOPY b.txt /b",
    "heredoc": "COPY <<one <<two /x/\ntext\none\nmore\ntwo\nCOPY a.py /x/",
    "heredoc-names": "COPY <<A-B <<'1A' 3<<C;D /x/\ntext\nA-B\nmore\n1A\ntext\nC;D\nCOPY a.py /x/",
    "heredoc-in-quotes": "FROM labcoat-test AS base\nRUN echo '<<E' \"<<E\" $((1<<E)) # <<<E\n"
    "COPY a.py /x/\nRUN cat <<E\nE\n"
    "FROM scratch\nCOPY --from=base /x /x",
    "heredoc-in-a-trigger": "ONBUILD COPY <<E a.py /x/\ntext\nE\nFROM build\nCOPY b.txt /b",
    "continued": "COPY \\\n  # a comment\n  a.py \\\n\n  b.txt \\\n  /x/",
    "quotes-split": 'COPY "a.py" src/m.py /x/',
    "wildcard-of-symlinks": "COPY lin* /x/",
    "wildcard-of-symlinked-files": "COPY src/* /x/",
    "symlink-to-a-file": "COPY src/inner /x/\nFROM scratch\nCOPY --from=build /x/inner /y",
    "several-to-one-name": "COPY a.py b.txt /x",
    "folder-and-file-to-one-name": "COPY src a.py /x\nFROM scratch\nCOPY --from=build /x/a.py /y",
    "file-into-a-folder-made-deeper": "COPY src /x/\nCOPY a.py /x/deep\n"
    "FROM scratch\nCOPY --from=build /x/deep/a.py /",
    "file-into-a-folder-of-workdir": "WORKDIR /w/in\nWORKDIR /v\nCOPY a.py /w\n"
    "FROM scratch\nCOPY --from=build /w/a.py /",
    "stage-symlink-to-a-folder": "COPY . /s\nFROM scratch\nCOPY --from=build /s/link /d/",
    "stage-through-a-symlink": "COPY . /s\nFROM scratch\nCOPY --from=build /s/link/deep /d/",
    "stage-symlink-to-a-file": "COPY . /s\nFROM scratch\nCOPY --from=build /s/src/inner /d",
    "stage-wildcard-in-the-middle": "COPY . /s\nFROM scratch\nCOPY --from=build /s/*/m.py /d/",
    "stage-chain": "COPY src /1\nFROM scratch AS b\nCOPY --from=build /1 /2\n"
    "FROM scratch\nCOPY --from=b /2/deep /3",
    "base-has-the-folder": "FROM labcoat-test AS base\nCOPY a.py /tmp\n"
    "FROM scratch\nCOPY --from=base /tmp/a.py /b",
    "onbuild-with-archive": "ONBUILD ADD pack.tar.gz /t/\nFROM build AS b\n"
    "FROM scratch\nCOPY --from=b /t/packed/one /",
    "default-cut-and-replaced": "ENV P=a.py.bak\nCOPY ${P%.bak} ${N:-b.txt} ${P/a.py.bak/src} /x/",
    "flags": "COPY --chown=1:1 --chmod=644 src /x",
    "quoted-flags": "COPY --chown='1:1' a.py /x\nFROM scratch\nCOPY --from=\"build\" /x /y",
    "link-flag": "COPY --link src /x",
    "archive": "ADD pack.tar.gz /x",
    "archive-copied": "COPY pack.tar.gz /x/",
    "archive-then-stage": "ADD pack.tar.gz /x/\nFROM scratch\nCOPY --from=build /x/packed/one /y/",
    "add-folder": "ADD src /x/",
    "absolute-source": "COPY /src /x",
    "climbing-source": "COPY ../src /x",
    "nothing": "ENV A=b\nCOPY <<one /x\ntext\none",
}


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree that all shapes build."""
    return write(tmp_path_factory.mktemp("context"), TREE)


def arrived(root: Path, dockerfile: str, *flags: str) -> set[str]:
    """Return the context's files in a real image: known by their text, symlinks by their target."""
    texts = {path: path for path in PATHS} | {
        "packed/one": "pack.tar.gz",
        "packed/two": "pack.tar.gz",
    }
    packed = (root / "pack.tar.gz").read_bytes()
    ignore = (root / ".dockerignore").read_text()
    found = set()
    for name, content in build(root, dockerfile, *flags).contents.items():
        if isinstance(content, Path):
            found.add({"src": "link", "m.py": "src/inner"}[str(content)])
        elif content == packed:
            found.add("pack.tar.gz")
        elif content.decode() == ignore:
            found.add(".dockerignore")
        elif content.decode() in texts:
            found.add(texts[content.decode()])
        else:
            assert content.decode() in ("text\n", "more\n"), name
    return found


@pytest.mark.docker
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_real_copies_agree(context: Path, base_image: str, shape: str) -> None:
    """The files that arrive are those that labcoat expects."""
    dockerfile = f"FROM scratch AS build\n{shape}\n".replace("labcoat-test", base_image)
    described = BuildContext(context)
    # The Dockerfile is outside the context, as in `docker build -f -`.
    described.__dict__["parsed"] = parse_dockerfile(dockerfile)
    assert described.reaching_files() == arrived(context, dockerfile)


CHOICES = {
    "target": ("FROM scratch AS Dev\nCOPY src /\nFROM scratch\nCOPY a.py /", "--target dev"),
    "argument-for-a-base": (
        "ARG A=one\nFROM scratch AS one\nCOPY a.py /\nFROM scratch AS two\nCOPY src /\nFROM $A",
        "--build-arg A=two",
    ),
    "argument-for-a-source": ("FROM scratch\nARG A=a.py\nCOPY $A /x/", "--build-arg A=src"),
    "argument-of-the-environment": (
        "FROM scratch\nARG LABCOAT_TEST=a.py\nCOPY $LABCOAT_TEST /x/",
        "--build-arg LABCOAT_TEST",
    ),
    "argument-that-is-not-there": (
        "FROM scratch\nARG NO_SUCH=a.py\nCOPY $NO_SUCH /x/",
        "--build-arg NO_SUCH",
    ),
    "argument-over-one-before": (
        "ARG A=a.py\nFROM scratch\nARG A\nCOPY $A /x/",
        "--build-arg A=b.txt --build-arg A=src",
    ),
    "platform": (
        "FROM scratch AS on-amd64\nCOPY a.py /\nFROM scratch AS on-arm64\nCOPY src /\n"
        "FROM on-$TARGETARCH",
        "--platform linux/arm64/v8",
    ),
    "platform-in-a-stage": (
        "FROM scratch\nARG TARGETVARIANT\nCOPY $TARGETVARIANT /x/",
        "--platform=linux/arm/v7",
    ),
}


@pytest.fixture
def context_of_choices(context: Path) -> Iterator[Path]:
    """The tree, and `v7`, which a build for that variant of a processor copies."""
    (context / "v7").write_text("data/x.csv")
    yield context
    (context / "v7").unlink()


@pytest.mark.docker
@pytest.mark.parametrize(("dockerfile", "words"), CHOICES.values(), ids=CHOICES.keys())
def test_flags_choose_what_is_copied(
    context_of_choices: Path, dockerfile: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Target stage, build arguments and platform."""
    context = context_of_choices
    monkeypatch.setenv("LABCOAT_TEST", "src")
    flags = build_flags.parse_build_flags(words.split())
    described = BuildContext(context, arguments=flags.arguments, target=flags.target).for_platform(
        *flags.platforms or [""]
    )
    described.__dict__["parsed"] = parse_dockerfile(dockerfile, described.arguments)
    found = {"data/x.csv" if path == "v7" else path for path in described.reaching_files()}
    assert found
    assert found == arrived(context, dockerfile, *words.split())


# Options of a mount, the stage that it reads (empty for the context), and the files in it.
MOUNTS = {
    "plain": ("source=src/deep,target=/in", "", {"src/deep/o.py"}),
    "upper-case-keys": ("TYPE=Bind,SRC=data,DST=/in", "", {"data/x.csv"}),
    "quoted-value": ('source="sp ace",target=/in,readonly', "", {"sp ace/s"}),
    "quoted-csv-field": ("'\"source=sp ace\",target=/in'", "", {"sp ace/s"}),
    "escaped-csv-field": ('\\"source=v1\\",target=/in', "", {"v1/q"}),
    "last-source": ("source=v1,src=v2,target=/in", "", {"v2/q"}),
    "stage": ("From=build,source=/s,target=/in", "build", {"v1/q"}),
}


@pytest.mark.docker
@pytest.mark.parametrize(("mount", "stage", "files"), MOUNTS.values(), ids=MOUNTS.keys())
def test_real_mounts_agree(
    context: Path, base_image: str, mount: str, stage: str, files: set[str]
) -> None:
    """A RUN sees the files of the source that labcoat reads from `--mount`."""
    dockerfile = (
        f"FROM scratch AS build\nCOPY v1 /s\nFROM {base_image} AS run\n"
        f"RUN --mount={mount} cp -r /in /out\nFROM scratch\nCOPY --from=run /out /\n"
    )
    (run,) = parse_dockerfile(dockerfile).stages[1].instructions
    assert run.copied_from == (stage,)
    (options,) = run.mounts
    folder = "v1" if stage else options["source"]
    assert {path for path in PATHS if path.startswith(f"{folder}/")} >= files
    assert arrived(context, dockerfile, "--network=host") == files
