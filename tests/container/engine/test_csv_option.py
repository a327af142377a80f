"""Values of `--mount` and `--secret` survive commas and quotes in paths."""

import csv

from labcoat.container.engine.csv_option import csv_option


def test_fields_survive() -> None:
    fields = ["type=bind", 'source=/a,b "c"', "target=/x\ny", "readonly"]
    assert next(csv.reader(csv_option(*fields).splitlines(keepends=True))) == fields


def test_plain_fields_stay_readable() -> None:
    assert csv_option("id=certificates", "src=/a b") == "id=certificates,src=/a b"
