"""Mutations of Python code: each changes one operator, number, statement or condition."""

import ast
import copy
from collections import Counter
from functools import partial
from typing import NamedTuple

SWAPS = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
# Two times are equal only by chance: their comparisons are negated instead.
TIMES = ("time", "now", "since")
NEGATIONS = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt}
CALLS = {"all": "any", "any": "all", "min": "max", "max": "min"}
TRUTHS = (ast.Name, ast.Call, ast.Attribute, ast.NamedExpr)


class Mutation(NamedTuple):
    """A mutation: its function, its kind with a number within the function, the changed code, and the module's text."""

    function: str
    kind: str
    change: str
    text: str


def mutations(source):
    """Yield all mutations of a module's source."""
    tree = ast.parse(source)
    for parent in ast.walk(tree):
        for child in ast.iter_child_nodes(parent):
            child.parent = parent
    nodes = list(ast.walk(tree))
    numbers = Counter()
    for index in sorted(range(len(nodes)), key=lambda index: _position(nodes[index])):
        if _is_irrelevant(nodes[index]):
            continue
        for kind, change in _changes(nodes[index]):
            changed = copy.deepcopy(tree)
            twin = list(ast.walk(changed))[index]
            before, after = ast.unparse(twin), change(twin)
            function = _function(nodes[index])
            numbers[function, kind] += 1
            shown = f"{_first_line(before)} -> {_first_line(after)}"
            text = ast.unparse(ast.fix_missing_locations(changed))
            yield Mutation(function, f"{kind} {numbers[function, kind]}", shown, text)


def _position(node):
    """Return where a node is in the source; a node without a place, such as a comprehension's ``for``, has its parent's."""
    while not hasattr(node, "lineno"):
        if not (node := getattr(node, "parent", None)):
            return (0, 0)
    return (node.lineno, node.col_offset)


def _is_irrelevant(node):
    """Return whether a node is part of an annotation, of code for type checkers, of a message, or of the debug log."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    while parent := getattr(node, "parent", None):
        match parent:
            case ast.If() | ast.Assign() if "TYPE_CHECKING" in _first_line(ast.unparse(parent)):
                return True
            case ast.AnnAssign(annotation=annotation) | ast.FunctionDef(returns=annotation) if node is annotation:
                return True
            case ast.arg() | ast.JoinedStr() | ast.FormattedValue() | ast.Call(func=ast.Name(id="debug")):
                return True
        node = parent
    return False


def _changes(node):  # noqa: C901, PLR0912 - a table
    """Yield kinds of changes with functions that change a node's twin in place, and return the new code."""
    match node:
        case ast.Compare(ops=ops):
            yield from (("comparison", partial(_swap, index)) for index in range(len(ops)))
        case ast.BoolOp():
            yield "and/or", lambda twin: _set(twin, "op", SWAPS[type(twin.op)]())
        case ast.UnaryOp(op=ast.Not()):
            yield "not", lambda twin: _replace(twin, twin.operand)
        case ast.Constant(value=bool()):
            yield "truth", lambda twin: _set(twin, "value", not twin.value)
        case ast.Constant(value=int()):
            yield "number", lambda twin: _set(twin, "value", twin.value + 1)
        case ast.Return(value=value) if value is not None and not _is_empty(value):
            yield "return", lambda twin: _set(twin, "value", ast.Constant(None))
        case ast.Expr(value=ast.Call(func=ast.Name(id="debug"))) | ast.BinOp(left=ast.Attribute(attr="O_RDONLY")):
            # The debug log; and an operand that is zero.
            return
        case ast.Raise() | ast.Delete() | ast.AugAssign() | ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            yield "statement", lambda twin: _replace(twin, ast.Pass())
        case ast.BinOp(op=ast.BitOr() | ast.BitAnd() | ast.Add() | ast.Sub() | ast.Div() | ast.Mult()):
            yield "left operand", lambda twin: _replace(twin, twin.left)
            yield "right operand", lambda twin: _replace(twin, twin.right)
        case ast.comprehension(ifs=[_, *_]):
            yield "filter", lambda twin: _set(twin, "ifs", [])
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            yield name, lambda twin: _set(twin, "func", ast.Name(CALLS[twin.func.id]))
        case ast.Call(func=ast.Attribute(attr="fullmatch")):
            yield "fullmatch", lambda twin: _set(twin, "func", ast.Attribute(twin.func.value, "match"))
        case ast.Call(func=ast.Attribute(attr="lower" | "strip" | "rstrip" as name)):
            yield name, lambda twin: _replace(twin, twin.func.value)
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if isinstance(test, TRUTHS):
            yield "condition", lambda twin: _set(twin, "test", ast.UnaryOp(ast.Not(), twin.test))


def _swap(index, twin):
    swaps = SWAPS | NEGATIONS if any(word in ast.unparse(twin) for word in TIMES) else SWAPS
    twin.ops[index] = swaps[type(twin.ops[index])]()
    return ast.unparse(twin)


def _is_empty(node):
    """Return whether a value is as false as None."""
    return ast.unparse(node) in ("None", "False", "[]", "''")


def _set(twin, field, value):
    setattr(twin, field, value)
    return ast.unparse(ast.fix_missing_locations(twin))


def _replace(twin, new):
    """Replace the twin by another node."""
    parent = twin.parent
    for field, value in ast.iter_fields(parent):
        if value is twin:
            setattr(parent, field, new)
        elif isinstance(value, list) and any(item is twin for item in value):
            value[[item is twin for item in value].index(True)] = new
    return ast.unparse(new)


def _function(node):
    """Return the name of the function or class that a node is in."""
    while not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
        node = node.parent
    return getattr(node, "name", "(module)")


def _first_line(text):
    return text.split("\n", maxsplit=1)[0]
