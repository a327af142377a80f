"""A large download is announced with its size and time; no index is asked."""

from pathlib import Path

import pytest

from labcoat.locking import download_sizes
from labcoat.scaffold import requirements_in


def test_sizes_and_times_are_those_of_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    small = download_sizes.estimate_download(["six", "idna"])
    assert small.describe() == "about 1 MB: some seconds at 10 MB/s"
    locked = download_sizes.estimate_download(["torch", "triton", "numpy", "six"])
    assert " MB (torch, triton): a minute at 10 MB/s" in locked.describe()
    wanted = download_sizes.estimate_download(["torch"], is_lock=False)
    assert wanted.megabytes > 3 * locked.megabytes
    both = download_sizes.estimate_download(["torch", "torchvision"], is_lock=False)
    assert both.megabytes < 1.1 * wanted.megabytes


def test_init_says_it_of_requirements_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where it takes a while; an input that cannot be read is for the next command to name."""
    monkeypatch.setattr("sys.platform", "linux")
    source = tmp_path / "requirements.in"
    source.write_text("six\n")
    assert requirements_in.describe_download(tmp_path) == ""
    source.write_text("torch>=2\n-r missing.in\n")
    assert requirements_in.describe_download(tmp_path) == ""
    source.write_text("torch>=2\n")
    said = requirements_in.describe_download(tmp_path)
    assert "GB (torch): 5 minutes" in said
    assert said.endswith("without a GPU: see labcoat's docs/how-to/indexes.md")
    declared = (
        '[tool.labcoat.indexes.cpu]\nurl = "https://torch.example/cpu"\npackages = ["torch"]\n'
    )
    (tmp_path / "pyproject.toml").write_text(declared)
    assert "GPU" not in requirements_in.describe_download(tmp_path)
