"""The digest under which the local Docker engine knows an image."""

import json
import os
import subprocess


def local_digest(image: str) -> str:
    """`sha256:…` of `image` as a registry served it; empty where there is no engine, or it does not know."""
    command = [
        os.environ.get("LABCOAT_DOCKER") or "docker",
        "image",
        "inspect",
        "--format",
        "{{json .RepoDigests}}",
        image,
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        known = json.loads(done.stdout) if done.returncode == 0 else []
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return ""
    return next((each.rpartition("@")[2] for each in known or () if "@sha256:" in each), "")
