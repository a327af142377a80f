"""The semantics of .dockerignore files: parse patterns and match paths as BuildKit does."""
