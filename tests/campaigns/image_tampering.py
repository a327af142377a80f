"""Tamper with an image in ways that change which code runs, and look whether `prove` finds each.

Usage: python tests/campaigns/image_tampering.py PROJECT, which has an image of `make docker` with
Debian's Python. Each change is a layer on top of it, with the settings as they were, so that only
the files can tell. It prints what was missed; then the exit status is 1.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LABCOAT = Path(__file__).parents[2] / "src/lib/labcoat"
_LIBRARY = "/usr/lib/python3.11"
_ARCH = "/usr/lib/x86_64-linux-gnu"
_SITE = "/opt/venv/lib/python3.11/site-packages"
_OTHER = f"cp {_ARCH}/libm.so.6 /opt/libm.so.6; echo >>/opt/libm.so.6"
CHANGES = {
    "a cache of the loader with another directory": (
        f"mkdir /opt/x; {_OTHER}; mv /opt/libm.so.6 /opt/x;"
        " echo /opt/x >/etc/ld.so.conf.d/0.conf; ldconfig"
    ),
    "a library for newer processors": (
        f"{_OTHER}; mkdir -p {_ARCH}/glibc-hwcaps/x86-64-v2;"
        f" mv /opt/libm.so.6 {_ARCH}/glibc-hwcaps/x86-64-v2"
    ),
    "a service of nsswitch.conf": (
        f"{_OTHER}; mv /opt/libm.so.6 {_ARCH}/libnss_x.so.2; echo 'passwd: files x'"
        " >/etc/nsswitch.conf"
    ),
    "a provider in openssl.cnf": "mkdir -p /etc/ssl; echo 'module = /x.so' >>/etc/ssl/openssl.cnf",
    "ld.so.preload": "echo /opt/x.so >/etc/ld.so.preload",
    "usercustomize": f"echo 'x = 1' >{_LIBRARY}/usercustomize.py",
    "a link in the standard library": "echo 'x = 1' >>/etc/python3.11/sitecustomize.py",
    "a module of the standard library": f"echo 'x = 1' >>{_LIBRARY}/json/decoder.py",
    "a zip file of the standard library": "echo PK >/usr/lib/python311.zip",
    "byte code of the standard library": (
        "echo 'x = 2' >/tmp/types.py; cd /tmp;"
        " python3 -I -B -m compileall -q --invalidation-mode unchecked-hash types.py;"
        f" mkdir -p {_LIBRARY}/__pycache__; mv __pycache__/types.*.pyc {_LIBRARY}/__pycache__;"
        " rm -r /tmp/*"
    ),
    "another python first on PATH": (
        "rm /opt/venv/bin/python3; printf '#!/bin/sh\\nexec /usr/bin/python3 \"$@\"\\n'"
        " >/opt/venv/bin/python3; chmod 755 /opt/venv/bin/python3"
    ),
    "a hard link to python": "ln -L /opt/venv/bin/python /opt/venv/bin/python9",
    "packages behind a link": f"mv {_SITE} /opt/s; ln -s /opt/s {_SITE}",
    "a .pth file": f"echo 'import os' >{_SITE}/x.pth",
    "an empty package": f"mkdir {_SITE}/simplejson",
    "byte code of a package": (
        f"f=$(ls {_SITE}/*.py | head -1); echo 'x = 2' >/tmp/$(basename $f); cd /tmp;"
        " python3 -I -B -m compileall -q --invalidation-mode unchecked-hash .;"
        f" mv __pycache__/* {_SITE}/__pycache__; rm -r /tmp/*"
    ),
    "the shell": "cp /usr/bin/env /usr/local/bin/sh; echo >>/usr/local/bin/sh",
    "system packages in the environment": "sed -i s/false/true/ /opt/venv/pyvenv.cfg",
}


def call(*words: str, given: str = "") -> str:
    """Return what docker prints."""
    done = subprocess.run(
        ["docker", *words], input=given, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def find_differences(project: Path, image: str) -> list[str]:
    """Return what `labcoat prove` names in the files of `image`."""
    words = [sys.executable, "-I", str(LABCOAT), "prove", "--only", "docker", "--json"]
    env = {**os.environ, "LABCOAT_IMAGE": image}
    done = subprocess.run(words, cwd=project, env=env, capture_output=True, text=True, check=False)
    if not done.stdout:
        return [done.stderr]
    found = json.loads(done.stdout)["differences"]
    return [f"{one['kind']} {one['path']}" for one in found if one["path"] != "the image"]


def run_campaign(project: Path, image: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each change and what was found."""
    if found := find_differences(project, image):
        raise SystemExit(f"{image} is not equal to its lock: {found}")
    user = call("image", "inspect", "--format", "{{.Config.User}}", image)
    tampered = f"{image}-tampered"
    for name, line in CHANGES.items():
        steps = f"FROM {image}\nUSER 0\nRUN {line}\nUSER {user}\n"
        call("build", "--quiet", "--network=none", "--tag", tampered, "-", given=steps)
        yield name, find_differences(project, tampered)
        call("image", "rm", "--force", tampered)


def main(project: Path) -> int:
    """Print the changes that were missed, and how many were found."""
    missed = 0
    for name, found in run_campaign(project, os.environ["LABCOAT_IMAGE"]):
        missed += not found
        print(f"{'found' if found else 'MISSED'}: {name} ({', '.join(found[:2])})", flush=True)
    print(f"{len(CHANGES) - missed} of {len(CHANGES)} found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))
