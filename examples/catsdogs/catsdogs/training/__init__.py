"""What is trained: the head on frozen features, or more of the network, as lessons that can be
compared.
"""
