"""Tamper with an environment's packages at random, and print what was done.

Usage: `python tamper.py SITE_PACKAGES COUNT`. It imports only the standard library, so that it runs
in an image too. Each line is `KIND PACKAGE PATH`, in the words of labcoat's proof.
"""

import base64
import csv
import random
import sys
from hashlib import sha256
from pathlib import Path

_LEFT_OUT = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "METADATA"}


def tamper(site: Path, count: int, seed: int = 200) -> list[str]:
    """Change `count` different files and return what was done.

    A file is edited, edited together with RECORD, removed or added, or its version is changed.
    """
    chance = random.Random(seed)  # noqa: S311
    infos = sorted(site.glob("*.dist-info"), key=lambda info: (len(_read_record(info)), info.name))
    versions, others = infos[: min(count // 20, len(infos) // 2)], infos[len(infos) // 2 :]
    done = [_change_version(info) for info in versions]
    seen: set[str] = set()
    files = []
    for info in others:
        for row in _read_record(info):
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
    each = [_edit, _edit_with_record, _remove, _add]
    for number, (info, path) in enumerate(chance.sample(files, count - len(done))):
        done.append(each[number % len(each)](site, info, path, chance))
    return done


def _read_record(info: Path) -> list[list[str]]:
    with (info / "RECORD").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _package_name(info: Path) -> str:
    return info.name.split("-")[0].replace("_", "-").replace(".", "-").lower()


def _replace_file(path: Path, data: bytes) -> None:
    """Write a new file: an installed file may be a link into the installer's cache."""
    mode = path.stat().st_mode
    path.unlink()
    path.write_bytes(data)
    path.chmod(mode)


def _change_version(info: Path) -> str:
    path = info / "METADATA"
    head, _, rest = path.read_text(encoding="utf-8").partition("\nVersion: ")
    _replace_file(path, f"{head}\nVersion: 0.0.1{rest[rest.index(chr(10)) :]}".encode())
    return f"version {_package_name(info)} "


def _edit(site: Path, info: Path, path: str, chance: random.Random) -> str:
    data = bytearray((site / path).read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    _replace_file(site / path, bytes(data))
    return f"edited {_package_name(info)} {path}"


def _edit_with_record(site: Path, info: Path, path: str, chance: random.Random) -> str:
    done = _edit(site, info, path, chance)
    rows = _read_record(info)
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
    return done


def _remove(site: Path, info: Path, path: str, chance: random.Random) -> str:
    (site / path).unlink()
    return f"removed {_package_name(info)} {path}"


def _add(site: Path, info: Path, path: str, chance: random.Random) -> str:
    new = Path(path).parent / f"stray_{chance.randrange(10**9)}.py"
    (site / new).write_text("x = 1\n", encoding="utf-8")
    return f"stray {_package_name(info) if new.parent.name == info.name else ''} {new}"


if __name__ == "__main__":
    print("\n".join(tamper(Path(sys.argv[1]), int(sys.argv[2]))))
