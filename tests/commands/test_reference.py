"""The settings that each command's help names."""

import pytest

from labcoat import cli
from labcoat.commands import reference
from labcoat.core.settings import DEFAULTS

COMMANDS = [name for group in cli.COMMANDS.values() for name in group]


def test_every_command_is_in_the_table() -> None:
    """The table has the commands of the command line, and no other."""
    assert set(reference.SETTINGS) == set(COMMANDS)


def test_every_setting_matters_to_a_command() -> None:
    """Each setting is named by the help of one command at least; no other name is."""
    named = {name for names in reference.SETTINGS.values() for name in names}
    assert named == set(DEFAULTS)


@pytest.mark.parametrize("command", COMMANDS)
def test_settings_are_described(command: str) -> None:
    """The end of a command's help has a line for each of its settings, once."""
    lines = reference.format_settings(command).splitlines()
    names = [line.split()[0] for line in lines[1:]]
    assert names == list(dict.fromkeys(reference.SETTINGS[command]))
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines[1:])
