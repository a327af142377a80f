"""The frozen network, and the features that it computes for each picture."""
