"""What changes the process: only in one that runs a single command."""

import subprocess
import sys

import pytest

from keyrings.codeartifact._util.process import Environment


@pytest.mark.parametrize(("is_own", "count"), [(True, 1), (False, 2)])
def test_warnings_are_ignored_in_own_processes_only(is_own, count):
    script = (
        "import warnings; from keyrings.codeartifact._util import process\n"
        f"{'process.own()' if is_own else ''}\nbefore = list(warnings.filters)\n"
        "process.ignore_warnings('System time')\nassert (warnings.filters == before) is not process._is_own\n"
        "warnings.simplefilter('always', append=True)\n"
        "warnings.warn('System time is off')\nwarnings.warn('another')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.count("UserWarning") == count


def test_a_repr_shows_no_variable():
    environ = Environment({"AWS_SECRET_ACCESS_KEY": "MARKED"})
    assert repr([environ]) == "[<environment>]"
    assert dict(environ) == {"AWS_SECRET_ACCESS_KEY": "MARKED"}
