"""An image's name, taken apart: https://github.com/distribution/reference."""


def repository(image: str) -> str:
    """The name without tag and digest: `host:5000/team/project` of `host:5000/team/project:1.0`."""
    plain = image.partition("@")[0]
    folder, _, last = plain.rpartition("/")
    last = last.partition(":")[0]
    return f"{folder}/{last}" if folder else last


def digest(image: str) -> str:
    """The digest in the name, `sha256:…`; empty where there is none."""
    return image.partition("@")[2]
