"""What decides which code a process in an environment runs: docs/explanation/what-decides.md.

Each module is a section of that page. Everything below an environment's directory is listed, and
whatever nothing explains is a finding; nothing of the environment is run.
"""
