"""Run ``codeartifact-keyring`` in a process whose every step in the cache's folder is watched, and tampered with.

``python tampered.py JSON ARGUMENT…``; of the JSON object all is optional:

``folder``   the cache's
``kill``     the step before which the process is killed, as by SIGKILL; the first one is 1
``plant``    what is put in the place of a file just before it is first opened there: [its suffix, KIND, VICTIM]
``clock``    by how many seconds the clock is ahead, at first and behind each of the moments in ``jumps``
``jumps``    the numbers of the looks at the clock behind which it jumps, each by the next of ``clock``
"""

import json
import os
import signal
import sys
import time

# What Python tells of, when it changes something: PEP 578's table of audit events.
_STEPS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.utime", "os.chmod", "os.truncate")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_PLANTS = {
    "symlink": os.symlink,
    "dangling": lambda victim, path: os.symlink(victim + ".gone", path),
    "hard link": os.link,
    "fifo": lambda _, path: os.mkfifo(path, 0o600),
    "folder": lambda _, path: os.makedirs(os.path.join(path, "full")),
}


def _watch(folder, kill, plant):
    steps, planted = 0, []

    def hook(event, arguments):
        nonlocal steps
        if event not in _STEPS:
            return
        path = arguments[0]
        # A number is the descriptor of a file that was opened before: here those are the cache's.
        if not isinstance(path, int) and not os.fsdecode(path).startswith(folder):
            return
        if plant and event == "open" and not planted and str(path).endswith(plant[0]):
            planted.append(path)
            if os.path.lexists(path):
                os.unlink(path)
            _PLANTS[plant[1]](plant[2], path)
        # To look changes nothing.
        if event == "open" and not isinstance(path, int) and not arguments[2] & _WRITING:
            return
        steps += 1
        if steps == kill:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _set_clock(clock, jumps):
    real, looks = time.time, 0

    def now():
        nonlocal looks
        looks += 1
        return real() + clock[sum(looks > jump for jump in jumps)]

    time.time = now


def _main(told, *arguments):
    from keyrings.codeartifact.cli.keyring import main

    sys.argv[1:] = arguments
    told = json.loads(told)
    if "clock" in told:
        _set_clock(told["clock"], told.get("jumps", ()))
    _watch(told.get("folder", "/nowhere"), told.get("kill", 0), told.get("plant"))
    return main()


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
