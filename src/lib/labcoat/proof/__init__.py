"""The proof: whether the lock, the environments and the image hold the same files, and give the same results."""
