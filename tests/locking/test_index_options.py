"""What to write instead of --extra-index-url and its like."""

import re

import pytest

from labcoat.locking import index_options


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://download.pytorch.org/whl/cpu", "pytorch-cpu"),
        ("https://pypi.nvidia.com", "nvidia"),
        ("https://pypi.nvidia.com/simple/", "nvidia"),
        ("https://me:x@team.example.org/api/Team_A/simple", "example-team-a"),
        ("http://127.0.0.1:8000/simple", "index"),
        ("http://localhost/private", "index-private"),
    ],
)
def test_a_name_follows_from_the_address(url: str, name: str) -> None:
    assert index_options.suggest_name(url) == name


def test_the_hint_is_what_to_write() -> None:
    """The table has the address, and the packages that the index is probably for."""
    texts = ["torch==2.4.0\nnumpy\n", "torchvision\ncustom==1.0+cpu\n"]
    line = "--extra-index-url https://download.pytorch.org/whl/cpu"
    assert index_options.explain_option("--extra-index-url", line, texts) == (
        "Remove it, and write to pyproject.toml which packages come from there:"
        " `[tool.labcoat.indexes.pytorch-cpu]` with `url = "
        '"https://download.pytorch.org/whl/cpu"` and'
        ' `packages = ["torch", "torchvision", "custom"]`'
    )
    hint = index_options.explain_option("-i", "-i https://me:hunter2@x.example/simple", texts)
    assert "PIP_INDEX_URL or UV_DEFAULT_INDEX" in hint
    assert "https://${USER}:${PASSWORD}@x.example/simple" in hint
    assert "hunter2" not in hint


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("-f https://download.pytorch.org/whl/torch_stable.html", "[tool.labcoat.indexes.NAME]"),
        ("--find-links=wheels", "[tool.labcoat.indexes.NAME]"),
        ("--trusted-host x", "PIP_TRUSTED_HOST"),
        ("--extra-index-url $URL", "PIP_INDEX_URL"),
    ],
)
def test_other_options_have_a_hint_of_their_own(line: str, word: str) -> None:
    option = re.split("[ =]", line)[0]
    assert word in index_options.explain_option(option, line, [])


def test_an_option_that_became_a_comment_is_explained() -> None:
    """`labcoat init` keeps such a line as a comment."""
    text = (
        "# --extra-index-url https://me:hunter2@download.pytorch.org/whl/cpu\n"
        "# --index-url is text\ntorch==2.4.0  # was torch==2.4.0+cpu\n"
    )
    (line,) = index_options.explain_comments(text, ["six", "torch==2.4.0+cpu"])
    assert "To take packages from https://download.pytorch.org/whl/cpu, write" in line
    assert '`packages = ["torch"]`' in line
    assert "hunter2" not in line
