"""Texts of the inventory. Templates take their values with format."""

UNKNOWN_KIND = "unknown kind of files in LABCOAT_STRIP: `{kind}`"
SHARED = (
    "`{first}` and `{second}` bring `{path}` with different contents;"
    " that of `{winner}` is installed"
)
