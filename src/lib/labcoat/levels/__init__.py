"""The levels of isolation; level.py says what each can do and how to add one."""
