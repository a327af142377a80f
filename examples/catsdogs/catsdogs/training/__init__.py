"""Training: the head on frozen features, or more of the network, as lessons to compare."""
