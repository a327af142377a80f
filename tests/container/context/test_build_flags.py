"""Flags for `docker build` are parsed as far as they decide what is built."""

import pytest

from labcoat.container.context.build_flags import BuildFlags, parse_build_flags, platform_arguments

WORDS = {
    "-f docker/train": BuildFlags("docker/train"),
    "-fdocker/train -q": BuildFlags("docker/train"),
    "-qf docker/train": BuildFlags("docker/train"),
    "--file=one --file two": BuildFlags("two"),
    "-tfoo --network host --no-cache -o out": BuildFlags(),
    "--target dev --platform linux/amd64,linux/arm64": BuildFlags(
        target="dev", platforms=("linux/amd64", "linux/arm64")
    ),
    "--build-arg A=1 --build-arg=B=x=y --build-arg NO_SUCH_VARIABLE": BuildFlags(
        arguments={"A": "1", "B": "x=y"}
    ),
    "--build-context d=../d --build-context i=docker-image://x "
    "--build-context g=https://x/y.git": BuildFlags(contexts=("../d",)),
    "--target": BuildFlags(),
}


@pytest.mark.parametrize(("words", "expected"), WORDS.items(), ids=WORDS.keys())
def test_parse_build_flags(words: str, expected: BuildFlags) -> None:
    """In each form that the builder accepts; of an option given twice, the last counts."""
    assert parse_build_flags(words.split()) == expected


PLATFORMS = {
    "linux/amd64": ("linux", "amd64", ""),
    "linux/x86_64": ("linux", "amd64", ""),
    "arm64": ("linux", "arm64", ""),
    "linux/arm64/v8": ("linux", "arm64", ""),
    "linux/arm": ("linux", "arm", "v7"),
    "linux/arm/v6": ("linux", "arm", "v6"),
}


@pytest.mark.parametrize(("platform", "parts"), PLATFORMS.items(), ids=PLATFORMS.keys())
def test_platform_arguments(platform: str, parts: tuple[str, str, str]) -> None:
    """The platform in its normal form, whole and in parts."""
    arguments = platform_arguments(platform)
    assert tuple(arguments[f"TARGET{part}"] for part in ("OS", "ARCH", "VARIANT")) == parts
    assert arguments["TARGETPLATFORM"] == "/".join(part for part in parts if part)
