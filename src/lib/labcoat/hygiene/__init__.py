"""What is about to leak, break or bloat in a repository."""
