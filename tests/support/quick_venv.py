"""A Python whose `python -m venv` copies a pip instead of installing one, which takes longer than all else that a job does.

The copy is of what ensurepip installs.  `test_past_what_the_job_has_set` of the action makes its environment with ensurepip.
"""

import subprocess
import sys
from pathlib import Path

from support.project import PATIENCE

# In site-packages of the Python, read at each start.
_HOOK = r"""
import sys

if "venv" in sys.orig_argv:
    import os, shutil, sysconfig, venv

    def copy(_, context):
        scheme = {{"base": context.env_dir, "platbase": context.env_dir}}
        shutil.copytree({packages!r}, sysconfig.get_path("purelib", "posix_prefix", scheme), dirs_exist_ok=True)
        with open(os.path.join(context.bin_path, "pip"), "w") as file:
            file.write(f"#!{{context.env_exe}}\nfrom pip._internal.cli.main import main\nraise SystemExit(main())\n")
            os.chmod(file.fileno(), 0o755)

    venv.EnvBuilder._setup_pip = copy
"""


def add_quick_venv(python, template):
    """Make `python -m venv` of this environment's Python copy the packages of the environment ``template``."""
    [site] = (python.parents[1] / "lib").glob("python*/site-packages")
    [packages] = (template / "lib").glob("python*/site-packages")
    (site / "quick_venv.py").write_text(_HOOK.format(packages=str(packages)))
    (site / "quick_venv.pth").write_text("import quick_venv\n")


def make_template(path):
    """Make an environment as ensurepip does, with compiled modules."""
    subprocess.run([sys.executable, "-m", "venv", Path(path)], check=True, timeout=PATIENCE)
