"""Debian packages: what apt.txt asks for, and apt.lock, which has every one that comes along."""
