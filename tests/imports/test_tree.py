"""Only a project's own files say something about its environment."""

from pathlib import Path

from labcoat.imports.tree import list_tree


def test_what_programs_wrote_is_left_out(tmp_path: Path) -> None:
    """Environments, metadata of builds, byte code, old notebooks, and a copy of labcoat."""
    kept = ("setup.py", "src/main.py", "requirements.txt")
    others = (
        "venv/pyvenv.cfg",
        "venv/lib/python3.11/site-packages/six.py",
        "src/proj.egg-info/requires.txt",
        "node_modules/a/setup.py",
        "notebooks/.ipynb_checkpoints/a-checkpoint.ipynb",
        "tools/lib/include.python.mk",
        "tools/lib/labcoat/cli.py",
    )
    for name in (*kept, *others):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert set(list_tree(tmp_path).paths) == set(kept)
