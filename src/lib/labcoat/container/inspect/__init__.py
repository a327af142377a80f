"""Read what is in an image: files, packages, secrets, differences."""
