"""Scores of a model with their uncertainty, and the files and pages that report them."""
