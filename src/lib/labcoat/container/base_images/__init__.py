"""Base images: the pinned defaults, and images built from Dockerfiles in git submodules."""
