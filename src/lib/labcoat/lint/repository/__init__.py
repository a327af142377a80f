"""What the rules know about a repository: its files, what git knows, its Docker builds."""
