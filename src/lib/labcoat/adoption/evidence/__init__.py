"""Read what the files of a repository say about its environment; nothing of it is executed."""
