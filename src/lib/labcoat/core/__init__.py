"""The operating system and git: files, processes, signals, the terminal, the project's settings."""
