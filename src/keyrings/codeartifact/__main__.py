"""``python -m keyrings.codeartifact`` is ``keyrings-codeartifact``."""

from .cli import main

raise SystemExit(main())
