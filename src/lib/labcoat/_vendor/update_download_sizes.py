"""Replace locking/download_sizes.json by what the package index says today.

Run `python3 src/lib/labcoat/_vendor/update_download_sizes.py UV`, where UV is the program.

For each package in SEEDS, uv says what it needs on Linux x86-64. The index says how large the
wheels of all of these are. What has at least LEAST megabytes is written, and for each seed what the
packages that come with it have together.
"""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

TARGET = Path(__file__).parents[1] / "locking" / "download_sizes.json"
PYTHON = "3.12"
LEAST = 5
SEEDS = (
    "bokeh", "catboost", "cupy-cuda12x", "dask", "faiss-cpu", "gensim", "geopandas", "jax",
    "jax-cuda12-plugin", "jupyterlab", "kaleido", "lightgbm", "matplotlib", "mlflow", "notebook",
    "numba", "numpy", "nvidia-cudnn-cu12", "onnxruntime", "onnxruntime-gpu",
    "opencv-contrib-python", "opencv-python", "opencv-python-headless", "paddlepaddle", "pandas",
    "playwright", "plotly", "polars", "pyarrow", "pyqt5", "pyqt6", "pyside6", "ray",
    "scikit-image", "scikit-learn", "scipy", "sentence-transformers", "shap", "spacy",
    "statsmodels", "streamlit", "tensorflow", "tensorflow-cpu", "torch", "torchaudio",
    "torchvision",
    "transformers", "ultralytics", "vllm", "vtk", "xformers", "xgboost",
)  # fmt: skip


def update_sizes(uv: str) -> None:
    """Ask uv and the index, and write the table."""
    sizes: dict[str, float] = {}
    brought: dict[str, int] = {}
    for seed in SEEDS:
        pins = _resolve(uv, seed)
        sizes |= {name: _wheel_size(*pin) for name, pin in pins.items() if name not in sizes}
        rest = round(sum(sizes[name] for name in pins if name != seed))
        if rest >= LEAST:
            brought[seed] = rest
        print(f"{seed}: {len(pins)} packages, {sizes.get(seed, 0):.0f} MB, and {rest} MB with it")
    large = {name: round(size) for name, size in sorted(sizes.items()) if size >= LEAST}
    small = [size for size in sizes.values() if size < LEAST]
    table = {"megabytes": large, "others": round(sum(small) / len(small), 1), "brought": brought}
    TARGET.write_text(f"{json.dumps(table, indent=1, sort_keys=True)}\n")


def _resolve(uv: str, seed: str) -> dict[str, tuple[str, str]]:
    """Return the packages that come with `seed`: by name, the page of the index and the version."""
    command = [uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
    command += ["--emit-index-annotation", "--only-binary", ":all:", "--python-version", PYTHON]
    command += ["--python-platform", "x86_64-manylinux_2_28", "-"]
    ended = subprocess.run(command, input=seed, capture_output=True, text=True, check=False)
    pins: dict[str, tuple[str, str]] = {}
    name = version = ""
    for line in ended.stdout.splitlines():
        if line.startswith("    # from "):
            pins[name] = (f"{line.removeprefix('    # from ').rstrip('/')}/{name}/", version)
        elif "==" in line:
            name, _, version = line.split(";")[0].strip().partition("==")
    return pins


def _wheel_size(page: str, version: str) -> float:
    """Return the megabytes of the wheel that Linux x86-64 gets; 0 if the index does not say."""
    kind = "application/vnd.pypi.simple.v1+json"
    request = urllib.request.Request(page, headers={"Accept": kind})  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        files = json.load(answer)["files"]
    mark = f"-{version}-"
    wheels = [each for each in files if mark in each["filename"]]
    tags = (f"cp{PYTHON.replace('.', '')}", "abi3", "-none-")
    fitting = [
        each["size"]
        for each in wheels
        if any(tag in each["filename"] for tag in tags)
        and (
            each["filename"].endswith("-any.whl")
            or "linux_x86_64" in each["filename"]
            or ("manylinux" in each["filename"] and "x86_64" in each["filename"])
        )
        and "musllinux" not in each["filename"]
        and each.get("size")
    ]
    return max(fitting, default=0) / 1e6


if __name__ == "__main__":
    update_sizes(sys.argv[1])
