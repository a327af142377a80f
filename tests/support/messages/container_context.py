"""Message texts of container/{dockerfile,context} that tests compare with."""

# guarantees
PACKAGES = "that its packages match the lock"
SAME_IMAGE = "that every build gives the same image"
NOT_ROOT = "that it does not run as root"
