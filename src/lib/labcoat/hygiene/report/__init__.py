"""Findings as text, JSON, SARIF and GitHub annotations: pure functions, one module each."""
