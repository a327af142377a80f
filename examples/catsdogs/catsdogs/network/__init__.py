"""The frozen network, and what it sees in each picture."""
