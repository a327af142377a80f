"""labcoat is not removed with an environment."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.toolchain import own_install


@pytest.mark.parametrize(
    ("level", "setting"), [("venv", "LABCOAT_VENV"), ("conda", "LABCOAT_CONDA_ENV")]
)
def test_an_environment_that_contains_labcoat_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str, setting: str
) -> None:
    """The hint names the way out; other environments are fine."""
    monkeypatch.setattr(
        own_install, "PACKAGE", tmp_path / "env/lib/python3.11/site-packages/labcoat"
    )
    own_install.refuse_inside(tmp_path / "other", level)
    with pytest.raises(
        LabcoatError, match=f"is installed in env, which `make {level}` recreates"
    ) as caught:
        own_install.refuse_inside(tmp_path / "env", level)
    assert setting in caught.value.hint
