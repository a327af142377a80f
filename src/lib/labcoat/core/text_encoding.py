"""Decode the text files that people write: UTF-8, UTF-16 as PowerShell writes it, Latin-1."""

import codecs

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def text_encoding(data: bytes) -> tuple[bytes, str]:
    """Return the byte order mark at the start of `data`, and the name of its encoding.

    Without a mark it is UTF-8, else Latin-1, in which older editors save accents. Raise ValueError
    if `data` is not text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return mark, encoding
    if b"\0" in data:
        # Only UTF-16 has NUL bytes in text, every second byte for ASCII characters.
        for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if not any(data[start::2]) and len(data) % 2 == 0:
                return b"", encoding
        raise ValueError("NUL bytes")
    try:
        data.decode()
    except UnicodeDecodeError:
        return b"", "latin-1"
    return b"", "utf-8"


def decode_text(data: bytes) -> str:
    """Return the text in `data`, without a byte order mark. Raise ValueError if it is not text."""
    mark, encoding = text_encoding(data)
    return data[len(mark) :].decode(encoding)


def encode_like(text: str, data: bytes) -> bytes:
    """Return `text` in the encoding of `data`, with its byte order mark."""
    mark, encoding = text_encoding(data)
    try:
        return mark + text.encode(encoding)
    except UnicodeEncodeError:  # a new character that Latin-1 lacks
        return text.encode()
