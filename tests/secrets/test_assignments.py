"""Values that a text assigns to names, also in large files."""

import pytest

from labcoat.secrets.content import find_in_content

KEY = "Zq8xT3vLm2Rw" + "9KpYb7NcJd4H"


def test_secret_behind_a_table_is_found() -> None:
    """A notebook has thousands of values in its outputs before the cell with the password."""
    table = "".join(f'"c": "row-{number:08}",\n' for number in range(20_000))
    found = find_in_content("a.ipynb", f"{table}\"password = '{KEY}'\\n\"\n".encode())
    assert found
    assert found.sure
    assert found.line == 20_001


@pytest.mark.parametrize("path", ["variables.json", "settings.yaml", "load.py"])
def test_few_named_secrets_of_a_large_file_are_found(path: str) -> None:
    """An export of settings may have more than 128 KiB, and two or three keys in them."""
    rest = '{"name": "a", "count": 1},\n' * 6000
    found = find_in_content(path, f'{rest}"api_key": "{KEY}"\n'.encode())
    assert found
    assert found.sure
    assert found.line == 6001


def test_table_of_tokens_is_no_list_of_secrets() -> None:
    """A data set has a token in each record; no one has named them."""
    rows = "".join(f'{{"token": "{KEY[number % 9 :]}{number:06}"}},\n' for number in range(6000))
    assert not find_in_content("data.json", rows.encode())


@pytest.mark.parametrize("path", ["app.js", "index.html"])
def test_large_bundle_has_no_named_values(path: str) -> None:
    """Bundles of scripts have names that a program made."""
    rest = "function a(b){return b+1};\n" * 6000
    assert not find_in_content(path, f'{rest}api_key="{KEY}"\n'.encode())


def test_parameter_before_a_value_is_not_part_of_it() -> None:
    """The same key, alone and at the end of an address, is one secret."""
    plain = find_in_content("a.php", f"$api_key = '{KEY}';\n".encode())
    joined = find_in_content("a.php", f"$api_key = '&api_key={KEY}';\n".encode())
    assert plain
    assert joined
    assert plain.digest == joined.digest != 0
