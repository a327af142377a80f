"""What is missing, what is optional, and what cannot be told."""

from collections.abc import Mapping, Sequence

from labcoat.system import advice
from labcoat.system.records import ObjectNeeds, PackageNeeds
from labcoat.system.verdict import find_missing, list_foreign


def needs(
    path: str, needed: Sequence[str], *, is_root: bool = False, **more: Mapping[str, object]
) -> ObjectNeeds:
    return ObjectNeeds(path, "", needed, (), (), {}, is_root, **more)  # type: ignore[arg-type]


def package(
    name: str, *objects: ObjectNeeds, damaged: Mapping[str, str] | None = None, **more: list[str]
) -> PackageNeeds:
    return PackageNeeds(name, "1.0", ["py3-none-linux_x86_64"], objects, damaged or {}, **more)


# A binding, and the libraries that it loads, which another package brings.
QT = [
    package(
        "qt",
        needs("qt/Multimedia.so", ["libQt.so.5", "libc.so.6"], is_root=True),
        requires=["qt-libraries"],
    ),
    package(
        "qt-libraries",
        needs("lib/libQt.so.5", ["libpulse.so.0", "libcore.so.5"]),
        needs("lib/libcore.so.5", ["libc.so.6"]),
        needs("plugins/libxcb.so", ["libxcb-icccm.so.4", "libcore.so.5"]),
    ),
]


def test_required_is_what_an_import_leads_to_across_packages() -> None:
    found = find_missing(QT, frozenset({"libc.so.6"}))
    missing = {(one.package, one.library): one.is_required for one in found.missing}
    assert missing == {
        ("qt-libraries", "libpulse.so.0"): True,
        ("qt-libraries", "libxcb-icccm.so.4"): False,
    }
    assert found.undecided == {"libQt.so.5": "qt"}
    assert [one.library for one in advice.list_required(found)] == ["libpulse.so.0"]
    assert [one.library for one in list_foreign(QT)] == ["libpulse.so.0"]


def test_a_version_that_the_library_lacks_is_missing() -> None:
    one = needs(
        "a.so",
        ["libc.so.6"],
        is_root=True,
        places={"libc.so.6": "/lib/libc.so.6"},
        lacking={"libc.so.6": ["GLIBC_2.38"]},
    )
    (missing,) = find_missing([package("a", one)]).missing
    assert advice.describe_missing(missing, "bookworm") == (
        "GLIBC_2.38 of libc.so.6, which is older here"
    )
    assert advice.list_packages([missing], "bookworm") == ()


def test_words_name_library_package_and_remedy() -> None:
    verdict = find_missing([package("lightgbm", needs("l.so", ["libgomp.so.1"], is_root=True))])
    required = advice.list_required(verdict)
    assert advice.describe_missing(required[0], "bookworm") == (
        "libgomp.so.1, which is missing: Debian's package libgomp1 has it"
    )
    assert advice.describe_missing(required[0], "") == "libgomp.so.1, which is missing"
    assert advice.list_packages(required, "bookworm") == ("libgomp1",)
    assert advice.list_packages(required, "") == ()
    image, host = (
        advice.describe_remedy(["a", "b"], is_image=is_image) for is_image in (True, False)
    )
    assert image == "add the lines `a`, `b` to `apt.txt`"
    assert host == "run `sudo apt install a b`"


def test_drivers_plugins_and_damage_are_notes() -> None:
    packages = [
        package("torch", needs("t.so", ["libcuda.so.1", "libnvidia-ml.so.1"], is_root=True)),
        package(
            "x",
            needs("p.so", ["libxcb-icccm.so.4", "libunknown.so.1"]),
            damaged={"c.so": "is damaged: x"},
        ),
        *QT[:1],
        package("qt-libraries", needs("libQt.so.5", [])),
    ]
    verdict = find_missing(packages, frozenset({"libc.so.6"}))
    assert advice.list_required(verdict) == []
    assert list(advice.list_notes(verdict, packages, "bookworm")) == [
        "missing for optional parts of packages: libxcb-icccm.so.4 (libxcb-icccm4)",
        "not compared, because the GPU's driver brings them: libcuda.so.1, libnvidia-ml.so.1",
        "cannot tell whether packages load these from each other: libQt.so.5 (qt)",
        "c.so of x is damaged: x",
    ]


def test_own_libraries_of_a_package_are_found() -> None:
    """The one that loads them gives them its search path."""
    one = package(
        "scipy",
        needs("a.so", ["liba.so"], is_root=True),
        needs("libs/liba.so", ["libb.so"]),
        needs("libs/libb.so", []),
    )
    cut = package("b", needs("b.so", ["libcut.so"], is_root=True), damaged={"x/libcut.so": "cut"})
    assert find_missing([cut]).missing == []
    assert find_missing([one]) == type(find_missing([]))([], {})


def test_what_an_unrelated_package_brings_is_missing() -> None:
    """gmsh does not give LightGBM its libgomp, whatever else is undecidable."""
    bringing = package("paddle", needs("paddle/libs/libgomp.so.1", ["libno.so.1"]))
    lightgbm = needs("lightgbm/lib.so", ["libgomp.so.1"], is_root=True)
    found = find_missing([package("lightgbm", lightgbm), bringing, *QT], frozenset({"libc.so.6"}))
    assert ("lightgbm", "libgomp.so.1") in {
        (one.package, one.library) for one in found.missing if one.is_required
    }
    assert found.undecided == {"libQt.so.5": "qt"}
    # Nor does an import of LightGBM lead to what the other one misses.
    assert not next(one for one in found.missing if one.library == "libno.so.1").is_required
    requiring = package("lightgbm", lightgbm, extras=["paddle"])
    assert find_missing([requiring, bringing]).undecided == {"libgomp.so.1": "lightgbm"}
