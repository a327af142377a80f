"""Talk to the Docker engine or podman: build, run, and explain their errors."""
