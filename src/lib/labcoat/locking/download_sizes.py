"""About how much a project downloads, and how long that takes: no index is asked.

The sizes are those of wheels for Linux x86-64 in 2026. They change slowly, and before a download an
order of magnitude is enough.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

# Megabytes of what is larger than most. The libraries of CUDA come with some of these packages.
_MEGABYTES = {
    "catboost": 100, "cmake": 30, "cudf-cu12": 2, "cupy-cuda12x": 110, "faiss-cpu": 30,
    "faiss-gpu": 85, "gensim": 28, "jaxlib": 110, "jax-cuda12-plugin": 16, "kaleido": 80,
    "libcudf-cu12": 500, "lightgbm": 4, "llvmlite": 57, "mxnet": 45, "numpy": 17,
    "nvidia-cublas-cu12": 590, "nvidia-cuda-cupti-cu12": 10, "nvidia-cuda-nvrtc-cu12": 88,
    "nvidia-cudnn-cu12": 700, "nvidia-cufft-cu12": 193, "nvidia-curand-cu12": 64,
    "nvidia-cusolver-cu12": 268, "nvidia-cusparse-cu12": 288, "nvidia-cusparselt-cu12": 287,
    "nvidia-nccl-cu12": 322, "nvidia-nvjitlink-cu12": 39, "nvidia-nvshmem-cu12": 125,
    "onnxruntime": 17, "onnxruntime-gpu": 300, "open3d": 450, "opencv-contrib-python": 69,
    "opencv-python": 63, "opencv-python-headless": 50, "paddlepaddle": 190, "pandas": 12,
    "playwright": 46, "polars": 38, "polars-runtime-32": 42, "pyarrow": 45, "pyqt5-qt5": 60,
    "pyqt6-qt6": 80, "pyspark": 320, "pyside6-addons": 170, "pyside6-essentials": 97,
    "ray": 70, "scikit-learn": 10, "scipy": 37, "spacy": 33, "tensorflow": 620,
    "tensorflow-cpu": 230, "tensorflow-gpu": 590, "torch": 890, "torchvision": 8, "triton": 170,
    "vllm": 400, "vtk": 110, "xgboost": 220, "xformers": 45,
}  # fmt: skip
_OTHER = 1  # megabyte of a package that is not in the table, on the average
# What else a requirement brings, where no lock names it yet.
_LIBRARIES = {"torch": 2900, "tensorflow": 120, "xgboost": 320}
_SPEED = 10  # megabytes a second
LARGE = 100  # megabytes; less takes no time worth a line


@dataclass(frozen=True)
class Download:
    """Megabytes, and the packages that most of it is for, the largest first."""

    megabytes: int
    largest: tuple[str, ...]

    def describe(self) -> str:
        """Return the size and the time, such as `about 1.2 GB (torch, triton): 2 minutes …`."""
        size = (
            f"{self.megabytes / 1000:.1f} GB" if self.megabytes >= 1000 else f"{self.megabytes} MB"
        )
        named = f" ({', '.join(self.largest)})" if self.largest else ""
        minutes = round(self.megabytes / _SPEED / 60)
        time = f"{minutes} minutes" if minutes > 1 else "a minute" if minutes else "some seconds"
        return f"about {size}{named}: {time} at {_SPEED} MB/s"


def estimate_download(names: Iterable[str], *, is_lock: bool = True) -> Download:
    """Return about what the packages `names` take; without a lock, with what they bring."""
    sizes = {name: _size(name, is_lock=is_lock) for name in set(names)}
    ordered = sorted(sizes, key=lambda name: (-sizes[name], name))
    largest = tuple(name for name in ordered[:3] if sizes[name] >= LARGE)
    return Download(sum(sizes.values()), largest)


def _size(name: str, *, is_lock: bool) -> int:
    own = _MEGABYTES.get(name, _OTHER)
    if sys.platform != "linux":  # without the libraries of CUDA
        return min(own, 250)
    return own + (0 if is_lock else _LIBRARIES.get(name, 0))
