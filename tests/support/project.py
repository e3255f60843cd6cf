"""Paths of the project and its tools, and the time limit of a command."""

import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 120
SCRIPTS = Path(sysconfig.get_path("scripts"))
UV = SCRIPTS / "uv"
# Programs that tests run in a process of their own.
BY_NAME, TAMPERED = (ROOT / "tests" / "support" / f"{name}.py" for name in ("by_name", "tampered"))
