"""What a project's own files declare that it needs: pyproject.toml, setup.cfg and setup.py."""
