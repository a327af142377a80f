"""Checks of a repository: committed environments, leaked secrets, oversized or broken Docker builds, stale locks."""
