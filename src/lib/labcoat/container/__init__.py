"""What Docker is given."""
