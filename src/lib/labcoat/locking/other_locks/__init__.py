"""Read the locks of other tools: uv, Poetry, PDM, pipenv, and pylock.toml (PEP 751)."""
