"""Folders that are made once, for all workers of a run and for later runs."""

import hashlib
import shutil

from filelock import FileLock

from support.project import ROOT

PATIENCE = 600


def shared_folder(path, key, make):
    """Return ``path``, after ``make(path)`` unless another worker or an earlier run has made it for the same key.

    Its mark is written last: a folder that is only half made has none, and is made again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = path / ".made-for"
    with FileLock(f"{path}.lock", timeout=PATIENCE):
        if not mark.exists() or mark.read_text() != key:
            shutil.rmtree(path, ignore_errors=True)
            make(path)
            mark.write_text(key)
    return path


def digest(*contents):
    """Return a hash of these texts, or contents of these files, and of the pins that all tests run with."""
    found = hashlib.sha256((ROOT / "tests" / "requirements.txt").read_bytes())
    for content in contents:
        data = content.encode() if isinstance(content, str) else content.read_bytes()
        found.update(hashlib.sha256(data).digest())
    return found.hexdigest()
