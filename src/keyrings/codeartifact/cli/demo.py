"""Publish and install a package on the emulator, with pip, twine and uv.

Examples:
    keyrings-codeartifact demo
"""

from __future__ import annotations

import gc
import signal
import sys
import time
from typing import TYPE_CHECKING

from .output import write
from .terminal import GREEN, RED, Terminal, add_color, with_progress

if TYPE_CHECKING:
    import argparse

    from keyrings.codeartifact.emulator.demo import Step


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_color(parser)


def run(options: argparse.Namespace) -> int:
    """Run all steps; return 0.  Raises CodeArtifactError at the first step that fails."""
    from keyrings.codeartifact.emulator.process import ENDING_SIGNALS, require_emulator

    # `main` has turned it off for short commands.
    gc.enable()
    require_emulator()
    from keyrings.codeartifact.emulator import demo

    # As an exception, so that the demo deletes its files.
    for ending in ENDING_SIGNALS:
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    began = time.monotonic()
    terminal = Terminal(options.color)
    with demo.steps() as steps:
        for number, step in enumerate(steps, 1):
            write(*terminal.heading(f"{number}/{len(steps)} {step.title}"))
            _run_step(step, terminal)
    write(f"Done in {time.monotonic() - began:.1f} s; all files are deleted.")
    return 0


def _run_step(step: Step, terminal: Terminal) -> None:
    """Run a step and print its lines, then how long it took, or that it failed."""
    began = time.monotonic()
    style, outcome = RED, "interrupted after"
    try:
        for line in with_progress(step.run(), step.title):
            for part in terminal.wrapped(line, "    "):
                write(part)
        style, outcome = GREEN, "ok"
    except Exception as error:
        for line in getattr(error, "output", "").splitlines():
            write(f"    | {line}")
        outcome = "failed after"
        raise
    finally:
        write(f"    {terminal.styled(style, outcome)} {time.monotonic() - began:.1f} s")
