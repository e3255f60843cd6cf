"""Where may a secret be found?  Made-up secrets in the shapes of real ones, and a search that knows their disguises."""

import random
import string
from base64 import b64encode
from urllib.parse import quote

# A piece that has this many characters cannot be there by chance; one of twice as many holds at least one of them.
PIECE = 12
_LETTERS = string.ascii_letters + string.digits
_MOST_SHOWN = 60


def made_up(name, length, alphabet=_LETTERS):
    """Return a text in the shape of a secret, always the same for a name, with a sign of every kind in it."""
    chance = random.Random(name)
    signs = [*alphabet.replace(_LETTERS, ""), *"aZ7"]
    text = [*signs, *chance.choices(alphabet, k=length - len(signs))]
    chance.shuffle(text)
    return "".join(text)


class Secrets:
    """All secrets there are, by name; ``tokens`` are those that may be an answer."""

    def __init__(self):
        self._names = {}
        self._pieces = {}
        self.tokens = set()

    def add(self, name, text, *, is_token=False):
        """Take a secret in; return it."""
        if is_token:
            self.tokens.add(text)
        if text not in self._names:
            self._names[text] = name
            for form in _forms(text):
                for start in range(0, len(form) - PIECE + 1, PIECE):
                    self._pieces[form[start : start + PIECE]] = text
        return text

    def key(self, name):
        """Return a new secret access key."""
        return self.add(name, made_up(name, 40, f"{_LETTERS}/+"))

    def session_token(self, name):
        return self.add(name, made_up(name, 360, f"{_LETTERS}/+="))

    def password(self, name):
        return self.add(name, made_up(name, 32))

    def token(self, name):
        return self.add(name, made_up(name, 600, f"{_LETTERS}-_"), is_token=True)

    def all(self):
        return set(self._names)

    def find(self, data, *, but=()):
        """Return what is found of secrets in these bytes: their names and what stands there, none twice."""
        text = data.decode("latin-1").lower()
        found = {text[at : at + PIECE] for at in range(len(text) - PIECE + 1)} & self._pieces.keys()
        secrets = {self._pieces[piece]: piece for piece in sorted(found)}
        return [
            f"{self._names[secret]}: …{text[max(0, (at := text.index(piece)) - 40) : at + _MOST_SHOWN]}…"
            for secret, piece in secrets.items()
            if secret not in but
        ]


def _forms(text):
    """Yield a secret as it is, quoted, and in the base64 of any text that it is in, all of it in small letters."""
    for form in {text, quote(text, safe=""), quote(quote(text, safe=""), safe=""), text.encode().hex()}:
        yield form.lower()
    for before in range(3):
        encoded = b64encode(b"\0" * before + text.encode()).decode()
        inner = encoded[4 if before else 0 :].rstrip("=")[:-1].lower()
        yield from {inner, inner.replace("+", "-").replace("/", "_")}


# In an environment's .pth file: tells of each process that begins, and of each that it starts.
WATCH = r"""
import json, os, sys

WATCH = os.environ.get("LEAK_WATCH")


def text(value):
    if isinstance(value, dict) or hasattr(value, "items"):
        return {text(key): text(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [text(one) for one in value]
    return value if value is None else os.fsdecode(value) if isinstance(value, (bytes, str, os.PathLike)) else repr(value)


def note(arguments, environ):
    line = json.dumps({"pid": os.getpid(), "arguments": text(arguments), "environ": text(environ)}).encode() + b"\n"
    file = os.open(WATCH, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line)
    os.close(file)


def hear(event, given):
    if event == "subprocess.Popen":
        note([given[0], given[1]], dict(os.environ) if given[3] is None else given[3])
    elif event in ("os.exec", "os.posix_spawn"):
        note([given[0], given[1]], given[2])
    elif event == "os.system":
        note(given[0], dict(os.environ))


def watch(arguments):
    note(arguments, dict(os.environ))
    sys.addaudithook(hear)


if WATCH:
    with open("/proc/self/cmdline", "rb") as file:
        watch(file.read().split(b"\0"))
if os.environ.get("LEAK_LOG"):
    import logging

    logging.basicConfig(level=1, format="%(name)s %(message)s %(args)r")
"""
# The same for a fork, which has read that file already.
WATCH_FORK = """
import logging, os
import leak_watch

leak_watch.WATCH = os.environ["LEAK_WATCH"]
# As /proc tells arguments, an empty text comes last.
leak_watch.watch([*command, ""])
logging.basicConfig(level=1, format="%(name)s %(message)s %(args)r")
"""
