"""Texts of `labcoat init`. Templates take their values with format."""

COMPLETE = "Nothing is missing."
NEXT_LIST = "Next: list your packages in requirements.in, then run `make venv`."
NEXT_VENV = "Next: run `make venv`."
FROM_REQUIREMENTS_TXT = "written from requirements.txt"
ADDED_LINES = "requirements.in: added {lines} from requirements.txt"
UNREACHABLE = "neither in this repository nor installed"
UNREADABLE = "cannot read `{file}`"
