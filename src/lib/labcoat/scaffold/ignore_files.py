"""The lines of .gitignore that labcoat's environments and state need."""

from labcoat.core.changes import ChangeSet, append_lines, is_utf16

IGNORED = ("/.venv", "/.conda", "/.labcoat")


def plan_gitignore(changes: ChangeSet) -> None:
    """Plan the missing lines of .gitignore. One in UTF-16 becomes UTF-8: git reads nothing else."""
    is_foreign = is_utf16(changes.root / ".gitignore")
    text = changes.read(".gitignore") or ""
    known = {line.strip().strip("/") for line in text.splitlines()}
    missing = [line for line in IGNORED if line.strip("/") not in known]
    parts = ["saved as UTF-8, which git can read"] if is_foreign else []
    if missing:
        parts.append(f"added {', '.join(missing)}")
    if parts:
        new = append_lines(text, missing)
        changes.plan(".gitignore", new, "; ".join(parts), as_utf8=is_foreign)
