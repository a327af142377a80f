"""What makefiles document is read from any file that make reads."""

from pathlib import Path

from labcoat.commands.makefile_comments import read_entries


def test_a_makefile_in_another_encoding_is_read(tmp_path: Path) -> None:
    """make reads bytes; a byte that is not UTF-8 is shown as a replacement character."""
    file = tmp_path / "Makefile"
    file.write_bytes(b"# Gr\xfc\xdfe\nall: ## caf\xe9\n")
    assert [(entry.name, entry.text) for entry in read_entries([file])] == [("all", "caf\ufffd")]
