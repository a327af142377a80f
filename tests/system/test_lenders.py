"""Which packages may load libraries for each other."""

import pytest

from labcoat.system.lenders import Lenders
from labcoat.system.records import ObjectNeeds, PackageNeeds


def package(name: str, library: str = "", *, needs: str = "", **more: list[str]) -> PackageNeeds:
    """Return a package that brings `library`, or has a module that needs one."""
    names = [needs] if needs else []
    one = ObjectNeeds(library or f"{name}.so", "", names, (), (), {}, is_root=bool(needs))
    return PackageNeeds(name, "1.0", [], [one], {}, **more)


OWNER = package("owner", "libone.so.1", modules=["owning"])


@pytest.mark.parametrize(
    ("relations", "others", "expected"),
    [
        ({}, [], False),
        ({"requires": ["owner"]}, [], True),
        ({"extras": ["owner"]}, [], True),
        ({"imports": ["owning"]}, [], True),
        ({"imports": ["numpy"], "requires": ["numpy"]}, [], False),
        ({"requires": ["middle"]}, [package("middle", requires=["owner"])], True),
        # One with code of its own that requires both, as PyTorch does; a list of packages.
        ({}, [package("torch", needs="libc.so.6", requires=["needing", "owner"])], True),
        ({}, [package("torch", needs="libc.so.6", extras=["needing", "owner"])], False),
        ({}, [package("project", requires=["needing", "owner"])], False),
    ],
)
def test_a_package_lends_to_those_that_have_to_do_with_it(
    relations: dict[str, list[str]], others: list[PackageNeeds], expected: bool
) -> None:
    needing = package("needing", needs="libone.so.1", **relations)
    lenders = Lenders([needing, OWNER, *others])
    assert lenders.may_have(needing, "libone.so.1") == expected
    reached = list(lenders.list_objects(needing, needing.objects[0]))
    assert reached == ([("owner", OWNER.objects[0])] if expected else [])


def test_an_own_library_comes_first_and_a_place_decides() -> None:
    both = package("both", "libone.so.1", needs="libone.so.1")
    assert [name for name, _ in Lenders([OWNER, both]).list_objects(both, both.objects[0])] == [
        "both"
    ]
    places = {"libone.so.1": "/env/site-packages/libone.so.1"}
    one = ObjectNeeds("x.so", "", ["libone.so.1"], (), (), {}, is_root=True, places=places)
    other = PackageNeeds("other", "1.0", [], [one], {})
    assert [name for name, _ in Lenders([OWNER, other]).list_objects(other, one)] == ["owner"]
