"""The listings of an index (PEP 503, PEP 691) with other addresses for the files.

The new address of `https://host/a.whl` ends in `https/host/a.whl`: it can be read, and nothing has
to be remembered to find the old one. What clients append to it, such as `.metadata` (PEP 658),
reaches the old one too.
"""

import html
import json
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from labcoat.core.patterns import lazy_pattern

_PLAIN = lazy_pattern(r"(https?)://([^@]*)\Z")


def replace_addresses(data: bytes, kind: str, page: str, files: str) -> bytes | None:
    """Return a listing of the content type `kind` whose files have addresses that begin with
    `files`; None for another page.

    `page` is the listing's own address. If `files` is empty, addresses become absolute instead.
    """
    try:
        if "json" in kind:
            if not files and _is_absolute(data):
                return data
            listing = json.loads(data)
            for file in listing["files"]:
                url = file["url"]
                url = url if _PLAIN.match(url) else urljoin(page, url)
                file["url"] = _new_address(url, page, files)
            return json.dumps(listing).encode()
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    parser = _Anchors(page, files)
    parser.feed(data.decode("utf-8", "replace"))
    parser.close()
    if parser.is_other and not parser.anchors:
        return None
    return f"<!DOCTYPE html><html><body>\n{''.join(parser.anchors)}</body></html>\n".encode()


def original_address(path: str, query: str) -> str:
    """Return the address of a file by what follows `files` in the new one, and by its query."""
    scheme, host, rest = [*path.split("/", 2), "", ""][:3]
    # pip quotes the colon before a port where a path has one.
    return urlunsplit((scheme, unquote(host), f"/{rest}", query, ""))


def _is_absolute(data: bytes) -> bool:
    """Whether no address in JSON is relative: parsing a long listing takes tenths of a second."""
    return data.count(b'"url"') == sum(map(data.count, (b'"url":"https://', b'"url": "https://')))


def _new_address(url: str, page: str, files: str) -> str:
    if not files:
        return url
    if found := _PLAIN.match(url):
        return f"{files}{found[1]}/{found[2]}"
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    # The login of the index is sent anyhow; here it would reach logs and caches.
    netloc = host if login and host == urlsplit(page).netloc.rpartition("@")[2] else parts.netloc
    return urlunsplit(
        ("", "", f"{files}{parts.scheme}/{netloc}{parts.path}", parts.query, parts.fragment)
    )


class _Anchors(HTMLParser):
    """The links of a page with other addresses, each a line; all else is left out."""

    def __init__(self, page: str, files: str) -> None:
        super().__init__()
        self.page, self.files = page, files
        self.anchors: list[str] = []
        self.is_other = False
        self._in_link = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a link with its attributes."""
        given = dict(attrs)
        if tag == "base" and given.get("href"):
            self.page = urljoin(self.page, given["href"] or "")
        self.is_other |= tag in {"form", "input", "script", "img", "table"}
        if tag != "a" or not given.get("href"):
            return
        url = _new_address(urljoin(self.page, given["href"] or ""), self.page, self.files)
        words = [
            f' {name}="{html.escape(url if name == "href" else value or "")}"'
            for name, value in attrs
        ]
        self.anchors.append(f"<a{''.join(words)}>")
        self._in_link = True

    def handle_data(self, data: str) -> None:
        """Keep the text of a link."""
        if self._in_link:
            self.anchors.append(html.escape(data))

    def handle_endtag(self, tag: str) -> None:
        """End a link."""
        if tag == "a" and self._in_link:
            self.anchors.append("</a><br>\n")
            self._in_link = False
