"""Texts of what a project's files declare. Templates take their values with format."""

NOT_READ = "cannot read the dependencies in `{source}` without running it"
NOT_PARSED = "cannot parse `{source}`"
NOT_TOML = "is not valid TOML"
NO_TABLE = "`{key}` in `pyproject.toml` is not a table"
DYNAMIC = "has dynamic dependencies, which only a build of the project computes"
NO_FILE = "`none.txt` does not exist"
OUTSIDE = "outside of the project"
