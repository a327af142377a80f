"""What dpkg lists in an image, compared with apt.lock."""

from labcoat.apt.apt_lock import AptLock, AptPackage
from labcoat.container.inspect.debian_packages import (
    DebianPackages,
    compare_packages,
    installed_of_lock,
)
from labcoat.container.inspect.sbom import SystemPackage, sbom_text
from labcoat.core.records import replace
from support.messages import apt

SHA = "sha256:" + "ab" * 32
ONE = AptPackage("libone1", "1:1.0+b1", "debian/pool/libone1_1.0+b1_amd64.deb", 1, SHA)
TWO = AptPackage("libtwo1", "2.0", "debian/pool/libtwo1_2.0_all.deb", 1, SHA)
LOCK = AptLock(SHA, "base", SHA, {"amd64": "20260101T000000Z"}, {"amd64": (ONE, TWO)})
FOUND = DebianPackages("amd64", "debian", {"libone1": "1:1.0+b1", "libtwo1": "2.0"})


def test_equal_packages_yield_nothing() -> None:
    assert [*compare_packages(LOCK, FOUND)] == []
    assert installed_of_lock(LOCK, FOUND) == [ONE, TWO]


def test_other_versions_and_changed_files_are_named() -> None:
    versions = {**FOUND.versions, "libtwo1": "2.1"}
    names = dict(compare_packages(LOCK, replace(FOUND, versions=versions, changed=("/etc/one",))))
    assert names == {
        "libtwo1": "is 2.1, and 2.0 is locked in apt.lock",
        "/etc/one": "is not as its Debian package has it",
    }


def test_an_image_without_dpkg_or_of_another_architecture_has_none() -> None:
    missing = dict(compare_packages(LOCK, DebianPackages()))
    assert all(apt.LACKS in detail for detail in missing.values())
    assert [*missing] == ["libone1", "libtwo1"]
    other = [*compare_packages(LOCK, DebianPackages("arm64", "debian"))]
    assert other == [("apt.lock", "has no packages for arm64")]


def test_the_bill_lists_them_with_hash_and_architecture() -> None:
    bill = sbom_text(
        "i", "2026-01-01T00:00:00Z", [], [SystemPackage(each, "debian") for each in (ONE, TWO)]
    )
    assert '"purl": "pkg:deb/debian/libone1@1:1.0%2Bb1?arch=amd64"' in bill
    assert '"purl": "pkg:deb/debian/libtwo1@2.0?arch=all"' in bill
    assert SHA.removeprefix("sha256:") in bill
