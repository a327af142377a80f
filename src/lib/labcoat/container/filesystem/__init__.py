"""Read an image from outside: its files as the engine exports them, and what decides among them."""
