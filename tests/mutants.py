"""Mutation tests of parser, matcher, resolver and cache: changes one thing at a time, and checks that a test fails.

``python tests/mutants.py [MODULE…]`` changes a copy of the sources, and runs the unit tests of the changed module.  Exits
with 1 if all tests pass with a change that is not ACCEPTED, or one fails with a change that is, or without any change.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from support.mutations import mutations

ROOT = Path(__file__).parents[1]
PACKAGE = "keyrings/codeartifact"
TIMEOUT = 120
# The unit tests of each module.
TESTS = {
    "index_url": ("test_index_url",),
    "config/keyringrc": ("config/test_keyringrc", "config/test_special_files"),
    "config/settings": (
        *("config/test_settings", "config/test_identity", "config/test_machine_identity", "config/test_token_files"),
        "config/test_expired_tokens",
    ),
    "config/options": ("config/test_options", "config/test_token_files"),
    "config/identity": ("config/test_identity", "config/test_token_files", "config/test_settings"),
    "config/environment": ("config/test_environment",),
    "cache/key": ("cache/test_key", "cache/test_key_external"),
    "cache/store": ("cache/test_store", "cache/test_store_marks"),
    "cache/folder": ("cache/test_folder", "cache/test_store"),
    "cache/singleflight": (
        "cache/test_singleflight",
        "cache/test_singleflight_lock",
        "cache/test_singleflight_throttled",
    ),
}
_HOST = "the pattern of the host has matched it before"
# Changes of regular expressions: a text that is in the module once, its replacement, and why no test can fail, if none can.
PATTERNS = {
    "index_url": (
        (r"[!-\[\]-~]+", "[!-~]+"),
        (r"[!-\[\]-~]+", r"[ -\[\]-~]+"),
        (r"[!-\[\]-~]+", r"[^\x00- \\]+"),
        ("{0,48}", "{0,49}"),
        ("[a-z0-9-]{0,48}[a-z0-9]", "[a-z0-9-]{1,49}"),
        ("[0-9]{12}", "[0-9]{12,13}"),
        ("[0-9]{12}", "[0-9]{11,12}"),
        ("{1,99}", "{0,99}"),
        ("{1,99}", "{1,100}"),
        ("[A-Za-z0-9][A-Za-z0-9._-]{1,99}", "[A-Za-z0-9._-]{2,100}"),
        ("-[0-9]{1,2}", "-[0-9]*"),
        ("{1,2}-[0-9]", "{1,3}-[0-9]"),
        ("[A-Za-z][A-Za-z0-9+.-]*) ://", "[A-Za-z0-9+.-]*) ://"),
        ("[A-Za-z0-9._~!$&'()*+,;=:%-]* @", "[^/]* @"),
        ("[A-Za-z0-9._~!$&'()*+,;=:%-]* @", "[A-Za-z0-9._~!$&'()*+,;=:%@-]* @"),
        ("[A-Za-z0-9._~!$&'()*+,;=:%-]* @", "[A-Za-z0-9._~!$&'()*+,;=:%?#-]* @"),
        ("(?P<host>[A-Za-z0-9.-]+)", "(?P<host>[A-Za-z0-9.-]+)[.]?", _HOST),
        (":[0-9]*)?", ":[0-9]*)?[0-9]*", _HOST),
        ("(?P<path>/[^?#]*)?", "(?P<path>.[^?#]*)?", "each form of URL has a slash after the host"),
        (r"(?: \.d\.codeartifact", r"(?: .d\.codeartifact"),
        (r"(?: \.d\.codeartifact", r"(?: (?:\.d)?\.codeartifact"),
        (r"(?P<region>{REGION})\.amazonaws\.com", r"(?P<region>{REGION})\.amazonaws.com"),
        (r"(?P<region>{REGION})\.amazonaws", r"(?P<region>{REGION}).amazonaws"),
        (r"\.on\.aws", r"\.on.aws"),
        (r"\.vpce\.amazonaws\.com", r"\.vpce\.amazonaws.com"),
        ("vpce-[a-z0-9-]{{1,58}}", "[a-z0-9-]{{1,63}}"),
        ("(?: /pypi/(?P<name>", "(?: /[a-z]+/(?P<name>"),
        ("(?P<tail>/.*)? | /? )", "(?P<tail>.*)? | /? )"),
        ("(?P<tail>/.*)? | /? )", "(?P<tail>/.*)? | /.* )"),
        (r"/pypi/d/(?P<domain>", r"/pypi/./(?P<domain>"),
        ("(?:/|%2f|%5c)(?:", "(?:/|%5c)(?:"),
        ("(?:/|%2f|%5c)(?:", "(?:/|%2f)(?:"),
        (r"(?:\.|%2e){2}", r"(?:\.){2}"),
        ("(?:/|%2f|%5c|;|$)", "(?:/|%2f|%5c|;)"),
        ("(?:/|%2f|%5c|;|$)", "(?:/|%2f|%5c|$)"),
        ("(?:/|%2f|%5c|;|$)", "(?:/|;|$)"),
        ("(?i)(?:/|", "(?:/|"),
        ("(?!https:) [a-z]", "[a-z]"),
        ("(?ix) (?!https:)", "(?x) (?!https:)"),
        (r"(?: [^/\\?\#]* @ )?", r"(?: [^/]* @ )?"),
        (" (?![a-z0-9.-])", ""),
    ),
    "config/keyringrc": (
        (r"{DEFAULTS}(?:\s+(?P<q", r"{DEFAULTS}.*(?:\s+(?P<q"),
        (r"\s*[^\s#;]", r"\s*[^\s#]"),
        (r"\s*[^\s#;]", r"\s*[^\s;]"),
        ("""[^\\s,="']+) =""", """[^=]+) =""", "a name with such characters is no qualifier's"),
        ('"(?P<double>[^"]*)"', '"(?P<double>.*)"'),
        (r"(?=[\s,]|$)", "", "what is left of the value is no qualifier"),
        (r"[\s,]*  # 2.x", r"\s*  # 2.x"),
    ),
    "config/options": (
        (r"[!-~]+", r"[ -~]+"),
        (r"[0-9]{1,9}(?:\.[0-9]{1,9})?", r"[0-9.]{1,9}"),
        (r'r"[0-9]{1,9}")', r'r"[0-9]+")'),
        ("iam::[0-9]{12}:role/", "iam::[0-9]+:role/"),
        ("(?!ACTIONS_)", ""),
        ("{1,255}", "{1,256}"),
        (r"{2,64}", "{1,64}"),
        (r"{2,64}", "{2,65}"),
        (r"{2,1224}", "{1,1224}"),
        (r"{2,1224}", "{2,1225}"),
        (r"http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])", "http://(?:[A-Za-z0-9.-]+|[[]::1[]])"),
        (r"127(?:\.[0-9]{1,3}){3}", r"127[0-9.]+"),
        (r"|127(?:\.[0-9]{1,3}){3}", ""),
        (r"|\[::1\]", ""),
    ),
    "config/environment": (
        ("(?i)[a-z]+://", "[a-z]+://"),
        ("(?:[^/@]*@)?(?P<base>", "(?P<base>"),
        ("(?:d/[^/]+/)?", ""),
        ("{0,63}", "{0,64}"),
        ("[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "[A-Za-z0-9._-]{1,64}"),
    ),
    "cache/key": (
        ("_|PWD|OLDPWD", "PWD|OLDPWD"),
        ("_|PWD|OLDPWD", "_|OLDPWD"),
        ("|OLDPWD|", "|"),
        ("|SHLVL|", "|"),
        ("PIP_.*", "PIP_"),
        ("UV_.*", "UV_"),
        ("PIP_.*|UV_.*", "P.*|U.*"),
    ),
}
# Why no test can fail: by module, function and kind of change; the number counts changes of that kind in the function.
_WINDOWS = "it matters on Windows only"
ACCEPTED = {
    ("config/keyringrc", "_open", "right operand 1"): "the flags are O_RDONLY, which is zero",
    ("config/keyringrc", "_open", "number 1"): _WINDOWS,
    ("config/settings", "_environment_layer", "truth 1"): "both have three fields",
    ("config/options", "_endpoint", "number 2"): "it stands for any valid port",
    (
        "config/identity",
        "(module)",
        "number 1",
    ): "one character more than a token and its line end is enough to refuse a file",
    ("config/environment", "_from_parts", "number 1"): "it is used if no region is set, whichever variable it is",
    ("cache/key", "_aws", "and/or 1"): "a file without the option names no token, parsed or not",
    ("cache/store", "entries", "filter 1"): "no key has a suffix, so other files yield no token",
    ("cache/store", "_write", "left operand 1"): "O_EXCL follows no link either",
    ("cache/store", "mark", "right operand 3"): "nothing is written to the file",
    ("cache/folder", "(module)", "left operand 1"): _WINDOWS,
    ("cache/folder", "(module)", "number 2"): _WINDOWS,
    ("cache/folder", "(module)", "number 3"): _WINDOWS,
    ("cache/folder", "_uid", "number 1"): _WINDOWS,
    ("cache/singleflight", "_wait", "right operand 2"): "as much time remains as the process has waited",
    ("cache/singleflight", "run", "statement 2"): "filelock releases a lock that nothing refers to",
}


class Mutant(NamedTuple):
    """A changed module: its name, the function, the kind of change, the change to show, the text, and if accepted why."""

    module: str
    function: str
    kind: str
    change: str
    text: str
    reason: str

    def __str__(self):
        return f"{self.module}  {self.function}  {self.kind}: {self.change}"

    def survives(self):
        """Return whether all tests of the module pass with the change."""
        return _pass(self.module, self.text)


def _mutants(module):
    """Yield all mutants of a module."""
    source = _path(ROOT / "src", module).read_text()
    for before, after, *reason in PATTERNS.get(module, ()):
        if source.count(before) != 1:
            raise ValueError(f"{module} has {before!r} {source.count(before)} times")
        yield Mutant(
            module, "(module)", "pattern", f"{before} -> {after}", source.replace(before, after), *reason or [""]
        )
    for mutation in mutations(source):
        yield Mutant(module, *mutation, ACCEPTED.get((module, mutation.function, mutation.kind), ""))


def _pass(module, text=None):
    """Return whether the tests of a module pass, in a copy of the sources where it has this ``text``."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "src", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        if text is not None:
            _path(folder, module).write_text(text)
        tests = [ROOT / "tests" / "unit" / f"{name}.py" for name in TESTS[module]]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
        # Importing pytest's plugins, which these tests do not use, takes longer than the tests.
        switches = {"PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        environ = os.environ | switches | {"PYTHONPATH": folder}
        try:
            done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def _path(folder, module):
    return Path(folder) / PACKAGE / f"{module}.py"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("modules", metavar="MODULE", nargs="*", choices=[*TESTS, []], help=f"of {', '.join(TESTS)}")
    chosen = parser.parse_args().modules or [*TESTS]
    if broken := [module for module in chosen if not _pass(module)]:
        print("tests fail without a change:", ", ".join(broken))
        return 1
    mutants = [mutant for module in chosen for mutant in _mutants(module)]
    known = {(mutant.module, mutant.function, mutant.kind) for mutant in mutants}
    unknown = [key for key in ACCEPTED if key[0] in chosen and key not in known]
    for key in unknown:
        print("accepted, but there is no such change:", *key, sep="  ")
    surviving, failures = 0, len(unknown)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for mutant, survives in zip(mutants, pool.map(Mutant.survives, mutants), strict=True):
            surviving += survives
            if survives != bool(mutant.reason):
                failures += 1
                print("not noticed:" if survives else "accepted, but noticed:", mutant, flush=True)
    print(f"{len(mutants)} mutants, {len(mutants) - surviving} noticed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
