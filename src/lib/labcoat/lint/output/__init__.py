"""Render reports as text, JSON, SARIF or GitHub annotations."""
