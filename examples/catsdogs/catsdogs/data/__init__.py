"""The pictures: where they lie, which there are, what they look like to the network, and how they
are divided.
"""
