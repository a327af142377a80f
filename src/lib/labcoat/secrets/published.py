"""Keys that are public by their place: where a browser loads them, everybody can read them."""

from collections.abc import Collection, Mapping

from labcoat.core.path_roles import is_aside
from labcoat.core.patterns import lazy_pattern
from labcoat.core.records import replace
from labcoat.secrets.secret import Secret

_WEB = lazy_pattern(r"(?i)\.(?:[cm]?[jt]sx?|html?|vue|svelte|plist)$|google-services\.json$")
PUBLIC_KINDS = ("a Google API key",)


def is_of_web(path: str) -> bool:
    """Whether browsers or phones load a file of this name."""
    return _WEB.search(path) is not None


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
