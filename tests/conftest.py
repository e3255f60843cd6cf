"""The fixtures that users get, for every test of the suite."""

import functools
import gc
import os

import pytest

# Their failures show the values that they compare, as those of tests do.
pytest.register_assert_rewrite("support")

pytest_plugins = ["keyrings.codeartifact.pytest_plugin"]
DOCKER = "tests/docker/"
# Tests of owners and modes of files, named pipes, forks, signals, and a home that HOME names, which Windows does not have.
POSIX = (
    *("_util/test_lazy_imports", "bundle/test_main", "cli/test_exec", "cli/test_output_processes"),
    *("cache/test_folder", "cache/test_key", "cache/test_key_external"),
    *("cache/test_singleflight", "cache/test_singleflight_lock", "cache/test_singleflight_throttled"),
    *("cache/test_store", "cache/test_store_marks"),
    *("ci/test_setup", "clients/test_environment", "clients/test_programs"),
    *("config/test_identity", "config/test_keyringrc", "config/test_machine_identity", "config/test_options"),
    *("config/test_settings", "config/test_special_files", "config/test_token_files"),
)
collect_ignore = [f"unit/{name}.py" for name in POSIX] if os.name == "nt" else []


@pytest.fixture(scope="session", autouse=True)
def parsed_once():
    """What each session of botocore parses again, the files that describe services, takes longer than its request."""
    from botocore.loaders import JSONFileLoader

    with pytest.MonkeyPatch.context() as patch:
        load = functools.cache(JSONFileLoader().load_file)
        patch.setattr(JSONFileLoader, "load_file", lambda _, path: load(path))
        yield


def pytest_collection_finish():
    """Garbage collection does not look at thousands of tests and at moto again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Two workers a core: tests of faults, crowds and containers wait most of their time."""
    return (os.cpu_count() or 1) * 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each file to one worker, and all that stands on Docker to the same one: it builds and starts that once."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid):
            scope = super()._split_scope(nodeid)
            return DOCKER if scope.startswith(DOCKER) else scope

    return ByFile(config, log)
