"""The suite stands on the fixtures that users get."""

import os

pytest_plugins = ["keyrings.codeartifact.pytest_plugin"]
# They are about owners and modes of files, named pipes, a home that HOME names: Windows has none of them.
POSIX = ("cache", "fingerprint", "settings", "sources", "wiring")
collect_ignore = [f"unit/test_{name}.py" for name in POSIX] if os.name == "nt" else []
