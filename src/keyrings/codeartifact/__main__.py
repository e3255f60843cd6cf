"""``python -m keyrings.codeartifact`` is ``keyrings-codeartifact``."""

from .cli.main import main

raise SystemExit(main())
