"""What an image lacks is told from what is known, and the image is read only if that is not."""

import platform
from pathlib import Path

import pytest

from labcoat.core.project import Project
from labcoat.levels import image_libraries
from labcoat.locking.requirements_file import Pin
from labcoat.system import memory
from labcoat.system.records import ObjectNeeds, PackageNeeds, SystemSurvey

PIN = Pin("six", "1.17.0", "", frozenset({"a" * 64}))


def test_an_image_that_has_everything_is_not_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only one that seems to lack something is, to be sure."""
    monkeypatch.setenv("LABCOAT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "requirements.txt").write_text(f"six==1.17.0 --hash=sha256:{'a' * 64}\n")
    tags = [f"cp3{minor}-cp3{minor}-manylinux_2_17_{platform.machine()}" for minor in range(8, 17)]
    one = ObjectNeeds("six.so", "", ["libz.so.1"], (), (), {}, is_root=True)
    memory.remember_packages([PackageNeeds("six", "1.17.0", tags, [one], {})], [PIN])
    exported = []

    def survey() -> SystemSurvey:
        exported.append("")
        package = PackageNeeds("six", "1.17.0", tags, [one], {})
        return SystemSurvey("", 0, frozenset(), [package])

    project = Project.at(tmp_path, {})
    for image, libraries, count in (("one", {"libz.so.1"}, 0), ("two", set[str](), 1)):
        read = SystemSurvey("", 0, frozenset(libraries), ())
        image_libraries.warn_missing(project, image, survey, lambda read=read: read)
        assert len(exported) == count
        assert ("libz.so.1 (six)" in capsys.readouterr().err) == bool(count)
