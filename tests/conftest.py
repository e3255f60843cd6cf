"""Nothing of this machine's own AWS settings reaches the tests."""

from keyrings.codeartifact.commands.emulator import require_emulator

require_emulator()
