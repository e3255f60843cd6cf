"""How does a step speak to GitHub's runner?

By lines on standard output and in files.  Source: GitHub Docs, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from keyrings.codeartifact.errors import ConfigurationError, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

ENV, OUTPUT, PATH, SUMMARY = "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"
_TITLE = "keyrings.codeartifact"
# By which the runner knows a command: at a line's begin, and (as it once was) anywhere in a line.
_COMMAND = re.compile(r"\A\s*::|##\[")


def say(line: str) -> None:
    """Print ``line`` into the log, as nothing but a line of it."""
    print(_COMMAND.sub(lambda match: " ".join(match[0]), line), flush=True)


def annotate(level: str, text: str) -> None:
    """Show ``text`` on the run's page; ``level`` is ``error``, ``warning`` or ``notice``."""
    print(f"::{level} title={_TITLE}::{_escaped(printable(text))}", flush=True)


def mask(secret: str) -> None:
    """Have the runner show ``secret`` nowhere in the log from now on."""
    print(f"::add-mask::{_escaped(secret)}", flush=True)


def summarize(headline: str, lines: list[str]) -> None:
    """Add to the job's summary, as plain text; where there is none, nothing happens."""
    if not os.environ.get(SUMMARY):
        return
    # Longer than any fence within.
    fence = "`" * (3 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0))
    _append(SUMMARY, "\n".join((f"### {_TITLE}: {headline}", "", f"{fence}text", *lines, fence, "")))


def hand_on(variable: str, values: Mapping[str, str]) -> None:
    """Hand ``values`` on to the later steps, in the file that ``variable`` names: ENV or OUTPUT."""
    for name, value in values.items():
        if re.search(r"[\r\n]", value):
            raise ConfigurationError(f"{name} would have a line break in it", "see where it comes from")
    _append(variable, "".join(f"{name}={value}\n" for name, value in values.items()))


def prepend_path(folder: str) -> None:
    """Have the later steps find commands in ``folder`` first."""
    _append(PATH, f"{folder}\n")


def _append(variable: str, text: str) -> None:
    path = os.environ.get(variable)
    if not path:
        raise ConfigurationError(f"{variable} is not set", "run this as a step of GitHub Actions")
    try:
        with open(path, "a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise ConfigurationError(
            f"{variable} names {path}, which cannot be written ({error.strerror})", "let this user write it"
        ) from None


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
