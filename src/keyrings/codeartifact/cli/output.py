"""Standard output and the exit code of a command."""

from __future__ import annotations

import os
import sys

from keyrings.codeartifact._util.log import print_error
from keyrings.codeartifact.errors import CodeArtifactError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Code = TypeVar("Code", int, "int | None")


def write(*lines: str) -> None:
    """Print ``lines`` on standard output; raise OSError if it is closed, where ``print`` would do nothing."""
    if sys.stdout is None:
        import errno

        raise OSError(errno.EBADF, "standard output is closed")
    for line in lines:
        print(line)


def run(program: str, command: Callable[[], Code]) -> Code | int:
    """Return the exit code of ``command``, having printed its error as ``program``; Ctrl-C ends the process."""
    try:
        code = command()
        if sys.stdout:
            sys.stdout.flush()
    except CodeArtifactError as error:
        print_error(f"{program}: error: {error.report()}")
        return error.exit_code
    except KeyboardInterrupt:
        return _end_by_interrupt()
    except OSError as error:
        # A reader that closes its pipe, such as `head`, has read enough.
        if not isinstance(error, BrokenPipeError):
            print_error(f"{program}: error: cannot write to standard output ({error.strerror}); free space, or open it")
        if sys.stdout:
            # Python flushes again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CodeArtifactError.exit_code
    return code


def _end_by_interrupt() -> int:
    """End by SIGINT, as shells expect it of an interrupted command; return 130 where that is impossible."""
    import signal

    if os.name != "nt":
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    return 128 + signal.SIGINT
