"""What all rooms stand on: whole files, the cache, progress, and limits of memory and disk."""
