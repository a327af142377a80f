"""What labcoat makes of the output of apt."""

import pytest

from labcoat.apt.apt_lock import AptPackage
from labcoat.apt.solver import Archives, read_resolution, resolving_script
from labcoat.core.errors import LabcoatError
from support.messages import apt

SHA = "ab" * 32
ANSWER = f"""noise
%archive http://archive.invalid/debian/
%architecture amd64
%step Inst libone1 (1:1.0+b1 Debian:12 [amd64])
%uri http://archive.invalid/debian/pool/l/libone1_1.0%2bb1_amd64.deb
%field Package libone1
%field Version 1:1.0+b1
%field Architecture amd64
%field Filename pool/l/libone1_1.0+b1_amd64.deb
%field Size 12
%field SHA256 {SHA}
%end
%done
"""


def test_packages_get_the_archives_name_and_no_host() -> None:
    found = read_resolution(ANSWER, "base", "apt.txt")
    path = "debian/pool/l/libone1_1.0+b1_amd64.deb"
    assert found.packages == (AptPackage("libone1", "1:1.0+b1", path, 12, f"sha256:{SHA}"),)
    assert found.architecture == "amd64"


@pytest.mark.parametrize("mirror", ["http://mirror.invalid/x/copy", "http://mirror.invalid/copy/"])
def test_a_mirror_does_not_change_the_lock(mirror: str) -> None:
    answer = ANSWER.replace(
        "%uri http://archive.invalid/debian", f"%uri {mirror.removesuffix('/')}"
    )
    assert read_resolution(answer, "base", "apt.txt", Archives(mirror)) == read_resolution(
        ANSWER, "base", "apt.txt"
    )


FAILURES = [
    ("%failed E: Unable to locate package libgmp1", apt.UNKNOWN.format("libgmp1")),
    ("%failed E: Version '3' for 'libgomp1' was not found", apt.NO_VERSION),
    (
        "%failed Package awk is a virtual package provided by:\n%failed   gawk 1:5\n"
        "%failed \n%failed E: Package 'awk' has no installation candidate",
        apt.VIRTUAL.format("awk"),
    ),
    (
        "%failed The following packages have unmet dependencies:\n"
        "%failed  one : Conflicts: two but 1 is to be installed\n"
        "%failed E: Unable to correct problems, you have held broken packages.",
        apt.UNMET + "one : Conflicts: two",
    ),
    ("%failed E: something new", apt.UNMET + "something new"),
    ("%pattern Note, selecting 'a' for regex 'libgomp.1'", apt.UNKNOWN.format("libgomp.1")),
    ("%no-apt", apt.NO_APT),
    ("%update E: Failed to fetch http://x/InRelease  no route", apt.UNREACHABLE),
    ("%step Remv libc6 [2.36]\n%done", apt.REMOVES.format("libc6")),
    ("sh: bad option", "bad option"),
]


@pytest.mark.parametrize(("output", "message"), FAILURES)
def test_failures_are_explained(output: str, message: str) -> None:
    with pytest.raises(LabcoatError) as caught:
        read_resolution(f"{output}\n%known libgomp1\n%known zlib1g\n", "base", "apt.txt")
    assert message in caught.value.message
    if "libg" in message:
        assert apt.MEANT.format("libgomp1") in caught.value.hint


def test_several_names_that_are_near_are_named() -> None:
    known = "".join(f"%known {name}\n" for name in ("libgorm1", "libgomp1", "zlib1g"))
    with pytest.raises(LabcoatError) as caught:
        read_resolution(f"%failed E: Unable to locate package libgom1\n{known}", "base", "apt.txt")
    assert caught.value.hint == apt.MEANT.format("libgorm1` or `libgomp1")


def test_values_reach_the_script_quoted() -> None:
    script = resolving_script(("a1", "b1=2"), Archives("http://m.invalid/$(id)'")).decode()
    assert script.startswith("REQUEST='a1 b1=2'\nMIRROR='http://m.invalid/$(id)'\"'\"''\n")


def test_an_earlier_day_does_not_change_the_archives_name() -> None:
    """Its archive that does not answer is named with the setting."""
    day = "http://days.invalid/debian/20240229T235959Z"
    archives = Archives("", "http://days.invalid/", "20240229T235959Z")
    assert b"SNAPSHOT=http://days.invalid\n" in resolving_script(("a1",), archives)
    answer = ANSWER.replace("%uri http://archive.invalid/debian", f"%uri {day}")
    assert read_resolution(answer, "base", "apt.txt", archives) == read_resolution(
        ANSWER, "base", "apt.txt"
    )
    with pytest.raises(LabcoatError, match=apt.UNREACHABLE_DAY.format("2024-02-29")) as caught:
        read_resolution("%update E: no route", "base", "apt.txt", archives)
    assert "LABCOAT_APT_SNAPSHOT" in caught.value.hint
