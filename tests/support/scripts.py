"""Small executable scripts that take the place of programs on PATH."""

import os


def script(folder, name, *lines, interpreter="/bin/sh"):
    """Write the script ``name`` into ``folder``, which is created, and return its path."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join((f"#!{interpreter}", *lines, "")))
    os.chmod(path, 0o755)
    return path
