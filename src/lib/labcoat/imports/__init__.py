"""What sources and notebooks import, and what an environment lacks of it."""
