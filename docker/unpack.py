"""Unpack the bundle for all users of a system: unpack.py BUNDLE FOLDER."""

import compileall
import os
import py_compile
import sys


def main(bundle: str, folder: str) -> None:
    """Unpack ``bundle`` into ``folder``, which must not exist, and write the commands to FOLDER/commands."""
    sys.path.insert(0, bundle)
    from create import extract, read

    packages = os.path.join(folder, "packages")
    extract(read(bundle), packages)
    sys.path[0] = packages
    from keyrings.codeartifact.clients.commands import folder_of_bundle

    commands = folder_of_bundle()
    if commands is None:
        sys.exit(f"unpack.py: error: {folder} is not an unpacked bundle, or is not writable")
    # Written for one user only.
    for path in (commands, *(entry.path for entry in os.scandir(commands))):
        os.chmod(path, 0o755)  # noqa: S103 - contains no secrets
    os.symlink(os.path.basename(commands), os.path.join(folder, "commands"))
    # Unchecked, as layers do not keep exact times.
    compileall.compile_dir(folder, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)


if __name__ == "__main__":
    main(*sys.argv[1:])
