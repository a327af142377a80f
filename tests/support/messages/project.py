"""Texts of projects and their settings. Templates take their values with format."""

COLON = "its path contains `:`, which separates the directories in PATH"
LINE_BREAK = "its path contains a line break"
NOT_UTF8 = "its path is not UTF-8 text"
