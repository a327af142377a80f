"""The commands of labcoat, one module each: they parse, call and print; nothing below prints."""
