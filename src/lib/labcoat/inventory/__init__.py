"""What an environment holds: distributions, files and their digests."""
