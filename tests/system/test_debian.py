"""The table of libraries, and how it is made of an archive's lists."""

from collections.abc import Mapping

import pytest

from labcoat.system import debian, update_debian


@pytest.mark.parametrize(
    ("library", "suite", "package"),
    [
        ("libgomp.so.1", "bookworm", "libgomp1"),
        ("libGL.so.1", "bookworm", "libgl1"),
        ("libxcb.so.1", "trixie", "libxcb1"),
        ("libasound.so.2", "bookworm", "libasound2"),
        ("libasound.so.2", "trixie", "libasound2t64"),
        ("libz.so.1", "bullseye", "zlib1g"),
        ("libblas.so.3", "bookworm", "libblas3"),
        ("libtbb.so.12", "bullseye", ""),
        ("libcuda.so.1", "bookworm", ""),
        ("libgomp.so.1", "noble", ""),
        ("", "bookworm", ""),
    ],
)
def test_package_of_a_library_depends_on_the_release(
    library: str, suite: str, package: str
) -> None:
    assert debian.find_package(library, suite) == package


@pytest.mark.parametrize(
    ("text", "suite"),
    [
        ('ID=debian\nVERSION_CODENAME="bookworm"\n', "bookworm"),
        ("VERSION_CODENAME=trixie\nID='debian'\n", "trixie"),
        ("ID=debian\nVERSION_CODENAME=sid\n", ""),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=bookworm\n", ""),
        ("ID=alpine\nVERSION_ID=3.20\n", ""),
        ("", ""),
        ("====\n\x00", ""),
    ],
)
def test_only_a_known_release_of_debian_is_a_suite(text: str, suite: str) -> None:
    assert debian.read_suite(text) == suite


def test_links_and_rarely_used_packages_are_left_out() -> None:
    users = {
        "liba1": 5,
        "liba-dev": 9,
        "libb2": 1,
        "libc-x3": 2,
        "libc3": 4,
        "libd-1-0": 3,
        "libnss3": 2,
    }
    contents = [
        "usr/lib/x86_64-linux-gnu/liba.so            libdevel/liba-dev",
        "usr/lib/x86_64-linux-gnu/liba.so.1          libs/liba1",
        "lib/x86_64-linux-gnu/liba.so.1.0.0          libs/liba1",
        "usr/lib/x86_64-linux-gnu/libb.so.2          libs/libb2",
        "usr/lib/x86_64-linux-gnu/libc.so.3          libs/libc-x3,oldlibs/libc3",
        "usr/lib/x86_64-linux-gnu/blas/libd-1.so.0.2 math/libd-1-0",
        "usr/lib/x86_64-linux-gnu/plugins/libe.so.1  libs/liba1",
        "usr/lib/x86_64-linux-gnu/libnss3.so         libs/libnss3",
        "usr/share/doc/liba1/copyright               doc/liba1",
    ]
    chosen = update_debian.choose_packages(contents, users)
    assert chosen == {
        "liba.so.1": "liba1",
        "libc.so.3": "libc3",
        "libd-1.so.0.2": "libd-1-0",
        "libnss3.so": "libnss3",  # the library itself has no version
    }


@pytest.mark.parametrize(
    ("packages", "line"),
    [
        (dict.fromkeys(debian.SUITES, "libx-1-2"), "libx-1.so.2"),
        ({"bookworm": "libx-1-2"}, "libx-1.so.2 bookworm"),
        ({"bullseye": "x", "trixie": "libx-1-2"}, "libx-1.so.2 bullseye:x trixie"),
    ],
)
def test_line_names_only_what_the_library_does_not_tell(
    packages: Mapping[str, str], line: str
) -> None:
    assert update_debian.format_line("libx-1.so.2", packages) == line


def test_table_is_sorted_and_has_each_library_once() -> None:
    lines = debian.TABLE.read_text(encoding="utf-8").splitlines()
    names = [line.split()[0] for line in lines]
    assert lines == sorted(lines)
    assert len(names) == len(set(names)) > 1000
