"""What labcoat works with: its tools environment, Python interpreters, the package index."""
