"""Decide which Python and which versions a repository gets: `decide.decide`."""
