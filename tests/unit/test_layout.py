"""The size of what one has to read at once: files, functions and classes of the package."""

import ast

import pytest

from support.project import ROOT

PACKAGE = ROOT / "src" / "keyrings" / "codeartifact"
FILES = sorted(PACKAGE.rglob("*.py"))
LINES_OF_A_FILE, LINES_OF_A_FUNCTION, PUBLIC_METHODS = 300, 60, 14


def problems(text):
    """Return what is too large in a module's text."""
    lines = text.count("\n")
    found = [f"{lines} lines"] if lines > LINES_OF_A_FILE else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= LINES_OF_A_FUNCTION:
            found.append(f"{node.name} has {node.end_lineno - node.lineno + 1} lines")
        if isinstance(node, ast.ClassDef):
            methods = [one for one in node.body if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")]
            if len(methods) > PUBLIC_METHODS:
                found.append(f"{node.name} has {len(methods)} public methods")
    return found


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PACKAGE)) for path in FILES])
def test_no_part_of_a_module_is_too_large(path):
    assert problems(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1\n" * 300, []),
        ("x = 1\n" * 301, ["301 lines"]),
        ("def f():\n" + "    x = 1\n" * 59, []),
        ("def f():\n" + "    x = 1\n" * 60, ["f has 61 lines"]),
        ("class C:\n" + "".join(f"    def f{n}(self): ...\n" for n in range(14)) + "    def _f(self): ...\n", []),
        ("class C:\n" + "".join(f"    def f{n}(self): ...\n" for n in range(15)), ["C has 15 public methods"]),
    ],
)
def test_what_is_too_large_is_found(text, found):
    assert problems(text) == found
