"""Private keys whose certificate is for a name that no one has, such as example.com."""

import binascii
from collections.abc import Iterator
from itertools import islice

from labcoat.core.patterns import lazy_pattern

_PEM = lazy_pattern(
    rb"-----BEGIN (?P<label>(?:[A-Z0-9]+ )*(?:PRIVATE KEY|CERTIFICATE))-----"
    rb"(?P<body>[^-:]{64,16384})-----END"
)
# The first letters of the same in base64, as Kubernetes' secrets have it.
_ENCODED = lazy_pattern(rb"LS0tLS1CRUdJTi[A-Za-z0-9+/]{100,32768}={0,2}")
_NOT_BASE64 = lazy_pattern(rb"\\+[nrt]|[^A-Za-z0-9+/=]")
# Names in the bytes of a certificate: the length of a name is before it, and a number after it.
_HOST = lazy_pattern(rb"(?i)(?:[a-z0-9_-]+\.){1,10}[a-z]{2,20}")
_LEAST_HOST = 6  # bytes; shorter ones are chance
# RFC 2606 and 6761
_RESERVED = lazy_pattern(
    rb"(?i)(?:.*\.)?(?:example(?:\.(?:com|net|org))?|test|invalid|localhost|localdomain)"
)
_OWN_HOST = lazy_pattern(rb"(?i)(?<![a-z0-9.-])localhost(?![a-z.-])")
_MOST = 20  # certificates and keys of a text
_PART = 64  # bytes of a public key, which the private key and the certificate both have


def is_for_example(key: bytes, text: bytes) -> bool:
    """Whether a certificate in `text` is that of the private `key`, and for reserved names.

    Both are as PEM, or as that in base64.
    """
    keys = [decoded for label, decoded in _decode(key) if label.endswith(b"PRIVATE KEY")]
    certificates = [decoded for label, decoded in _decode(text) if label == b"CERTIFICATE"]
    return bool(keys) and any(
        _belongs(keys[0], each) and _has_reserved_names(each) for each in certificates
    )


def _decode(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the labels and the bytes of what is written as PEM."""
    inner = (_read_base64(found[0]) for found in islice(_ENCODED.finditer(text), _MOST))
    for each in (text, *inner):
        for found in islice(_PEM.finditer(each), _MOST):
            yield found["label"], _read_base64(found["body"])


def _read_base64(text: bytes) -> bytes:
    """Return what base64 over any lines encodes; nothing for other text."""
    try:
        return binascii.a2b_base64(_NOT_BASE64.sub(b"", text))
    except ValueError:
        return b""


def _belongs(key: bytes, certificate: bytes) -> bool:
    """Whether a certificate has the public half of a key.

    That is near the beginning of a key for RSA, and at the end of one for an elliptic curve.
    """
    parts = (key[_PART : 2 * _PART], key[-_PART:])
    return any(len(part) == _PART and part in certificate for part in parts)


def _has_reserved_names(certificate: bytes) -> bool:
    """Whether all hosts of a certificate are reserved for examples and tests."""
    hosts = [host for host in _HOST.findall(certificate) if len(host) >= _LEAST_HOST]
    return all(_RESERVED.fullmatch(host) for host in hosts) and (
        bool(hosts) or _OWN_HOST.search(certificate) is not None
    )
