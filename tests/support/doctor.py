"""The checks that `doctor --json` printed."""


def found(checks, name):
    """Return status, message and remedy of each check of this name."""
    return [(check["status"], check["message"], check["remedy"]) for check in checks if check["check"] == name]
