"""How often a function is called, and a file opened."""

import builtins
import os


class Calls:
    """Counts the calls of a function by their first argument, while it is called as before."""

    def __init__(self, monkeypatch, owner, name):
        self.arguments = []
        self._function = getattr(owner, name)
        monkeypatch.setattr(owner, name, self._call)

    def _call(self, *arguments, **options):
        self.arguments.append(arguments[0])
        return self._function(*arguments, **options)


class Opened:
    """Counts how often a file is opened: by ``open``, which may call ``os.open`` for it, or by ``os.open`` itself."""

    def __init__(self, monkeypatch):
        self.paths = []
        self._depth = 0
        self._open, self._os_open = builtins.open, os.open
        monkeypatch.setattr(builtins, "open", lambda *args, **options: self._count(self._open, *args, **options))
        monkeypatch.setattr(os, "open", lambda *args, **options: self._count(self._os_open, *args, **options))

    def _count(self, function, path, *arguments, **options):
        if not self._depth:
            self.paths.append(str(path))
        self._depth += 1
        try:
            return function(path, *arguments, **options)
        finally:
            self._depth -= 1

    def count(self, path):
        return self.paths.count(str(path))
