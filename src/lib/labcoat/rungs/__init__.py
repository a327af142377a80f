"""The levels of isolation, one module each."""
