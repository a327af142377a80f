"""Libraries copied into labcoat, so that it starts without installing anything; see update.py."""
