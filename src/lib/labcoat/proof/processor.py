"""Which processor a proof ran on: libraries choose their kernels by it."""

import platform
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
# What each level of x86-64 adds, as far as numeric libraries ask for it. Source: the x86-64 psABI.
_LEVELS = (
    ("x86-64-v4", {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}),
    ("x86-64-v3", {"avx2", "fma", "bmi2"}),
    ("x86-64-v2", {"sse4_2", "ssse3", "popcnt"}),
)


def describe_processor(text: str | None = None) -> dict[str, str]:
    """Return machine, model and level of the processor; `text` is that of /proc/cpuinfo.

    What is not known is left out.
    """
    if text is None:
        try:
            text = _CPUINFO.read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        values.setdefault(name.strip(), value.strip())
    flags = set(values.get("flags", "").split())
    level = next((name for name, needed in _LEVELS if needed <= flags), "")
    found = {"machine": platform.machine(), "model": values.get("model name", ""), "level": level}
    return {name: value for name, value in found.items() if value}
