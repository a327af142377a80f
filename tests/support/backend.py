"""A build backend (PEP 517, PEP 660) of one file, for packages that tests install from a folder."""

from pathlib import Path

from support import wheel


def build_wheel(
    folder: str, config_settings: object = None, metadata_directory: object = None
) -> str:
    """Write the wheel of mine 0.1; its name."""
    (Path(folder) / "mine-0.1-py3-none-any.whl").write_bytes(wheel("mine", "0.1"))
    return "mine-0.1-py3-none-any.whl"


build_editable = build_wheel
