"""Print as JSON which kernels numeric libraries choose here. Runs as text on a level.

A library chooses them by the processor and by variables when it is loaded, so each one is loaded
and asked. It works on Python 3.8.
"""

from __future__ import annotations

import ctypes
import glob
import importlib
import json
import os
import re
import sys

# OpenBLAS as it is, as NumPy and SciPy bundle it, and with 64-bit integers.
_NAMES = [
    prefix + "openblas_{}" + suffix for prefix in ("", "scipy_") for suffix in ("", "64_", "_64")
]


def ask_openblas(path: str) -> dict[str, str]:
    """Return release, kernels and number of threads of an OpenBLAS library; nothing for others."""
    try:
        library = ctypes.CDLL(path)
    except OSError:
        return {}
    for name in _NAMES:
        corename = getattr(library, name.format("get_corename"), None)
        config = getattr(library, name.format("get_config"), None)
        threads = getattr(library, name.format("get_num_threads"), None)
        if corename is None or config is None or threads is None:
            continue
        corename.restype = config.restype = ctypes.c_char_p
        release = re.search(r"OpenBLAS (\S+)", config().decode("ascii", "replace"))
        count = threads()
        return {
            f"OpenBLAS {release.group(1) if release else ''}".strip(): (
                f"{corename().decode('ascii', 'replace')}, {count} thread{'s' * (count != 1)}"
            )
        }
    return {}


def find_openblas() -> list[str]:
    """Return the OpenBLAS libraries of packages, and those that NumPy has loaded."""
    found = set()
    for folder in sys.path:
        for place in ("*.libs", "*/.dylibs", "*/lib"):
            found.update(glob.glob(os.path.join(folder, place, "*openblas*")))
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            mapped = [line.split(maxsplit=5)[-1].strip() for line in file]
    except OSError:
        mapped = []
    found.update(path for path in mapped if "openblas" in os.path.basename(path))
    return sorted({os.path.realpath(path) for path in found if re.search(r"\.(so|dylib)\b", path)})


def ask_numpy() -> dict[str, str]:
    """Return the highest features of the processor that NumPy uses."""
    for name in ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath"):
        try:
            module = importlib.import_module(name)
            features = module.__cpu_features__
            used = [one for one in module.__cpu_dispatch__ if features.get(one)]
        except Exception:  # noqa: BLE001, S112 - not installed, damaged, or of another release
            continue
        return {"NumPy": used[-1] if used else "only what all processors have"}
    return {}


def ask_torch() -> dict[str, str]:
    """Return what PyTorch uses of the processor."""
    try:
        return {"PyTorch": importlib.import_module("torch").backends.cpu.get_cpu_capability()}
    except Exception:  # noqa: BLE001 - as above
        return {}


def main() -> None:
    """Print the kernels by library."""
    found = {**ask_numpy(), **ask_torch()}
    for path in find_openblas():
        found.update(ask_openblas(path))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
