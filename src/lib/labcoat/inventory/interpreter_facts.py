"""Facts about the running Python that decide which wheels and markers apply.

It imports only the standard library and works on Python 3.8: it runs in other Pythons (scan.py).
"""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
from typing import Any


def describe_interpreter() -> dict[str, Any]:
    """Return version, ABI, platform and the values of markers (PEP 508) of the running Python."""
    version = platform.python_version()
    info = sys.implementation.version
    release = ".".join(map(str, info[:3])) + (
        "" if info.releaselevel == "final" else info.releaselevel[0] + str(info.serial)
    )
    return {
        "version": version,
        "abi": sysconfig.get_config_var("SOABI") or sys.implementation.cache_tag,
        "platform": f"{sys.platform}-{platform.machine()}",
        "markers": {
            "implementation_name": sys.implementation.name,
            "implementation_version": release,
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_release": platform.release(),
            "platform_system": platform.system(),
            "platform_version": platform.version(),
            "python_full_version": version,
            "platform_python_implementation": platform.python_implementation(),
            "python_version": ".".join(version.split(".")[:2]),
            "sys_platform": sys.platform,
        },
    }
