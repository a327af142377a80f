"""labcoat itself is in nobody's way."""

from pathlib import Path

import pytest

from labcoat.core.errors import LabcoatError
from labcoat.toolchain import own_install


@pytest.mark.parametrize(
    ("level", "setting"), [("venv", "LABCOAT_VENV"), ("conda", "LABCOAT_CONDA_ENV")]
)
def test_an_environment_that_labcoat_is_in_is_not_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str, setting: str
) -> None:
    """It would go with it; the way out is named, and another environment is no matter."""
    monkeypatch.setattr(
        own_install, "PACKAGE", tmp_path / "env/lib/python3.11/site-packages/labcoat"
    )
    own_install.refuse_inside(tmp_path / "other", level)
    with pytest.raises(
        LabcoatError, match=f"is installed in env, which make {level} makes anew"
    ) as caught:
        own_install.refuse_inside(tmp_path / "env", level)
    assert setting in caught.value.hint
