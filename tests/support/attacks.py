"""Ways to make a virtual environment run other code than its lock, each as a function.

An attack gets the environment's directory and may edit whatever is in it, RECORD included.
"""

import base64
import importlib.util
import json
import marshal
import os
import shutil
import struct
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

PLANTED = "import os; os.environ['PLANTED'] = '1'\n"


class Target:
    """An environment that is attacked: its directory and its site-packages."""

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self.site = next(prefix.glob("lib/python*/site-packages"))
        self.bin = prefix / "bin"
        self.info = next(self.site.glob("alpha-*.dist-info"))

    def write(self, path: str, text: str | bytes = PLANTED, mode: int = 0o644) -> Path:
        """Write a new file; an old one may be a link into a cache."""
        file = self.prefix / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.is_symlink() or file.exists():
            file.unlink()
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        file.chmod(mode)
        return file

    def edit(self, path: str, old: str, new: str) -> Path:
        """Replace a text in a file, which must have it."""
        text = (self.prefix / path).read_bytes()
        assert old.encode() in text
        mode = (self.prefix / path).stat().st_mode & 0o777
        return self.write(path, text.replace(old.encode(), new.encode(), 1), mode)

    def in_site(self, name: str, text: str | bytes = PLANTED) -> Path:
        """Write a new file in site-packages."""
        return self.write(f"{self.site.relative_to(self.prefix)}/{name}", text)

    def record(self, *paths: Path, info: Path | None = None) -> None:
        """Give RECORD the present digest of these files."""
        record = (info or self.info) / "RECORD"
        names = {os.path.relpath(path, self.site): path for path in paths}
        lines = [
            line for line in record.read_text().splitlines() if line.rsplit(",", 2)[0] not in names
        ]
        for name, path in names.items():
            digest = base64.urlsafe_b64encode(sha256(path.read_bytes()).digest()).rstrip(b"=")
            lines.append(f"{name},sha256={digest.decode()},{path.stat().st_size}")
        record.unlink()
        record.write_text("".join(f"{line}\n" for line in lines))

    def distribution(self, name: str, installer: str, *paths: Path) -> None:
        """Add a distribution that owns these files."""
        info = self.site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "INSTALLER").write_text(installer)
        (info / "RECORD").write_text("")
        self.record(info / "METADATA", info / "INSTALLER", *paths, info=info)

    def compiled(self, kind: str, source: str = PLANTED, module: str = "alpha") -> Path:
        """Write byte code of `source` in place of the one of a module."""
        file = self.site / f"{module}.py"
        code = marshal.dumps(compile(source, str(file), "exec"))
        found = file.stat()
        head = {
            "forged": struct.pack("<III", 0, int(found.st_mtime), found.st_size),
            "unchecked": struct.pack("<I8s", 1, b"anything"),
            "checked": struct.pack("<I", 3) + importlib.util.source_hash(file.read_bytes()),
        }[kind]
        name = Path(importlib.util.cache_from_source(str(file))).name
        path = f"__pycache__/{name}"
        return self.in_site(path, importlib.util.MAGIC_NUMBER + head + code)


Attack = Callable[[Target], object]


def conda_distribution(one: Target) -> None:
    one.distribution("evil", "conda", one.in_site("evil.pth", "import os\n"))


def conda_record(one: Target) -> None:
    one.in_site("evil.pth", "import os\n")
    listed = f"{one.site.relative_to(one.prefix)}/evil.pth"
    one.write("conda-meta/x.json", json.dumps({"files": [listed]}))


def second_site(one: Target) -> None:
    shutil.copytree(one.site, one.prefix / "lib/python3.1/site-packages", symlinks=True)
    one.in_site("alpha.py")


def shebang(head: str) -> Attack:
    def attack(one: Target) -> None:
        text = (one.bin / "alpha").read_bytes().partition(b"\n")[2]
        place = str(one.prefix)
        file = one.write("bin/alpha", head.format(place=place).encode() + text, 0o755)
        one.record(file)

    return attack


def foreign_interpreter(one: Target) -> None:
    one.write("bin/python3.9", "#!/bin/sh\n", 0o755)
    shebang("#!{place}/bin/python3.9\n")(one)


def wrapper(one: Target) -> None:
    text = f'#!/bin/sh\nexec {os.path.realpath(one.bin / "python")} "$@"\n'
    one.write("bin/python", text, 0o755)


def other_python(one: Target) -> None:
    copied = one.prefix.parent / "copied"
    shutil.copy(os.path.realpath(one.bin / "python"), copied)
    (one.bin / "python").unlink()
    (one.bin / "python").symlink_to(copied)


def linked_python(one: Target) -> None:
    """It starts the right Python today."""
    between = one.prefix.parent / "python3"
    between.symlink_to(os.path.realpath(one.bin / "python"))
    (one.bin / "python").unlink()
    (one.bin / "python").symlink_to(between)


def setting(old: str, new: str) -> Attack:
    return lambda one: one.edit("pyvenv.cfg", old, new)


def system_packages(one: Target) -> None:
    one.edit("pyvenv.cfg", "packages = false", "packages = true")


def home(one: Target) -> None:
    text = (one.prefix / "pyvenv.cfg").read_text().splitlines()
    lines = [f"home = {one.prefix}/base" if line.startswith("home") else line for line in text]
    one.write("pyvenv.cfg", "".join(f"{line}\n" for line in lines))


def sourceless(one: Target) -> None:
    (one.site / "alpha.py").unlink()
    one.in_site("alpha.pyc", importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(None))


def linked_byte_code(one: Target) -> None:
    file = one.compiled("unchecked")
    outside = one.prefix.parent / "outside.pyc"
    shutil.move(file, outside)
    file.symlink_to(outside)


def replace_by_link(name: str) -> Attack:
    def attack(one: Target) -> None:
        path = one.site / name.format(info=one.info.name)
        outside = one.prefix.parent / "outside"
        shutil.move(path, outside)
        path.symlink_to(outside)

    return attack


def mode(path: str, value: int) -> Attack:
    def attack(one: Target) -> None:
        file = one.prefix / path.format(site=one.site.relative_to(one.prefix))
        data = file.read_bytes() if file.is_file() else None
        if data is not None:
            file.unlink()
            file.write_bytes(data)
        file.chmod(value)

    return attack


def pipe(path: str) -> Attack:
    def attack(one: Target) -> None:
        file = one.prefix / path.format(
            site=one.site.relative_to(one.prefix), info=one.info.relative_to(one.prefix)
        )
        file.unlink(missing_ok=True)
        os.mkfifo(file)

    return attack


def endless(path: str) -> Attack:
    def attack(one: Target) -> None:
        file = one.prefix / path.format(
            site=one.site.relative_to(one.prefix), info=one.info.relative_to(one.prefix)
        )
        file.unlink(missing_ok=True)
        file.symlink_to("/dev/zero")

    return attack


def deep(one: Target) -> None:
    """A path that is longer than any function of the system takes."""
    here = os.open(one.site, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("deep", dir_fd=here)
        below = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def remove_deep(prefix: Path) -> None:
    """Undo `deep`: shutil.rmtree would recurse too deeply."""
    os.system(f"rm -rf '{prefix}'")  # noqa: S605


def sparse(one: Target) -> None:
    """A module of a terabyte that takes no space, with a line in RECORD."""
    with one.in_site("alpha.py").open("r+b") as file:
        file.truncate(1 << 40)


def record_lines(text: str) -> Attack:
    def attack(one: Target) -> None:
        record = one.info / "RECORD"
        whole = record.read_text() + text
        record.unlink()
        record.write_text(whole)

    return attack


def gigantic_record(one: Target) -> None:
    with (one.info / "RECORD").open("r+b") as file:
        file.truncate(1 << 40)


def metadata(**values: object) -> Attack:
    def attack(one: Target) -> None:
        found = json.loads((one.prefix / "labcoat.json").read_text())
        one.write("labcoat.json", json.dumps({**found, **values}))

    return attack


def remove(path: str) -> Attack:
    def attack(one: Target) -> None:
        file = one.prefix / path.format(info=one.info.relative_to(one.prefix))
        shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink()

    return attack


def in_site(name: str, text: str = PLANTED) -> Attack:
    return lambda one: one.in_site(name, text)


def write(path: str, text: str = PLANTED, value: int = 0o644) -> Attack:
    return lambda one: one.write(path, text, value)


def empty_folder(path: str) -> Attack:
    return lambda one: (one.site / path).mkdir(parents=True)


def replace_folder(path: str, target: str) -> Attack:
    def attack(one: Target) -> None:
        (one.prefix / path).unlink()
        if target:
            (one.prefix / path).symlink_to(target)
        else:
            (one.prefix / path / "python3.11/site-packages").mkdir(parents=True)

    return attack


def namespace_in_record(one: Target) -> None:
    """RECORD states byte code there, which installers write and wheels do not have."""
    (one.site / "simplejson/__pycache__").mkdir(parents=True)
    record_lines("simplejson/__pycache__/x.cpython-311.pyc,,\n")(one)


_EVIL = "#!/evil /../../..{place}/bin/python\n"
_SHELL = "#!/bin/sh\n'''exec' /evil \"{place}/bin/python\" \"$0\" \"$@\"\n' '''\n"
_KERNEL = '{"argv": ["/evil"], "display_name": "x", "language": "python"}'
ATTACKS: dict[str, Attack] = {
    "a distribution of conda's": conda_distribution,
    "a distribution of pip's": lambda one: one.distribution("evil", "pip"),
    "a record of conda's": conda_record,
    "a broken record of conda's": write("conda-meta/x.json", "{"),
    "a second site-packages": second_site,
    "a site-packages in lib64": replace_folder("lib64", ""),
    "another lib64": replace_folder("lib64", "/tmp"),  # noqa: S108
    "a site-packages in local": write("local/lib/python3.11/site-packages/a.py"),
    "an interpreter before the real one": shebang(_EVIL),
    "the same in a line for sh": shebang(_SHELL),
    "a carriage return in a first line": shebang("#!{place}/bin/python\r\n"),
    "an option in a first line": shebang("#!{place}/bin/python -i\n"),
    "a foreign interpreter": foreign_interpreter,
    "a program pip3.11": write("bin/pip3.11", "#!/bin/sh\n", 0o755),
    "no activate": remove("bin/activate"),
    "another activate": write("bin/activate", "export PLANTED=1\n"),
    "more in activate": lambda one: one.edit("bin/activate", "deactivate", ":; deactivate"),
    "another activate_this.py": write("bin/activate_this.py"),
    "a program python_evil": write("bin/python_evil", "#!/bin/sh\n", 0o755),
    "a program ls": write("bin/ls", "#!/bin/sh\n", 0o755),
    "a wrapper as python": wrapper,
    "a copy of another Python": other_python,
    "a Python through a link": linked_python,
    "python3 as a wrapper": write("bin/python3", "#!/bin/sh\n", 0o755),
    "no python": remove("bin/python"),
    "system packages": system_packages,
    "another home": home,
    "a second home": lambda one: one.edit("pyvenv.cfg", "home", "home = /evil\nhome"),
    "an unknown key": lambda one: one.edit("pyvenv.cfg", "home", "pythonhome = x\nhome"),
    "another version": lambda one: one.edit("pyvenv.cfg", "version_info = 3.", "version = 2."),
    "no pyvenv.cfg": remove("pyvenv.cfg"),
    "a pyvenv.cfg in bin": write("bin/pyvenv.cfg", "home = /evil\n"),
    "a search path in bin": write("bin/python._pth", "/evil\n"),
    "byte code with a forged time": lambda one: one.compiled("forged"),
    "byte code with an unchecked hash": lambda one: one.compiled("unchecked"),
    "byte code with a checked hash": lambda one: one.compiled("checked"),
    "byte code that is damaged": lambda one: one.write(
        f"{one.compiled('unchecked').relative_to(one.prefix)}",
        importlib.util.MAGIC_NUMBER + struct.pack("<I8s", 1, b"anything") + b"\xdb\xff\xff\xff\x7f",
    ),
    "byte code in place of a source": sourceless,
    "byte code without a source": in_site("__pycache__/more.cpython-311.pyc"),
    "byte code of pytest's": in_site("__pycache__/alpha.cpython-311-pytest-8.0.0.pyc"),
    "byte code that is a link": linked_byte_code,
    "a compiled function of Numba's": in_site("__pycache__/alpha.main-2.py311.nbi"),
    "an edited module": in_site("alpha.py"),
    "an edited module and RECORD": lambda one: one.record(one.in_site("alpha.py")),
    "no WHEEL": lambda one: [remove("{info}/WHEEL")(one), one.record(one.in_site("alpha.py"))],
    "an empty folder": empty_folder("simplejson"),
    "a folder of byte code": empty_folder("simplejson/__pycache__"),
    "a folder that RECORD excuses": namespace_in_record,
    "a .pth file": in_site("evil.pth", "import os\n"),
    "sitecustomize": in_site("sitecustomize.py"),
    "usercustomize": in_site("usercustomize.py"),
    "an extension module": in_site("alpha.abi3.so"),
    "a package that shadows a module": in_site("alpha/__init__.py"),
    "a kernel": write("share/jupyter/kernels/evil/kernel.json", _KERNEL),
    "configuration of Jupyter's": write("etc/jupyter/jupyter_config.py"),
    "configuration of pip's": write("pip.conf", "[global]\nindex-url = http://evil\n"),
    "another tool in labcoat.json": metadata(tool="/evil/bin/python"),
    "a tool that is gone": lambda one: metadata(
        tool=json.loads((one.prefix / "labcoat.json").read_text())["tool"].replace("-", "-0")
    )(one),
    "a tool above the tools": lambda one: metadata(
        tool=json.loads((one.prefix / "labcoat.json").read_text())["tool"].replace(
            "/bin/", "/../../bin/"
        )
    )(one),
    "an unknown key in labcoat.json": metadata(more="x"),
    "a broken labcoat.json": write("labcoat.json", "{"),
    "labcoat.json of another type": metadata(pins=[1]),
    "no pip": remove("bin/pip3"),
    "another pip": write("bin/pip", "#!/bin/sh\n", 0o755),
    "a module that was replaced by a link": replace_by_link("alpha.py"),
    "metadata that was replaced by a link": replace_by_link("{info}"),
    "site-packages linked elsewhere": replace_by_link(""),
    "another labcoat.packages": replace_folder("labcoat.packages", "/tmp"),  # noqa: S108
    "a program that cannot be executed": mode("bin/alpha", 0o644),
    "a program with its owner's rights": mode("bin/alpha", 0o4755),
    "a module that all can change": mode("{site}/alpha.py", 0o666),
    "site-packages that all can change": mode("{site}", 0o777),
    "a module that cannot be read": mode("{site}/alpha.py", 0o000),
    "a module that is a pipe": pipe("{site}/alpha.py"),
    "an added pipe": pipe("{site}/more.py"),
    "a RECORD that is a pipe": pipe("{info}/RECORD"),
    "a METADATA that is a pipe": pipe("{info}/METADATA"),
    "a pip that is a pipe": pipe("bin/pip"),
    "a pyvenv.cfg that is a pipe": pipe("pyvenv.cfg"),
    "a labcoat.json that is a pipe": pipe("labcoat.json"),
    "byte code that is a pipe": pipe("{site}/__pycache__/alpha.cpython-311.pyc"),
    "an endless module": endless("{site}/alpha.py"),
    "an endless RECORD": endless("{info}/RECORD"),
    "an endless METADATA": endless("{info}/METADATA"),
    "an endless program": endless("bin/alpha"),
    "a module of a terabyte": sparse,
    "a gigantic RECORD": gigantic_record,
    "a NUL in RECORD": record_lines("a\0b,,\n"),
    "a device in RECORD": record_lines("../../../../../../../../../../../dev/zero,,\n"),
    "files outside in RECORD": record_lines("../../../../../../../../../proc/kcore,,\n"),
    "a field of a RECORD that is too long": record_lines("x" * 200_000 + ",,\n"),
    "RECORD removed": remove("{info}/RECORD"),
    "METADATA removed": remove("{info}/METADATA"),
    "a deeply nested folder": deep,
    "a name that is not UTF-8": lambda one: os.rename(  # noqa: PTH104 - bytes
        one.in_site("odd.py"), os.fsencode(one.site) + b"/\xff.py"
    ),
    "a name with a line of output": in_site("x\nequal: lock, venv\n.py"),
    "a setting after a form feed": lambda one: one.edit(
        "pyvenv.cfg", "false", "false\nprompt = x\x0cinclude-system-site-packages = true"
    ),
    "another executable": lambda one: one.edit("pyvenv.cfg", "uv =", "executable = /evil\nuv ="),
    "an entry point of a plugin": lambda one: one.in_site(
        "beta-1.5.dist-info/more/entry_points.txt", "[pytest11]\nx = os\n"
    ),
    "metadata that is a file": in_site("evil-1.0.dist-info", "Name: evil\n"),
    "an egg": in_site("evil.egg-link", "/evil\n"),
    "a module in __pycache__": in_site("__pycache__/evil.py"),
    "an installer's file in a package": in_site("alpha.data/x.dist-info/RECORD"),
    "lib as a link": lambda one: [
        shutil.move(one.prefix / "lib", one.prefix.parent / "outside"),
        (one.prefix / "lib").symlink_to(one.prefix.parent / "outside"),
    ],
    "labcoat's folder as a link": lambda one: [
        shutil.rmtree(one.prefix / ".labcoat"),
        (one.prefix / ".labcoat").symlink_to("/tmp"),  # noqa: S108
    ],
    "a file with code in labcoat's folder": write(".labcoat/x/evil.py"),
}
