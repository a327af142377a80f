"""Files that labcoat writes into a repository, and their templates."""
