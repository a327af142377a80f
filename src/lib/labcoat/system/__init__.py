"""System libraries: what shared objects need, where the loader finds it, and who packages it."""
