"""Files around an image's environment are the base's, labcoat's, or decide nothing."""

import hashlib

import pytest

from labcoat.container.filesystem.dpkg_records import DpkgRecords
from labcoat.container.filesystem.image_python import ImagePython
from labcoat.container.filesystem.surroundings import Surroundings
from labcoat.container.inspect.exported_files import ExportedFile, ExportedFiles
from labcoat.core.records import replace

PATH = "/first:/opt/venv/bin:/usr/local/bin:/usr/bin:/bin"
PYTHON = ImagePython(
    "opt/venv", "usr/local/bin/python3.11", "3.11", "opt/venv/lib/python3.11/site-packages"
)
LIBRARY = "usr/local/lib/python3.11"


def file(text: str = "base", mode: int = 0o755) -> ExportedFile:
    data = text.encode()
    return ExportedFile("file", mode, digest=hashlib.sha256(data).hexdigest(), data=data)


BASE = {
    "etc/passwd": file("root\n"),
    "usr/bin/dash": file("dash"),
    "usr/bin/bash": file("bash"),
    "usr/bin/sh": ExportedFile("link", target="dash"),
    "usr/bin/env": file("env"),
    "usr/local/bin/python3.11": file("python"),
    "etc/nsswitch.conf": file("passwd: files\nhosts: files dns\n"),
    "etc/ssl/openssl.cnf": file("[default]\nactivate = 1\n"),
    f"{LIBRARY}/json.py": file("json"),
    f"{LIBRARY}/sitecustomize.py": ExportedFile("link", target="/etc/python3.11/sitecustomize.py"),
    "etc/python3.11/sitecustomize.py": file("nothing"),
}
LABCOAT_USER = "root\nlabcoat:x:1000:1000::/home/labcoat:/bin/sh\n"
OWN = {
    "opt": ExportedFile("folder"),
    "opt/venv": ExportedFile("folder"),
    "opt/venv/any": file(),
    "home": ExportedFile("folder"),
    "home/labcoat": ExportedFile("folder"),
    "home/labcoat/project": ExportedFile("folder"),
    "home/labcoat/project/train.py": file(),
    "etc/passwd": file(LABCOAT_USER),
    "etc/resolv.conf": file(),
}


def around(changes: dict[str, ExportedFile | None]) -> Surroundings:
    entries = {**BASE, **OWN, **changes}
    files = ExportedFiles({path: one for path, one in entries.items() if one})
    return Surroundings(files, ExportedFiles(BASE), PYTHON, {"PATH": PATH}, "/home/labcoat/project")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"etc/passwd": file(LABCOAT_USER + "evil:x:0:0::/:/bin/sh\n")}, ["/etc/passwd"]),
        ({"usr/bin/env": file("evil")}, ["/usr/bin/env"]),
        ({"usr/bin/env": file("env", 0o4755)}, ["/usr/bin/env"]),
        ({"usr/bin/env": file("env")._replace(capability="any")}, ["/usr/bin/env"]),
        ({"usr/bin/env": None}, ["/usr/bin/env"]),
        ({"srv/x": ExportedFile("folder"), "srv/x/y": file()}, ["/srv/x/"]),
        ({"home/labcoat/.profile": file()}, ["/home/labcoat/.profile"]),
        ({"opt/venv2": file()}, ["/opt/venv2"]),
    ],
    ids=",".join,
)
def test_labcoats_own_steps_write_nothing_else(
    changes: dict[str, ExportedFile | None], expected: list[str]
) -> None:
    """Every other file outside of the environment and the project is the base's."""
    assert [one.path for one in around(changes).compare_all()] == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"usr/local/bin/tool": file("tool"), "opt/tool/x.py": file("x")}, []),
        ({"usr/local/bin/make": file("new")}, []),
        ({"usr/bin/bash": None, "usr/bin/env": None}, []),
        ({"usr/bin/env": ExportedFile("link", target="dash")}, ["/usr/bin/env"]),
        ({"usr/bin/sh": ExportedFile("link", target="env")}, ["/usr/bin/sh"]),
        ({"usr/local/bin/bash": file("evil")}, ["/usr/local/bin/bash"]),
        ({"usr/local/bin/sh": file("sh"), "usr/bin/bash": file("evil")},
         ["/usr/local/bin/sh", "/usr/bin/bash"]),
        ({"first/pytest": file("evil"), "opt/venv/bin/pytest": file()}, ["/first/pytest"]),
        ({"usr/local/bin/pytest": file("any"), "opt/venv/bin/pytest": file()}, []),
        ({"usr/bin/env": file("env")._replace(capability="any")}, ["/usr/bin/env"]),
        ({PYTHON.program: file("python", 0o4755)}, [f"/{PYTHON.program}"]),
        ({"usr/local/bin/tool": file("tool", 0o4755)}, []),
        ({"usr/bin/sh": ExportedFile("link", target="bash")}, []),
        ({f"{LIBRARY}/json.py": None}, []),
        ({"usr/bin/sh": file("evil")}, ["/usr/bin/sh"]),
        ({"usr/local/bin/env": file("evil")}, ["/usr/local/bin/env"]),
        ({f"{LIBRARY}/json.py": file("evil")}, [f"/{LIBRARY}/json.py"]),
        ({f"{LIBRARY}/usercustomize.py": file("evil")}, [f"/{LIBRARY}/usercustomize.py"]),
        ({"etc/python3.11/sitecustomize.py": file("evil")}, [f"/{LIBRARY}/sitecustomize.py"]),
        ({f"{LIBRARY}/simplejson": ExportedFile("folder")}, [f"/{LIBRARY}/simplejson"]),
        ({f"{LIBRARY}/site-packages/pip.py": file("pip")}, []),
        ({"usr/local/lib/python311.zip": file("zip")}, ["/usr/local/lib/python311.zip"]),
        ({"usr/local/bin/pyvenv.cfg": file("home")}, ["/usr/local/bin/pyvenv.cfg"]),
        ({PYTHON.program: file("#!/bin/sh")}, [f"/{PYTHON.program}"]),
        ({"etc/ssl/openssl.cnf": file("CipherString = DEFAULT@SECLEVEL=1\n")}, []),
        ({"etc/ssl/openssl.cnf": file("[x]\n module = /evil.so\n")}, ["/etc/ssl/openssl.cnf"]),
        ({"lib/x/libnss_evil.so.2": file("evil")}, []),
        ({"lib/x/libnss_evil.so.2": file("evil"),
          "etc/nsswitch.conf": file("passwd: files [NOTFOUND=return] evil # any\n")},
         ["/lib/x/libnss_evil.so.2"]),
        ({f"{LIBRARY}/__pycache__/gone.cpython-311.pyc": file("")},
         [f"/{LIBRARY}/__pycache__/gone.cpython-311.pyc"]),
    ],
    ids=",".join,
)  # fmt: skip
def test_what_a_projects_own_steps_write_counts_if_it_decides(
    changes: dict[str, ExportedFile | None], expected: list[str]
) -> None:
    """Programs and data of the project's own are no difference."""
    one = around(changes)
    assert [each.path for each in one.compare_deciding(DpkgRecords(one.files))[0]] == expected


def test_new_byte_code_of_the_standard_library_is_checked() -> None:
    """A step that runs Python writes it. The source may be a link."""
    path = f"{LIBRARY}/__pycache__/sitecustomize.cpython-311.pyc"
    one = around({path: file()._replace(mode=0o644)})
    found, compiled = one.compare_deciding(DpkgRecords(one.files))
    assert not found
    assert [(each.path, each.source) for each in compiled] == [
        (path, "etc/python3.11/sitecustomize.py")
    ]


def test_link_of_a_package_counts_with_its_target() -> None:
    """Debian's sitecustomize.py is a link into /etc, whose file dpkg's records have."""
    target = "etc/python3.11/sitecustomize.py"
    records = {
        "var/lib/dpkg/status": file(f"Conffiles:\n /{target} {'a' * 32}\n"),
        "var/lib/dpkg/info": ExportedFile("folder"),
        "var/lib/dpkg/info/python3.list": file(f"/{LIBRARY}/sitecustomize.py\n"),
    }
    for md5, expected in (("a" * 32, []), ("b" * 32, [f"/{LIBRARY}/sitecustomize.py"])):
        one = around({**records, target: file("changed")._replace(md5=md5)})
        found = one.compare_deciding(DpkgRecords(one.files))[0]
        assert [each.path for each in found] == expected


def test_a_converter_of_encodings_counts_unless_a_package_brings_it() -> None:
    """A new locale is chosen by variables, which are compared; C.UTF-8 is used in each run."""
    records = {
        "var/lib/dpkg/status": file("Package: any\n"),
        "var/lib/dpkg/info": ExportedFile("folder"),
        "var/lib/dpkg/info/libc6.md5sums": file(f"{'a' * 32}  usr/lib/x/gconv/B.so\n"),
    }
    changes = {
        "usr/lib/x/gconv/A.so": file("evil"),
        "usr/lib/x/gconv/B.so": file("new")._replace(md5="a" * 32),
        "usr/lib/x/gconv/gconv-modules.cache": file("made by iconvconfig"),
        "usr/lib/locale/locale-archive": file("made by locale-gen"),
        "usr/lib/locale/C.utf8/LC_COLLATE": file("other"),
    }
    one = around({**records, **changes})
    base = ExportedFiles({**BASE, "usr/lib/locale/C.utf8/LC_COLLATE": file("C")})
    found = replace(one, base=base).compare_deciding(DpkgRecords(one.files))[0]
    assert [each.path for each in found] == [
        "/usr/lib/locale/C.utf8/LC_COLLATE",
        "/usr/lib/x/gconv/A.so",
    ]
