"""The command ``codeartifact-keyring``: the command line of ``keyring``, without loading keyring for CodeArtifact."""

import gc


def main() -> int:
    """Run the command, or ``keyring`` itself with the same command line; return the exit code."""
    # A garbage collection takes longer than a cached lookup, also the one when Python ends.
    gc.disable()
    try:
        # Imported lazily: in the time that the collector is off.
        from .keyring_get import main as get
        from .output import run

        code = run("codeartifact-keyring", get)
        if code is not None:
            return code
        gc.enable()
        from keyring import cli

        return cli.main() or 0
    except KeyboardInterrupt:
        from .output import end_by_interrupt

        return end_by_interrupt()
    finally:
        gc.freeze()
