"""What is kept of a survey."""

import json

import pytest

from labcoat.system.records import ObjectNeeds, PackageNeeds, SystemSurvey


def test_json_keeps_what_is_so_on_every_level() -> None:
    places = {"libc.so.6": "/lib/c"}
    one = ObjectNeeds("a.so", "", ["libc.so.6"], [], [], {}, is_root=True, places=places)
    whole = PackageNeeds("a", "1", ["t"], [one], {}, ["b-c"], ["d"], ["e"], ["f"])
    kept = PackageNeeds.from_json(json.loads(json.dumps(whole.to_json())))
    assert kept.objects[0].places == {}
    assert kept.to_json() == whole.to_json()
    listed = PackageNeeds.from_json({**whole.to_json(), "requires": ["B_c"], "extras": ["D"]})
    assert (listed.requires, listed.extras) == (["b-c"], ["d"])
    with pytest.raises(KeyError):
        SystemSurvey.from_json({})
