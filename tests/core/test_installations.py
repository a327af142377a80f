"""Command lines are parsed as the shell and the installers parse them."""

import pytest

from labcoat.core.installations import find_installations
from labcoat.core.shell_commands import split_commands

INSTALLS: dict[str, tuple[str, list[tuple[str, tuple[str, ...], tuple[str, ...]]]]] = {
    "e-in-a-name": (
        "pip install django-redis==5.4.0",
        [("pip", ("django-redis==5.4.0",), ())],
    ),
    "rf": ("pip install scikit-rf", [("pip", ("scikit-rf",), ())]),
    "option-with-re": (
        "uv pip install --force-reinstall libtpu==0.0.17",
        [("uv", ("libtpu==0.0.17",), ())],
    ),
    "requirements": (
        "uv pip install --requirements requirements.txt",
        [("uv", (), ("requirements.txt",))],
    ),
    "background": (
        "pip install -U pip & pip install pipenv",
        [("pip", ("pip",), ()), ("pip", ("pipenv",), ())],
    ),
    "variable": ("PIP=pip3 && $PIP install a", [("pip", ("a",), ())]),
    "unknown-variable": ("$PIP install a", []),
    "located": (
        "$(which pip) install a; `which python` -m pip install b",
        [("pip", ("a",), ()), ("pip", ("b",), ())],
    ),
    "joined-module": (
        "python -mpip install a; python -Im pip install b",
        [("pip", ("a",), ()), ("pip", ("b",), ())],
    ),
    "other-user": (
        "su app -c 'pip install a'; gosu app pip install b; sudo -n pip install c",
        [("pip", ("a",), ()), ("pip", ("b",), ()), ("pip", ("c",), ())],
    ),
    "environment": ("env -u X pip install a", [("pip", ("a",), ())]),
    "evaluated": ('eval "pip install a"', [("pip", ("a",), ())]),
    "xargs": ("xargs -a list -n1 pip install", [("pip", ("{}",), ())]),
    "document": ("cat >x.sh <<END\npip install a\nEND\npip install b", [("pip", ("b",), ())]),
    "document-of-shell": ("bash <<'END'\npip install a\nEND", [("pip", ("a",), ())]),
    "pipenv": (
        "pipenv install --dev a; pipenv install --deploy",
        [("pipenv", ("a",), ()), ("pipenv", (), ())],
    ),
    "pipx": ("pipx install poetry", [("pipx", ("poetry",), ())]),
    "easy_install": ("easy_install -U a", [("easy_install", ("a",), ())]),
    "printed": ('echo "do not pip install foo"', []),
    "printed-without-quotes": ("echo pip install foo", []),
    "in-a-name": ("./pip install foo; mypip install foo", [("pip", ("foo",), ())]),
    "module": ("python3.11 -m pip --no-cache-dir install a b", [("pip", ("a", "b"), ())]),
    "short-with-value": ("pip install -rreq.txt -cc.txt", [("pip", (), ("req.txt",))]),
    "equals": ("pip install --requirement=req.txt", [("pip", (), ("req.txt",))]),
    "index": ("pip install -i https://i/simple --proxy p a", [("pip", ("a",), ())]),
    "assignment": ("PIP_NO_CACHE_DIR=1 sudo -E pip install a", [("pip", ("a",), ())]),
    "other-shell": (
        "bash -lc 'pip install a && pip install b'",
        [("pip", ("a",), ()), ("pip", ("b",), ())],
    ),
    "comment": ("# pip install a\npip install b # not c", [("pip", ("b",), ())]),
    "continued": ("pip install \\\n  a \\\n  b", [("pip", ("a", "b"), ())]),
    "redirected": ("pip install a > log 2>&1 || true", [("pip", ("a",), ())]),
    "subshell": ("(cd x && pip install a)", [("pip", ("a",), ())]),
    "condition": ("if true; then pip install a; fi", [("pip", ("a",), ())]),
    "sync": ("uv pip sync requirements.txt", [("uv", (), ("requirements.txt",))]),
    "uv-sync": ("uv sync --frozen", []),
    "uv-run": ("uv run pip install a", [("pip", ("a",), ())]),
    "conda-run": ("conda run -n x pip install a", [("pip", ("a",), ())]),
    "not-an-installation": ("pip download a; pip wheel b; pip uninstall c", []),
    "conda": (
        "conda install -y -c conda-forge numpy=1.26 pandas",
        [("conda", ("numpy=1.26", "pandas"), ())],
    ),
    "micromamba": ("micromamba install -n base --file env.txt", [("conda", (), ("env.txt",))]),
    "poetry": ("poetry add -G dev black", [("poetry", ("black",), ())]),
    "poetry-install": ("poetry install --no-root", []),
    "editable": ("pip install -e . --no-deps", [("pip", (".",), ())]),
    "extras-quoted": ("pip install 'a[b]>=1'", [("pip", ("a[b]>=1",), ())]),
    "apt": (
        "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -o A=b install -y -t sid git",
        [("apt", ("git",), ())],
    ),
    "uv-add": ("uv --project x add rich", [("uv-add", ("rich",), ())]),
    "uv-tool": ("uv tool install --python 3.12 ruff", [("uv-tool", ("ruff",), ())]),
    "conda-create": (
        "mamba create -n x python=3.9 numpy",
        [("conda", ("python=3.9", "numpy"), ())],
    ),
    "recipe": ("@-pip install a", [("pip", ("a",), ())]),
    "make-shell": ("X := $(shell pip install a)", [("pip", ("a",), ())]),
    "substituted": (
        'echo "$(pip install a)" `pip install b`',
        [("pip", ("a",), ()), ("pip", ("b",), ())],
    ),
    "substitution-in-a-word": (
        "pip install a==$(cat v | head -1) b",
        [("pip", ("a==$(cat v | head -1)", "b"), ())],
    ),
    "single-quotes": ("echo '$(pip install a)'", []),
    "arithmetic": ("pip install a$((1 + 2))", [("pip", ("a$((1 + 2))",), ())]),
    "timeout": ("timeout -k 5 60 pip install a", [("pip", ("a",), ())]),
    "quote-that-nothing-closes": ("echo don't\npip install a", [("pip", ("a",), ())]),
}


@pytest.mark.parametrize(("script", "expected"), INSTALLS.values(), ids=INSTALLS.keys())
def test_installations(script: str, expected: list[object]) -> None:
    """The tool, what it installs, and the files that name more."""
    assert [
        (each.tool, each.packages, each.files) for each in find_installations(script)
    ] == expected


@pytest.mark.parametrize(
    "script",
    ["'", "a 'b\n\n", "$(", "`", "a <<", ";;", "\\", "((((", "\0", "`$(", "$((", '"$(', "\ue000"],
)
def test_malformed_script_never_raises(script: str) -> None:
    """It has the commands that can be told apart."""
    assert isinstance(list(split_commands(script)), list)


def test_variables_are_options() -> None:
    """pip reads them as it reads the options."""
    (found,) = find_installations("PIP_REQUIRE_HASHES=1 pip install -r list")
    assert "--require-hashes" in found.options
    (found,) = find_installations("pip install -r $LIST", {"LIST": "list", "PIP_NO_INDEX": "0"})
    assert (found.files, found.options) == (("list",), {"-r"})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("--require-h", "--require-hashes"),
        ("--require-hash", "--require-hashes"),
        ("--no-dep", "--no-deps"),
        ("--require", "--require"),  # two others begin so
        ("--requirement", "--requirement"),
    ],
)
def test_option_of_pip_that_is_cut(written: str, meant: str) -> None:
    """Pip takes the beginning of a long option for it."""
    (found,) = find_installations(f"pip install {written} -r a.txt")
    assert meant in found.options
    (found,) = find_installations("pip install --requirem a.txt --index=https://example.org x")
    assert (found.files, found.packages) == (("a.txt",), ("x",))
    (found,) = find_installations(f"uv pip install {written} -r a.txt")
    assert written in found.options
