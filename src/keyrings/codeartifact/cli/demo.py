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

from . import terminal
from .output import write

if TYPE_CHECKING:
    import argparse

    from keyrings.codeartifact.emulator.demo import Step


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no options."""


def run(_: argparse.Namespace) -> int:
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
    with demo.steps() as steps:
        for number, step in enumerate(steps, 1):
            write(terminal.bold(f"{number}/{len(steps)} {step.title}"))
            _run_step(step)
    write(f"Done in {time.monotonic() - began:.1f} s; all files are deleted.")
    return 0


def _run_step(step: Step) -> None:
    """Run a step and print its lines, then how long it took, or that it failed."""
    began = time.monotonic()
    style, outcome = "red", "interrupted after"
    try:
        for line in step.run():
            write(f"    {line}")
        style, outcome = "green", "ok"
    except Exception as error:
        for line in getattr(error, "output", "").splitlines():
            write(f"    | {line}")
        outcome = "failed after"
        raise
    finally:
        write(f"    {terminal.coloured(style, outcome)} {time.monotonic() - began:.1f} s")
