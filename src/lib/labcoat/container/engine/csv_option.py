"""Values of docker's `--mount` and `--secret`: one line of CSV (RFC 4180)."""

import csv
import io


def csv_option(*fields: str) -> str:
    """Join `fields`, each `key=value` or a key alone, whatever characters they contain."""
    line = io.StringIO()
    csv.writer(line).writerow(fields)  # its default line end has it quote \r and \n in fields
    return line.getvalue().removesuffix("\r\n")
