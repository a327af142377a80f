"""What the rules ask about a repository: its files as git sees them, its Docker builds, the role of a path."""
