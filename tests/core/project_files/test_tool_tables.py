"""Tables of other tools: which packages come from a place."""

import tomllib

import pytest

from labcoat.core.project_files.tool_tables import placed_in_tables


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("-e file:///${PROJECT_ROOT}/libs/near#egg=Near_1", "near-1"),
        ("-e file:///${PROJECT_ROOT}/libs/near", "near"),
        ("near[a] @ file:///${PROJECT_ROOT}/libs/x", "near"),
        ("near @ {root:uri}/libs/x", "near"),
        ("-e ./libs/near", "near"),
        ("../near/", "near"),
        ("git+https://h/o/near.git@v1", "near"),
        ("near>=1", ""),
        ("near", ""),
    ],
)
def test_a_place_tells_the_name(line: str, name: str) -> None:
    for table in (
        "[tool.pdm.dev-dependencies]\ndev",
        "[tool.hatch.envs.test]\nextra-dependencies",
        "[tool.rye]\ndev-dependencies",
        "[tool.uv]\ndev-dependencies",
    ):
        data = tomllib.loads(f"{table} = ['{line}', 3]\n")
        assert placed_in_tables(data) == ({name} if name else set())


@pytest.mark.parametrize(
    "text",
    ["", "tool = 3", "[tool]\npdm = 3\nhatch = {envs = {a = 3}}\nrye = {dev-dependencies = 3}"],
)
def test_other_tables_have_none(text: str) -> None:
    assert not placed_in_tables(tomllib.loads(text))
