"""Make the table of all messages from the source: errors, hints, warnings, findings.

    python tests/support/message_table.py >tests/docs/messages.txt

A test compares the committed table with the source, so that a changed word shows in a review.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/lib/labcoat"
# What makes a message, and what its arguments are. None is an argument that is no text.
_MAKERS: dict[str, tuple[str | None, ...]] = {
    "LabcoatError": ("error", "hint"),
    "UnavailableError": ("error", "hint"),
    "print_error": ("error", "hint"),
    "print_warning": ("warning", "hint"),
    "print_hint": ("hint",),
    "print_progress": ("progress",),
    "Finding": (None, None, "finding", "hint"),
    "explain_installer_error": (None, "error"),
    "ToolCheck": (None, "check", "hint"),
    "BinderCheck": ("check", "hint"),
}


def messages(source: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line of each message in `source`, and its parts as `kind: text`."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        parts = []
        for kind, argument in zip(_MAKERS.get(name, ()), node.args, strict=False):
            if kind:
                parts += [f"{kind}: {text}" for text in _texts(argument)]
        if parts:
            yield node.lineno, parts


def _texts(node: ast.expr) -> list[str]:
    """Return the texts that an expression can be; what is computed stands in braces."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) and node.value else []
    if isinstance(node, ast.JoinedStr):
        return ["".join(_part(value) for value in node.values)]
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = _texts(node.left) or [f"{{{ast.unparse(node.left)}}}"]
        right = _texts(node.right) or [f"{{{ast.unparse(node.right)}}}"]
        return [one + other for one in left for other in right]
    return [f"{{{ast.unparse(node)}}}"]


def _part(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.FormattedValue)
    return f"{{{ast.unparse(node.value)}}}"


def table() -> str:
    """Return the table: a heading for each module, then a block for each message."""
    lines = ["# All messages of labcoat, made by tests/support/message_table.py."]
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_vendor" in path.parts:
            continue
        found = sorted(messages(path.read_text(encoding="utf-8")))
        if found:
            lines += ["", f"## {path.relative_to(PACKAGE)}"]
            for _, parts in found:
                lines += ["", *(part.replace("\n", "\\n") for part in parts)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
