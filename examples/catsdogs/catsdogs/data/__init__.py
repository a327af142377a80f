"""The pictures: where they come from, their classes, how they are decoded, and how they are
split.
"""
