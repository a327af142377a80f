"""Write the rows of a Parquet or Feather file as lines of text. Runs as text on a level.

It takes the file and the one to write, and works on Python 3.8. The exit status is 3 if no library
that can read the file is installed. The first line has the names of the columns.
"""

from __future__ import annotations

import importlib
import itertools
import sys
from typing import Any, Callable, Iterator

Rows = Iterator[Any]


def read_with_pyarrow(path: str) -> Rows:
    """Yield the columns' names and the rows, as pyarrow reads them."""
    if path.endswith(".parquet"):
        file = importlib.import_module("pyarrow.parquet").ParquetFile(path)
        names, batches = file.schema_arrow.names, file.iter_batches(batch_size=1000)
    else:
        table = importlib.import_module("pyarrow.feather").read_table(path)
        names, batches = table.column_names, table.to_batches(max_chunksize=1000)
    yield names
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns))


def read_with_pandas(path: str) -> Rows:
    """Yield the columns' names and the rows, as pandas reads them."""
    pandas = importlib.import_module("pandas")
    read = pandas.read_parquet if path.endswith(".parquet") else pandas.read_feather
    table = read(path)
    yield ["index", *table.columns]
    yield from table.itertuples(name=None)


def read_with_polars(path: str) -> Rows:
    """Yield the columns' names and the rows, as polars reads them."""
    polars = importlib.import_module("polars")
    table = polars.read_parquet(path) if path.endswith(".parquet") else polars.read_ipc(path)
    yield table.columns
    yield from table.iter_rows()


READERS: list[Callable[[str], Rows]] = [read_with_pyarrow, read_with_pandas, read_with_polars]


def main(path: str, written: str) -> int:
    """Write the rows of `path` to `written`; return the exit status."""
    for read in READERS:
        try:
            rows = read(path)
            first = next(rows)
        except ImportError:
            continue
        with open(written, "w", encoding="utf-8") as file:
            for row in itertools.chain([first], rows):
                file.write("\t".join(map(repr, row)) + "\n")
        return 0
    return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
