"""Tamper with an image in ways that change which code runs, and look whether `prove` finds each.

Usage: python tests/campaigns/image_tampering.py PROJECT [own]. The project has an image of `make
docker` with Debian's Python, and locks six and NumPy. Each change is a layer on top of it, with the
settings as they were, so that only the files can tell; then settings are changed. With `own` the
Dockerfile has own steps: harmless ones must not be found. It prints how each was judged; if any was
judged wrongly, the exit status is 1.
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
    "the interpreter": "cd /usr/bin; cp python3.11 p; echo >>p; mv p python3.11",
    "rights of the interpreter": "chmod 2755 /usr/bin/python3.11",
    "another program as env": "cp /usr/bin/dash /usr/bin/env",
    "bash before the base's": "cp /usr/bin/env /usr/local/bin/bash",
    "an egg-link": f"echo /srv >{_SITE}/x.egg-link",
    "an editable finder": f"echo 'import x' >{_SITE}/__editable__.x.pth; touch {_SITE}/x.py",
    "a pipe": f"mkfifo {_SITE}/x.py",
    "a hard link to a module": f"f=$(ls {_SITE}/*/*.py | head -1); ln $f $(dirname $f)/x.py",
    "a package in other letters": f"mkdir {_SITE}/NumPy; touch {_SITE}/NumPy/__init__.py",
    "a library beside a module": f"cp {_ARCH}/libm.so.6 $(ls -d {_SITE}/*/ | head -1)/libz.so.1",
    "an extension module of the standard library": (
        f"cp {_ARCH}/libm.so.6 {_LIBRARY}/lib-dynload/_x.cpython-311-x86_64-linux-gnu.so"
    ),
    "the build's settings": f"for f in {_LIBRARY}/_sysconfigdata*; do echo 'x = 1' >>$f; done",
    "a converter of encodings": f"mkdir -p {_ARCH}/gconv; cp {_ARCH}/libm.so.6 {_ARCH}/gconv/X.so",
    "the locale C.UTF-8": "echo x >>/usr/lib/locale/C.utf8/LC_TIME",
    "activate": "echo 'PYTHONPATH=/x' >>/opt/venv/bin/activate",
    "a folder that all may write": f"chmod 2777 $(ls -d {_SITE}/*/ | head -1)",
    "a module that the image's user may write": (
        f"f=$(ls {_SITE}/*.py | head -1); chgrp 1000 $f; chmod g+w $f"
    ),
    "a folder that the image's user may write": (
        f"chgrp 1000 {_LIBRARY}/json; chmod g+w {_LIBRARY}/json"
    ),
    "system packages in the environment": "sed -i s/false/true/ /opt/venv/pyvenv.cfg",
}
# Each must be found in the settings alone: a forged history may hide the step.
SETTINGS = (
    "ENV BASH_ENV=/x",
    "ENV LD_AUDIT=/x.so",
    "ENV GCONV_PATH=/x",
    "ENV KERAS_BACKEND=torch",
    "ENV OPENBLAS_CORETYPE=Haswell",
    "ENV MPLCONFIGDIR=/x",
    "ENV HOME=/srv",
    "HEALTHCHECK CMD true",
    "ONBUILD RUN true",
    'SHELL ["/bin/bash", "-c"]',
    'ENTRYPOINT ["/usr/bin/env"]',
)
# Own steps may do these: no level starts or reads what they write.
HARMLESS = {
    "a directory of libraries without a cache": "echo /opt/x >/etc/ld.so.conf.d/0.conf",
    "a login shell's settings": "echo 'export PYTHONPATH=/x' >/etc/profile.d/x.sh",
    "pip's settings": "echo '[global]' >/etc/pip.conf",
    "a time zone": "ln -sf /usr/share/zoneinfo/Asia/Tokyo /etc/localtime",
    "settings in a home directory": "mkdir -p ~/.keras; echo {} >~/.keras/keras.json",
    "another home in passwd": "sed -i 's#:/home/labcoat:#:/srv:#' /etc/passwd",
    "a .pth file of the system's Python": (
        "mkdir -p /usr/local/lib/python3.11/dist-packages;"
        " echo 'import os' >/usr/local/lib/python3.11/dist-packages/x.pth"
    ),
    "a device": "mknod /opt/x c 1 3",
    "a locale": "mkdir -p /usr/lib/locale; echo x >/usr/lib/locale/locale-archive",
    "a new program": "cp /usr/bin/env /usr/local/bin/tool; chmod 4755 /usr/local/bin/tool",
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


def run_campaign(
    project: Path, image: str, *, has_own_steps: bool
) -> Iterator[tuple[str, bool, list[str]]]:
    """Yield each change, whether it must be found, and what was found."""
    if found := find_differences(project, image):
        raise SystemExit(f"{image} is not equal to its lock: {found}")
    user = call("image", "inspect", "--format", "{{.Config.User}}", image)
    tampered = f"{image}-tampered"
    changes = [(name, True, f"USER 0\nRUN {line}") for name, line in CHANGES.items()]
    changes += [(line, True, line) for line in SETTINGS]
    if has_own_steps:
        changes += [(name, False, f"USER 0\nRUN {line}") for name, line in HARMLESS.items()]
    for name, counts, lines in changes:
        steps = f"FROM {image}\n{lines}\nUSER {user}\n"
        call("build", "--quiet", "--network=none", "--tag", tampered, "-", given=steps)
        yield name, counts, find_differences(project, tampered)
        call("image", "rm", "--force", tampered)


def main(project: Path, *, has_own_steps: bool) -> int:
    """Print how each change was judged, and how many wrongly."""
    wrong = 0
    image = os.environ["LABCOAT_IMAGE"]
    for name, counts, found in run_campaign(project, image, has_own_steps=has_own_steps):
        wrong += counts != bool(found)
        verdict = ("found" if found else "MISSED") if counts else ("WRONG" if found else "harmless")
        print(f"{verdict}: {name} ({', '.join(found[:2])})", flush=True)
    print(f"{wrong} judged wrongly")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute(), has_own_steps=sys.argv[2:] == ["own"]))
