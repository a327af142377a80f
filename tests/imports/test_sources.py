"""What a source imports, and whether it can do without."""

import pytest

from labcoat.imports.sources import (
    list_modules,
    read_imports_of,
    read_plain_imports,
    read_source,
)


def modules(code: str, *, optional: bool = False) -> list[str]:
    return [each.module for each in read_source(code) if each.optional == optional]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import a.b as c, d\nfrom e.f import (g,\n h)", ["a.b", "d", "e.f"]),
        ("from . import own\nfrom .own import x\nimport a", ["a"]),
        (
            "from google.cloud import storage, vision",
            ["google.cloud.storage", "google.cloud.vision"],
        ),
        (
            "from keras.utils import np_utils as u, to_categorical\nfrom keras.utils import plot",
            ["keras.utils.np_utils", "keras.utils", "keras.utils"],
        ),
        (
            "print 'Python 2'\nfrom sklearn.externals import joblib",
            ["sklearn.externals.joblib"],
        ),
        ("def f():\n    import a\nif x:\n    import b\nelse:\n    import c", ["a", "b", "c"]),
        ("with x:\n    import a\nfor y in z:\n    import b", ["a", "b"]),
        ("'''\nimport text\n'''\nimport a", ["a"]),
        ("print 'Python 2'\nimport a, b.c as d\nfrom e import f", ["a", "b.c", "e"]),
        ("# -*- coding: latin-1 -*-\nimport a", ["a"]),
    ],
)
def test_modules(code: str, found: list[str]) -> None:
    assert modules(code) == found


def test_what_try_holds_is_optional() -> None:
    code = "try:\n    import a\nexcept ImportError:\n    import b\nelse:\n    import c\nimport d"
    assert modules(code) == ["d"]
    assert modules(code, optional=True) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("condition", "needed"),
    [
        ("sys.version_info >= (3, 10)", ""),
        ("sys.version_info[:2] == (3, 9)", ""),
        ("sys.version_info[1] == 9", ""),
        ("(3,) <= sys.version_info < (4,)", ""),
        ("sys.version_info >= (3,)", "a"),
        ("sys.version_info[0] == 2", "b"),
        ("sys.version_info.major > 2", "a"),
        ("sys.hexversion < 0x03000000", "b"),
        ("not six.PY2", "a"),
        ("typing.TYPE_CHECKING", "b"),
        ("not TYPE_CHECKING", "a"),
        ("TYPE_CHECKING or True", "ab"),
        ("sys.platform == 'win32'", "b"),
        ("sys.platform in ('linux', 'darwin')", "a"),
        ("sys.platform.startswith('win')", "b"),
        ("os.name == 'posix'", "a"),
        ("platform.system() != 'Windows'", "a"),
        ("platform.system().lower() == 'windows'", "b"),
        ("platform.uname().system == 'Windows'", "b"),
        ("system() == 'Windows'", "b"),
        ("platform != 'win32'", "a"),
        ("name in ('nt', 'java')", "b"),
        ("name == 'x'", "ab"),
        ("system(x) == 'Windows'", "ab"),
        ("platform == other", "ab"),
        ("sys.platform[:3] == 'win'", "b"),
        ("sys.platform.find('win') >= 0", "b"),
        ("sys.platform.join([]) == ''", ""),
        ("sys.platform == 'linux' and args.x", "ab"),
        ("sys.platform == 'win32' and args.x", "b"),
        ("sys.version_info >= (3, 10) and args.x", "b"),
        ("sys.version_info[args.x] == 'y'", ""),
        ("sys.version_info > 'y'", ""),
        (f"sys.version_info > 0x{'f' * 9000}", ""),
        ("sys.version_info > {**sys.version_info}", ""),
        ("sys.platform.startswith()", ""),
        ("sys.platform.startswith(*sys.argv)", ""),
        ("sys.platform in {[]: 1}", ""),
        ("args.platform == 'x'", "ab"),
        ("platform", "ab"),
    ],
)
def test_what_not_every_python_runs_is_optional(condition: str, needed: str) -> None:
    code = f"if {condition}:\n    import a\nelse:\n    import b\nimport c"
    assert modules(code) == [*needed, "c"]


def test_try_without_handler_needs_its_imports() -> None:
    assert modules("try:\n    import a\nfinally:\n    pass") == ["a"]


@pytest.mark.parametrize("code", ["(" * 5000, "import a\0", "x = " + "-" * 100_000 + "1"])
def test_code_that_cannot_be_parsed_is_no_error(code: str) -> None:
    read_source(code)


def test_lines_count_also_where_code_is_not_valid() -> None:
    found = read_source("print 1\n\n\nimport a\n")
    assert [(each.module, each.line) for each in found] == [("a", 4)]


MANY = b'''"""A text:
import intext
"""
import first
try:
    import maybe
except ImportError:
    maybe = None
else:
    import other
TEXT = """
import intext
"""


@decorated
def main():
    from inner.part import name
    if name:
        import deep, first.sub
'''


@pytest.mark.parametrize(
    "source", [MANY, MANY.replace(b"\n", b"\r\n"), b'import a; x = "', b""], ids=range(4)
)
def test_imports_of_some_modules_are_those_of_the_whole(source: bytes) -> None:
    """Parsing their statements alone gives the same lines and the same answers."""
    whole = read_source(source)
    for each in list_modules(source):
        some = [found for found in read_imports_of(source, {each}) if found.module == each]
        assert some == [found for found in whole if found.module == each]


def test_imports_that_are_expected_to_fail_are_optional() -> None:
    code = """
with suppress(ImportError):
    import a
with self.assertRaises(ModuleNotFoundError), x:
    import b
with pytest.raises(ImportError):
    import c
with open(d):
    import e
"""
    assert modules(code, optional=True) == ["a", "b", "c"]
    assert modules(code) == ["e"]


TEXT_BEFORE = "QQQ\nx\nQQQ\nimport a".replace("Q", '"')
IN_TEXT = "QQQ\nimport a\nQQQ".replace("Q", "'")


@pytest.mark.parametrize(
    "code", ["import a", "import a.b as c, d\nx = 1\nfrom e import f  # g", "x = 1", TEXT_BEFORE]
)
def test_plain_imports_are_read_without_parsing(code: str) -> None:
    """What the lines say is what the syntax tree says."""
    assert read_plain_imports(code) == read_source(code)


@pytest.mark.parametrize(
    "code", ["if x:\n    import a", "from a import (b,\n c)", "x = 1; import a", IN_TEXT]
)
def test_other_imports_have_to_be_parsed(code: str) -> None:
    assert read_plain_imports(code) is None


def test_a_chain_without_end_is_no_error() -> None:
    chain = "if x == 0:\n    import a\n" + "".join(f"elif x == {n}:\n    y\n" for n in range(3000))
    assert [each.module for each in read_imports_of(chain.encode(), {"a"})] == ["a"]
