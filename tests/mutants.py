"""What could be changed in parser, matcher, resolver and cache without a test noticing?

``python tests/mutants.py [MODULE…]`` changes one thing at a time in a copy of the sources, runs the unit tests that are about
that module, and prints what they let pass.  Ends with 1 if there is a survivor without a reason in SURVIVORS, or a reason
without a survivor.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = "keyrings/codeartifact"
# By module, the tests that are about it.
TESTS = {
    "index_url": ("test_service",),
    "config/keyringrc": ("test_keyringrc", "test_settings"),
    "config/settings": ("test_settings", "test_sources"),
    "cache/store": ("cache/test_store", "cache/test_store_marks", "cache/test_singleflight"),
}
PATIENCE = 120
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
TRUTHS = (ast.Name, ast.Call, ast.Attribute, ast.NamedExpr)
CALLS = {"all": "any", "any": "all", "min": "max", "max": "min"}
# In patterns: by module, what is there once, and what in its place.
PATTERNS = (
    ("index_url", r"[!-\[\]-~]+", "[!-~]+"),
    ("index_url", r"[!-\[\]-~]+", r"[ -\[\]-~]+"),
    ("index_url", r"[!-\[\]-~]+", r"[^\x00- \\]+"),
    ("index_url", "{0,48}", "{0,49}"),
    ("index_url", "[a-z0-9-]{0,48}[a-z0-9]", "[a-z0-9-]{1,49}"),
    ("index_url", "[0-9]{12}", "[0-9]{12,13}"),
    ("index_url", "[0-9]{12}", "[0-9]{11,12}"),
    ("index_url", "{1,99}", "{0,99}"),
    ("index_url", "{1,99}", "{1,100}"),
    ("index_url", "[A-Za-z0-9][A-Za-z0-9._-]{1,99}", "[A-Za-z0-9._-]{2,100}"),
    ("index_url", "-[0-9]{1,2}", "-[0-9]*"),
    ("index_url", "{1,2}-[0-9]", "{1,3}-[0-9]"),
    ("index_url", "[A-Za-z][A-Za-z0-9+.-]*) ://", "[A-Za-z0-9+.-]*) ://"),
    ("index_url", "[A-Za-z0-9._~!$&'()*+,;=:%-]* @", "[^/]* @"),
    ("index_url", "[A-Za-z0-9._~!$&'()*+,;=:%-]* @", "[A-Za-z0-9._~!$&'()*+,;=:%@-]* @"),
    ("index_url", "[A-Za-z0-9._~!$&'()*+,;=:%-]* @", "[A-Za-z0-9._~!$&'()*+,;=:%?#-]* @"),
    ("index_url", "(?P<host>[A-Za-z0-9.-]+)", "(?P<host>[A-Za-z0-9.-]+)[.]?"),
    ("index_url", ":[0-9]*)?", ":[0-9]*)?[0-9]*"),
    ("index_url", "(?P<path>/[^?#]*)?", "(?P<path>.[^?#]*)?"),
    ("index_url", r"(?: \.d\.codeartifact", r"(?: .d\.codeartifact"),
    ("index_url", r"(?: \.d\.codeartifact", r"(?: (?:\.d)?\.codeartifact"),
    ("index_url", r"(?P<region>{REGION})\.amazonaws\.com", r"(?P<region>{REGION})\.amazonaws.com"),
    ("index_url", r"(?P<region>{REGION})\.amazonaws", r"(?P<region>{REGION}).amazonaws"),
    ("index_url", r"\.on\.aws", r"\.on.aws"),
    ("index_url", r"\.vpce\.amazonaws\.com", r"\.vpce\.amazonaws.com"),
    ("index_url", "vpce-[a-z0-9-]{{1,58}}", "[a-z0-9-]{{1,63}}"),
    ("index_url", "(?: /pypi/(?P<name>", "(?: /[a-z]+/(?P<name>"),
    ("index_url", "(?P<tail>/.*)? | /? )", "(?P<tail>.*)? | /? )"),
    ("index_url", "(?P<tail>/.*)? | /? )", "(?P<tail>/.*)? | /.* )"),
    ("index_url", r"/pypi/d/(?P<domain>", r"/pypi/./(?P<domain>"),
    ("index_url", "(?:/|%2f|%5c)(?:", "(?:/|%5c)(?:"),
    ("index_url", "(?:/|%2f|%5c)(?:", "(?:/|%2f)(?:"),
    ("index_url", r"(?:\.|%2e){2}", r"(?:\.){2}"),
    ("index_url", "(?:/|%2f|%5c|;|$)", "(?:/|%2f|%5c|;)"),
    ("index_url", "(?:/|%2f|%5c|;|$)", "(?:/|%2f|%5c|$)"),
    ("index_url", "(?:/|%2f|%5c|;|$)", "(?:/|;|$)"),
    ("index_url", "(?i)(?:/|", "(?:/|"),
    ("config/keyringrc", r"{DEFAULTS}(?:\s+(?P<q", r"{DEFAULTS}.*(?:\s+(?P<q"),
    ("config/keyringrc", r"\s*[^\s#;]", r"\s*[^\s#]"),
    ("config/keyringrc", r"\s*[^\s#;]", r"\s*[^\s;]"),
    ("config/keyringrc", """[^\\s,="']+) =""", """[^=]+) ="""),
    ("config/keyringrc", '"(?P<double>[^"]*)"', '"(?P<double>.*)"'),
    ("config/keyringrc", r"(?=[\s,]|$)", ""),
    ("config/keyringrc", r"[\s,]*  # 2.x", r"\s*  # 2.x"),
)
# Where a moment is compared, to be equal is to be by chance.
CLOCK = ("time", "now", "since")
OPPOSITES = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt}
# Why nothing has to notice: by module, function and what is changed.
_HOST = "the host takes whatever else could, before that can"
SURVIVORS = {
    ("index_url", "(module)", "(?P<host>[A-Za-z0-9.-]+) -> (?P<host>[A-Za-z0-9.-]+)[.]?"): _HOST,
    ("index_url", "(module)", ":[0-9]*)? -> :[0-9]*)?[0-9]*"): _HOST,
    ("index_url", "(module)", "(?P<path>/[^?#]*)? -> (?P<path>.[^?#]*)?"): "the forms of addresses have a slash there",
    (
        "config/keyringrc",
        "(module)",
        "[^\\s,=\"']+) = -> [^=]+) =",
    ): "what has such signs in it is no qualifier's name either",
    ("config/keyringrc", "(module)", "(?=[\\s,]|$) -> "): "what is left of the value then is no qualifier",
    ("config/settings", "_environment", "True -> False"): "both have three fields",
    **dict.fromkeys(
        (
            (
                "cache",
                "(module)",
                "getattr(os, 'O_NOFOLLOW', 0) | getattr(os, 'O_NONBLOCK', 0) | getattr(os, 'O_BINARY', 0) -> "
                "getattr(os, 'O_NOFOLLOW', 0) | getattr(os, 'O_NONBLOCK', 0)",
            ),
            ("cache/store", "(module)", "0 -> 1"),
            ("cache/store", "_uid", "0 -> 1"),
        ),
        "it is so on Windows only",
    ),
    (
        "cache",
        "(module)",
        "3600 -> 3601",
    ): "a second sooner or later is nothing to what is left from processes long gone",
    ("cache/store", "(module)", "1 -> 2"): "twice of what no entry is as large as",
    ("cache/store", "(module)", "16 -> 17"): "twice of what no entry is as large as",
    ("cache/store", "_leave", "os.O_WRONLY | os.O_CREAT -> os.O_CREAT"): "nothing is written to it",
    (
        "cache",
        "_write",
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK -> os.O_WRONLY | os.O_CREAT | os.O_EXCL",
    ): "what makes a file anew follows no link",
    (
        "cache",
        "entries",
        " for name in self._names() if name.endswith(_TOKEN) ->  for name in self._names()",
    ): "of other files there is no token",
    **dict.fromkeys(
        (
            ("cache/store", "_is_usable", "os.R_OK | os.W_OK | os.X_OK -> os.R_OK | os.W_OK"),
            ("cache/store", "_is_usable", "os.R_OK | os.W_OK -> os.W_OK"),
        ),
        "to root, as whom the tests may run, nothing is closed",
    ),
}


class Mutant:
    """One change: in which function, what was there, what is there now, and the whole text with it."""

    def __init__(self, module, function, before, after, text):
        self.module, self.function, self.text = module, function, text
        self.change = f"{before} -> {after}"

    @property
    def key(self):
        return (self.module, self.function, self.change)

    def survives(self):
        """Say whether all the module's tests pass with it."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ROOT / "src", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            (Path(folder) / PACKAGE / f"{self.module}.py").write_text(self.text)
            tests = [ROOT / "tests" / "unit" / f"{name}.py" for name in TESTS[self.module]]
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
            environ = os.environ | {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
            try:
                done = subprocess.run(
                    command, cwd=folder, env=environ, capture_output=True, timeout=PATIENCE, check=False
                )
            except subprocess.TimeoutExpired:
                return False
        return done.returncode == 0


def mutants(module):
    """Yield all mutants of a module."""
    source = (ROOT / "src" / PACKAGE / f"{module}.py").read_text()
    for where, before, after in PATTERNS:
        if where == module:
            assert source.count(before) == 1, before
            yield Mutant(module, "(module)", before, after, source.replace(before, after))
    tree = ast.parse(source)
    for parent in ast.walk(tree):
        for child in ast.iter_child_nodes(parent):
            child.parent = parent
    for node in list(ast.walk(tree)):
        if _is_beside_the_point(node):
            continue
        for change in _changes(node):
            changed = copy.deepcopy(tree)
            twin = next(other for other, one in zip(ast.walk(changed), ast.walk(tree), strict=True) if one is node)
            before = ast.unparse(twin)
            after = change(twin)
            yield Mutant(
                module, _function(node), _short(before), _short(after), ast.unparse(ast.fix_missing_locations(changed))
            )


def _is_beside_the_point(node):
    """Say whether a node is part of an annotation, of what only a type checker reads, or of a message."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    while parent := getattr(node, "parent", None):
        if isinstance(parent, (ast.If, ast.Assign)) and "TYPE_CHECKING" in ast.unparse(parent).split("\n")[0]:
            return True
        if isinstance(parent, ast.AnnAssign) and node is parent.annotation:
            return True
        if isinstance(parent, ast.arg) or (isinstance(parent, ast.FunctionDef) and node is parent.returns):
            return True
        if isinstance(parent, (ast.JoinedStr, ast.FormattedValue)):
            return True
        node = parent
    return False


def _changes(node):  # noqa: C901, PLR0912 - a table
    """Yield functions that change a node's twin in place, and return what it reads like then."""
    match node:
        case ast.Compare(ops=ops):
            yield from (partial(_swap, index) for index in range(len(ops)))
        case ast.BoolOp():
            yield lambda twin: _set(twin, "op", SWAPS[type(twin.op)]())
        case ast.UnaryOp(op=ast.Not()):
            yield lambda twin: _replace(twin, twin.operand)
        case ast.Constant(value=bool()):
            yield lambda twin: _set(twin, "value", not twin.value)
        case ast.Constant(value=int()):
            yield lambda twin: _set(twin, "value", twin.value + 1)
        case ast.Return(value=value) if value is not None and not _is_empty(value):
            yield lambda twin: _set(twin, "value", ast.Constant(None))
        case ast.Expr(value=ast.Call(func=ast.Name(id="note"))) | ast.BinOp(left=ast.Attribute(attr="O_RDONLY")):
            # For who debugs; and a zero.
            return
        case ast.Raise() | ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            yield lambda twin: _replace(twin, ast.Pass())
        case ast.BinOp(op=ast.BitOr() | ast.BitAnd() | ast.Add() | ast.Sub() | ast.Div()):
            yield lambda twin: _replace(twin, twin.left)
            yield lambda twin: _replace(twin, twin.right)
        case ast.comprehension(ifs=[_, *_]):
            yield lambda twin: _set(twin, "ifs", [])
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            yield lambda twin: _set(twin, "func", ast.Name(CALLS[twin.func.id]))
        case ast.Call(func=ast.Attribute(attr="fullmatch")):
            yield lambda twin: _set(twin, "func", ast.Attribute(twin.func.value, "match"))
        case ast.Call(func=ast.Attribute(attr="lower" | "strip" | "rstrip")):
            yield lambda twin: _replace(twin, twin.func.value)
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if isinstance(test, TRUTHS):
            yield lambda twin: _set(twin, "test", ast.UnaryOp(ast.Not(), twin.test))


def _swap(index, twin):
    swaps = SWAPS | OPPOSITES if any(word in ast.unparse(twin) for word in CLOCK) else SWAPS
    twin.ops[index] = swaps[type(twin.ops[index])]()
    return ast.unparse(twin)


def _is_empty(node):
    """Say whether a value is as good as None to who asks for a truth."""
    return ast.unparse(node) in ("None", "False", "[]", "''")


def _set(twin, field, value):
    setattr(twin, field, value)
    return ast.unparse(ast.fix_missing_locations(twin))


def _replace(twin, new):
    """Put another node in the twin's place."""
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


def _short(text):
    """Return the first line, which tells enough."""
    return text.split("\n")[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("modules", metavar="MODULE", nargs="*", choices=[*TESTS, []], help=f"of {', '.join(TESTS)}")
    chosen = parser.parse_args().modules or [*TESTS]
    made = [mutant for module in chosen for mutant in mutants(module)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        survivors = [mutant for mutant, survives in zip(made, pool.map(Mutant.survives, made), strict=True) if survives]
    unexplained = [mutant.key for mutant in survivors if mutant.key not in SURVIVORS]
    stale = [key for key in SURVIVORS if key[0] in chosen and key not in [mutant.key for mutant in survivors]]
    for key in unexplained:
        print("survives:", *key, sep="  ")
    for key in stale:
        print("is noticed after all:", *key, sep="  ")
    print(
        f"{len(made)} mutants, {len(made) - len(survivors)} noticed, {len(survivors) - len(unexplained)} with a reason"
    )
    return 1 if unexplained or stale else 0


if __name__ == "__main__":
    sys.exit(main())
