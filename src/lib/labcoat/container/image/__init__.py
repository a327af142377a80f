"""Build, label, record, verify and push the project's image."""
