"""How does ``codeartifact-keyring`` start and end?  Without a look at garbage, which takes longer than the answer."""

from __future__ import annotations

import gc


def main() -> int:
    """Run the command; return its exit code."""
    gc.disable()
    try:
        # Here and not above: to import it is most of what there is to do.
        from .keyring_get import main as answer

        return answer()
    except KeyboardInterrupt:
        from keyrings.codeartifact.errors import INTERRUPTED

        return INTERRUPTED
    finally:
        # Nor is there a look when Python ends.
        gc.freeze()
