"""The unpacking of the bundle."""

import os

from support.bundle import load

create = load("create")


def test_compiling_ahead_is_optional(tmp_path, monkeypatch):
    """Where no process can be started, the first request takes longer."""

    def fork():
        raise OSError

    monkeypatch.setattr(os, "fork", fork, raising=False)
    create.compile_ahead(str(tmp_path))
    monkeypatch.delattr(os, "fork")
    create.compile_ahead(str(tmp_path))
