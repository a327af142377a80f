"""Tamper with an environment's packages at random: `python tamper.py SITE_PACKAGES COUNT` prints what it did, a line each.

It stands alone, so that it runs in an image too. A line is `KIND PACKAGE PATH`, in the words of labcoat's proof.
"""

import base64
import csv
import random
import sys
from hashlib import sha256
from pathlib import Path

_LEFT_OUT = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "METADATA"}


def tamper(site: Path, count: int, seed: int = 200) -> list[str]:
    """Do `count` things, each to another file: edit it, edit it and mend RECORD, remove it, add one, change a version."""
    chance = random.Random(seed)  # noqa: S311
    infos = sorted(site.glob("*.dist-info"), key=lambda info: (len(_record(info)), info.name))
    versions, others = infos[: min(count // 20, len(infos) // 2)], infos[len(infos) // 2 :]
    said = [_change_version(info) for info in versions]
    seen: set[str] = set()
    files = []
    for info in others:
        for row in _record(info):
            path = site / row[0]
            if (
                row[1]
                and not row[0].startswith("..")
                and path.name not in _LEFT_OUT
                and path.stat().st_size
                and row[0] not in seen
            ):
                files.append((info, row[0]))
                seen.add(row[0])
    each = [_edit, _edit_and_mend, _remove, _add]
    for number, (info, path) in enumerate(chance.sample(files, count - len(said))):
        said.append(each[number % len(each)](site, info, path, chance))
    return said


def _record(info: Path) -> list[list[str]]:
    with (info / "RECORD").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _package(info: Path) -> str:
    return info.name.split("-")[0].replace("_", "-").replace(".", "-").lower()


def _write(path: Path, data: bytes) -> None:
    """Write a new file: an installer's files may be links into its cache."""
    mode = path.stat().st_mode
    path.unlink()
    path.write_bytes(data)
    path.chmod(mode)


def _change_version(info: Path) -> str:
    path = info / "METADATA"
    head, _, rest = path.read_text(encoding="utf-8").partition("\nVersion: ")
    _write(path, f"{head}\nVersion: 0.0.1{rest[rest.index(chr(10)) :]}".encode())
    return f"version {_package(info)} "


def _edit(site: Path, info: Path, path: str, chance: random.Random) -> str:
    data = bytearray((site / path).read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    _write(site / path, bytes(data))
    return f"edited {_package(info)} {path}"


def _edit_and_mend(site: Path, info: Path, path: str, chance: random.Random) -> str:
    said = _edit(site, info, path, chance)
    rows = _record(info)
    for row in rows:
        if row[0] == path:
            row[1] = (
                "sha256="
                + base64.urlsafe_b64encode(sha256((site / path).read_bytes()).digest())
                .rstrip(b"=")
                .decode()
            )
    (info / "RECORD").unlink()
    with (info / "RECORD").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return said


def _remove(site: Path, info: Path, path: str, chance: random.Random) -> str:
    (site / path).unlink()
    return f"removed {_package(info)} {path}"


def _add(site: Path, info: Path, path: str, chance: random.Random) -> str:
    new = Path(path).parent / f"stray_{chance.randrange(10**9)}.py"
    (site / new).write_text("x = 1\n", encoding="utf-8")
    return f"stray {_package(info) if new.parent.name == info.name else ''} {new}"


if __name__ == "__main__":
    print("\n".join(tamper(Path(sys.argv[1]), int(sys.argv[2]))))
