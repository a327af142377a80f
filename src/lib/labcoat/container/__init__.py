"""Docker: ignore files, Dockerfiles, build contexts, the engine, base images, the image."""
