"""Standard output and the exit code of a command."""

from __future__ import annotations

import os
import sys

from keyrings.codeartifact._util import documentation, process
from keyrings.codeartifact._util.log import print_error
from keyrings.codeartifact.errors import CodeArtifactError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class OutputError(Exception):
    """Standard output cannot be written."""


def write(*lines: str) -> None:
    """Print ``lines`` on standard output at once; raise OutputError if that is impossible.

    ``print`` does nothing if standard output is closed, and reports other errors when Python ends.
    """
    if sys.stdout is None:
        raise OutputError("it is closed; open it")
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        # A reader that closes its pipe, such as `head`, has read enough.
        raise OutputError from None
    except OSError as error:
        raise OutputError(f"{error.strerror}; free space, or redirect it") from None


def versions(program: str) -> str:
    """Return the versions of this package, of Python and of botocore, after the name of the ``program``."""
    import platform
    from importlib.metadata import version

    package, botocore = (version(name) for name in ("keyrings.codeartifact", "botocore"))
    return f"{program} {package} (Python {platform.python_version()}, botocore {botocore})"


def run(program: str, command: Callable[[], int | None], *, is_page_shown: bool = False) -> int | None:
    """Return the exit code of ``command``, having printed its error as ``program``; Ctrl-C ends the process.

    With ``is_page_shown`` the address of the page that explains the error follows.
    """
    process.own()
    try:
        return command()
    except CodeArtifactError as error:
        print_error(f"{program}: error: {error.report()}")
        if is_page_shown:
            print_error(documentation.message(error.code))
        return error.exit_code
    except KeyboardInterrupt:
        return end_by_interrupt()
    except OutputError as error:
        if error.args:
            print_error(f"{program}: error: cannot write to standard output: {error}")
        if sys.stdout:
            # Python flushes again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CodeArtifactError.exit_code


def end_by_interrupt() -> int:
    """End by SIGINT, as shells expect it of an interrupted command; return 130 where that is impossible."""
    import signal

    if os.name != "nt":
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    return 128 + signal.SIGINT
