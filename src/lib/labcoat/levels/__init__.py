"""The levels of isolation, one module each: none, venv, conda, docker."""
