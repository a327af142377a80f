"""The address of a package index as it is written in a setting, perhaps with a password."""

import re

from labcoat.core.errors import LabcoatError
from labcoat.core.patterns import lazy_pattern

# A host after a password that ended the address's own part too early.
_HOST_AFTER = lazy_pattern(
    r".*@(?:[\w-]+(?:\.[\w-]+)+|localhost|[\w-]+(?=:\d)|\[[\da-fA-F:]+\])(?::\d+)?(?:/.*)?"
)
# What looks like an address without being one: pip and uv would look for a folder of that name.
_MISWRITTEN = lazy_pattern(r"(?i)https?(?!://)[:/].*|(?![\w.+-]+://|[./]).*:.*@.*", re.DOTALL)
_PARTS = lazy_pattern(r"(?:[^/?#]*//)?([^/?#\\]*)(.?)(.*)", re.DOTALL)


def check_address(url: str) -> None:
    """Raise LabcoatError if `url` has no `://` where it should, or a password with `/`, `#` or `?`.

    Those end the part with the host. pip and uv take the beginning of the password for a port, and
    show it in their messages.
    """
    if _MISWRITTEN.fullmatch(url):
        shown = f"***@{url.rpartition('@')[2]}" if "@" in url else url
        raise LabcoatError(
            f"`{shown}` is not an address of a package index",
            "Correct the address, which begins with `https://` or `http://`, in PIP_INDEX_URL,"
            " UV_DEFAULT_INDEX or pip's configuration",
        )
    parts = _PARTS.match(url)
    host, mark, rest = parts.groups() if parts else ("", "", "")
    is_cut = ":" in host and "@" not in host and _HOST_AFTER.fullmatch(rest)
    if not is_cut and mark != "\\" and "[" not in host.partition("@")[0]:
        return
    if "@" not in f"{host}{rest}":
        return
    shown = rest.rpartition("@")[2] if "@" in rest else host.rpartition("@")[2]
    raise LabcoatError(
        f"the password in the address of the package index at `{shown}` has a character that ends"
        " the password",
        "Write it with a percent sign and its code: `/` as `%2F`, `#` as `%23`, `?` as `%3F`,"
        " `[` as `%5B`, `\\` as `%5C`, `@` as `%40`",
    )
