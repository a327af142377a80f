"""Lists in pyproject.toml are edited; everything else in the file stays."""

import pytest

from labcoat.locking.pyproject_edit import edit_lists


def edit(text: str, added: list[str], **changed: str) -> str | None:
    """Edit `text`: `changed` are new requirements by the old; an empty one removes it."""
    return edit_lists(
        text, {"dependencies", "dev"}, lambda old: changed.get(old, old) or None, added
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[]", '["new"]'),
        ('["a"]', '["a", "new"]'),
        ('["a", ]', '["a", "new"]'),
        ('[\n    "a",\n]', '[\n    "a",\n    "new",\n]'),
        ('[\n  "a", # why, ]\n  # end\n]', '[\n  "a", # why, ]\n  # end\n  "new",\n]'),
        ('[\n  "a"\n]', '[\n  "a",\n  "new",\n]'),
        ("[\n]", '[\n    "new",\n]'),
        ('[\r\n\t"a[x]",\r\n]', '[\r\n\t"a[x]",\r\n\t"new",\r\n]'),
        ('["a",\n "b"]', '["a",\n "b",\n "new"]'),
    ],
)
def test_an_item_is_added(before: str, after: str) -> None:
    """At the end, in the layout of the list."""
    text = (
        '[build-system]\nrequires = ["x"]\n[project] # p\nname = "p"\ndependencies = {}\n[tool.x]\n'
    )
    assert edit(text.replace("{}", before), ["new"]) == text.replace("{}", after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('["gone"]', "[]"),
        ('["gone", "a"]', '["a"]'),
        ('[\n  "a",\n  "gone", # why\n  "b",\n]', '[\n  "a",\n  "b",\n]'),
        ("['old', 'a']", "['new', 'a']"),
        ('[{include-group = "gone"}, "old"]', '[{include-group = "gone"}, "new"]'),
    ],
)
def test_items_are_changed_and_removed(before: str, after: str) -> None:
    """In groups too; other groups stay."""
    text = '[dependency-groups]\nother = ["gone", "old"]\ndev = {}\n'
    found = edit(text.replace("{}", before), [], gone="", old="new")
    assert found == text.replace("{}", after)


@pytest.mark.parametrize(
    "text",
    [
        'project = {dependencies = ["a"]}\n',
        '[project]\nname = "p"\n',
        'project.dependencies = ["a"]\n',
        '[project]\nreadme = """\ndependencies = ["a"]\n"""\n',
        '[tool.poetry.dependencies]\na = "1"\n',
        "[broken",
    ],
)
def test_another_layout_is_left_alone(text: str) -> None:
    """An edit that would mean something else is not made."""
    assert edit(text, ["new"]) is None
