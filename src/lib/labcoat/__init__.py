"""labcoat: one lock, every level of isolation, proved equal."""

__version__ = "0.1.0"
