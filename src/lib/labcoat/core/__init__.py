"""What all else stands on. Nothing here imports from the packages above it."""
