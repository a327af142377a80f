"""Keys that are public by their place: where a browser loads them, everybody can read them."""

from collections.abc import Collection, Mapping

from labcoat.core.path_roles import is_aside
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import replace
from labcoat.secrets.secret import Secret

_WEB = lazy_pattern(r"(?i)\.(?:[cm]?[jt]sx?|html?|vue|svelte|plist)$|google-services\.json$")
PUBLIC_KINDS = ("a Google API key",)
_NOTEBOOK = ".ipynb"
# What the key of a page is for: its own data, or a map. Both stand beside the key.
_BESIDE = 300  # bytes to each side
_OF_FIREBASE = lazy_pattern(rb"(?i)authDomain|messagingSenderId|storageBucket|firebase")
_OF_MAPS = lazy_pattern(
    rb"(?i)maps?[_-]?(?:api)?[_-]?key|maps\.google(?:apis)?\.com/maps(?:-|/api/(?:js|staticmap|embed))"
    rb"|google\.com/maps/embed|\b(?:gmap|gmplot|gmaps|GoogleMap)\b"
)
# What a program asks of Google Maps, for money.
_ASKS_MAPS = lazy_pattern(
    rb"(?i)googlemaps\.Client|/maps/api/(?:geocode|directions|distancematrix|place|elevation)"
)
# Whoever has a key of Gemini is served for the money of another.
_OF_GEMINI = lazy_pattern(
    rb"(?i)generativelanguage\.googleapis|GoogleGenerativeAI|@google/genai|google\.genai"
    rb"|generative-?ai|gemini[_-]?(?:api)?[_-]?key"
)


def is_of_web(path: str) -> bool:
    """Whether browsers or phones load a file of this name."""
    return _WEB.search(path) is not None


def is_for_all(path: str, text: bytes, at: int, *, in_page: bool) -> bool:
    """Whether the Google key at `at` is one that browsers get: with `in_page` they load it.

    That of Firebase names an account, and that of a map is for one page. A page with a key of
    Gemini has given it away.
    """
    around = max(0, at - _BESIDE), at + _BESIDE
    is_map = _OF_MAPS.search(text, *around) is not None
    if path.endswith(_NOTEBOOK) and is_map and not _ASKS_MAPS.search(text):
        return True
    return in_page and (
        is_map or _OF_FIREBASE.search(text, *around) is not None or not _OF_GEMINI.search(text)
    )


def list_published(secrets: Mapping[str, Secret]) -> set[int]:
    """Return the digests of the keys that are public by the file that they are in."""
    return {
        each.digest
        for path, secret in secrets.items()
        if is_of_web(path) and not is_aside(path)
        for each in secret.all
        if each.kind in PUBLIC_KINDS and each.digest and not each.sure
    }


def weigh_published(secrets: dict[str, Secret], published: Collection[int]) -> dict[str, Secret]:
    """Return the secrets of files, those `published` elsewhere as not sure."""
    return {path: _weigh(secret, published) for path, secret in secrets.items()}


def _weigh(secret: Secret, published: Collection[int]) -> Secret:
    if not any(each.sure and each.digest in published for each in secret.all):
        return secret
    weighed = (
        replace(each, others=(), sure=each.sure and each.digest not in published)
        for each in secret.all
    )
    first, *others = sorted(weighed, key=lambda each: not each.sure)
    return replace(first, others=tuple(others))
