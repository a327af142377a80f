"""Find and fix what leaks secrets, breaks builds or makes images large in a git repository."""
