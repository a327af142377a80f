"""Debian packages and their files are read from dpkg's records, as `dpkg --verify` does."""

from hashlib import md5

import pytest

from labcoat.container.filesystem.dpkg_packages import read_packages
from labcoat.container.inspect.exported_files import ExportedFile, ExportedFiles


def digest(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def file(text: str) -> ExportedFile:
    return ExportedFile("file", 0o644, data=text.encode(), md5=digest(text))


STATUS = f"""Package: dpkg
Status: install ok installed
Architecture: amd64
Version: 1.21

Package: one
Status: install ok installed
Architecture: amd64
Version: 1:1.0+b1
Conffiles:
 /etc/one {digest("setting")}
 /etc/old {digest("old")} obsolete
Description: any
 text

Package: one
Status: install ok installed
Architecture: i386
Version: 3

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""
FILES = {
    "var/lib/dpkg/status": file(STATUS),
    "var/lib/dpkg/info/one:amd64.list": file(
        "/.\n/usr\n/usr/lib\n/usr/lib/one.so\n/usr/lib/one.so.1\n/usr/share\n/usr/share/doc\n"
        "/usr/share/doc/one\n/usr/share/doc/one/copyright\n/bin\n/bin/one\n/etc\n/etc/one\n"
    ),
    "var/lib/dpkg/info/one:amd64.md5sums": file(
        f"{digest('so')}  usr/lib/one.so\n{digest('c')}  usr/share/doc/one/copyright\n"
        f"{digest('tool')}  bin/one\n"
    ),
    "var/lib/dpkg/diversions": file("/bin/one\n/bin/one.moved\nother\n/etc/one\n/etc/x\none\n"),
    "etc/dpkg/dpkg.cfg.d/docker": file(
        "# any\npath-exclude=/usr/share/doc/*\npath-include /usr/share/doc/*/copyright\n"
        "path-exclude /usr/share/doc/*\n"
    ),
    "usr/lib/os-release": file('NAME=x\nID="ubuntu"\n'),
    "etc/os-release": ExportedFile("link", target="../usr/lib/os-release"),
    "bin": ExportedFile("link", target="usr/bin"),
    "usr/bin": ExportedFile("folder"),
    "usr/bin/one.moved": file("tool"),
    "usr/bin/one": file("wrapper"),
    "usr/lib/one.so": file("so"),
    "usr/lib/one.so.1": ExportedFile("link", target="one.so"),
    "etc/one": file("setting"),
}


def test_packages_are_listed() -> None:
    """Of two architectures, the image's counts."""
    found = read_packages(ExportedFiles(FILES), ["one"])
    assert (found.architecture, found.distribution) == ("amd64", "ubuntu")
    assert found.versions == {"dpkg": "1.21", "one": "1:1.0+b1"}
    assert found.changed == ()
    assert read_packages(ExportedFiles({})).versions == {}


@pytest.mark.parametrize(
    ("path", "changed", "expected"),
    [
        ("usr/lib/one.so", file("evil"), "/usr/lib/one.so"),
        ("usr/lib/one.so", None, "/usr/lib/one.so"),
        ("usr/lib/one.so", ExportedFile("link", target="any"), "/usr/lib/one.so"),
        ("usr/lib/one.so.1", None, "/usr/lib/one.so.1"),
        ("usr/bin/one.moved", file("evil"), "/bin/one"),
        ("etc/one", file("mine"), "/etc/one"),
        ("etc/dpkg/dpkg.cfg.d/docker", None, "/usr/share/doc/one/copyright"),
    ],
    ids=["changed", "gone", "link", "link gone", "diverted", "setting", "not excluded"],
)
def test_changed_files_are_found(path: str, changed: ExportedFile | None, expected: str) -> None:
    """What dpkg leaves out by its settings is not gone; another's diversion moves a file."""
    entries = {name: one for name, one in {**FILES, path: changed}.items() if one}
    assert read_packages(ExportedFiles(entries), ["one"]).changed == (expected,)
