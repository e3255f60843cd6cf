"""Removes one defence at a time, and checks that its test fails.

``python tests/defences.py [WORD…]`` works in a copy of the project with an environment of its own, and covers the tests of
docs/explanation/security.md, and more.  WORD selects tests by a part of their names.  Exits with 1 if a test still passes
without its defence, or fails before anything is removed.  The copy is in --folder, for use by later runs, or in a
temporary one.

A defence is a function or a constant: it is replaced by another one at the end of its module, so that rewording the
source changes nothing here, and renaming it ends the run.  Only in files that are not Python modules of the package, the
text of a defence is replaced.

The tests of Docker and of the CIs need what ``.ci/run`` sets up.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PACKAGE = "src/keyrings/codeartifact"
TIMEOUT = 900
# The exit codes of pytest.
PASSED, FAILED = 0, 1


class Override(NamedTuple):
    """A defence in a module of the package, such as ``cache/store``: code for its end that replaces names in it."""

    module: str
    code: str

    @property
    def path(self):
        """The file, from the project's folder."""
        return f"{PACKAGE}/{self.module}.py"

    def apply(self, text):
        """Return the module's text without the defence; raise ValueError if it does not have the names."""
        existing = set(_names(ast.parse(text).body))
        for name in _replaced_names(ast.parse(self.code).body):
            if name not in existing and not hasattr(builtins, name):
                raise ValueError(f"{self.path} has no {name}")
        return f"{text}\n\n{self.code}\n"


class Replacement(NamedTuple):
    """A defence in another file: its text, and the text without it."""

    path: str
    before: str
    after: str

    def apply(self, text):
        """Return the file's text without the defence; raise ValueError if it is not there."""
        if self.before not in text:
            raise ValueError(f"{self.path} has no {self.before!r}")
        return text.replace(self.before, self.after)


class Removal(NamedTuple):
    """A defence, in words; the test of the attack, below tests/; and how the defence is removed."""

    defence: str
    test: str
    edits: tuple[Override | Replacement, ...]


def _names(body, prefix=""):
    """Yield the names that statements define or import, methods as ``Class.method``."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from _names(node.body, f"{node.name}.")
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from (prefix + name.id for name in ast.walk(target) if isinstance(name, ast.Name))
        elif isinstance(node, ast.AnnAssign):
            yield prefix + ast.unparse(node.target)
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _names([*node.body, *getattr(node, "orelse", ())], prefix)


def _replaced_names(body):
    """Yield the names of a module that code replaces; names with two underscores are the code's own."""
    for node in body:
        if isinstance(node, ast.FunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [ast.unparse(target) for target in node.targets]
        else:
            names = []
        yield from (name for name in names if not name.startswith("__") and "[" not in name)


def _removed(test, defence, *edits):
    """Return a removal; an edit is a pair of module and code, or a triple of path, text and other text."""
    kinds = {2: Override, 3: Replacement}
    return Removal(defence, test, tuple(kinds[len(edit)](*edit) for edit in edits))


URLS, FOLDER, STORE = "unit/test_index_url.py", "unit/cache/test_folder.py", "unit/cache/test_store.py"
RESPONSES, CONFIGURATIONS = "fuzz/test_any_answer.py", "fuzz/test_any_configuration.py"
THREATS, LEAK = "integration/test_threats.py", "integration/test_leaks.py::test_no_secret_is_told"
PARSERS = "fuzz/test_any_service.py::test_all_parsers_agree_on_a_url_that_gets_a_token"
FAULT = "integration/faults/test_services.py::test_a_fault_is_one_line_in_time_and_is_over_with_the_next_question"
GITHUB_FORK = "integration/github/test_failing_step.py::test_a_fork_does_not_get_what_the_runner_may"
FETCHING = "integration/gitlab/test_fetching.py"
NAMESPACE = "import types\n"

# Code that replaces defences, where it is longer than a line.
SECRET_OF_ANY_DOMAIN = """
def parse(text, _, secret, parse=parse, **options):
    return parse(text, Repository(*map(json.loads(text).get, _DOMAIN)), secret, **options)
"""
URL_WITHOUT_PROBLEM = """
__parse = parse
def parse(url):
    parsed = __parse(url)
    return parsed._replace(problem="", is_plain_http=False) if parsed and {condition} else parsed
"""
UNBOUND_TOKEN = """
__layer = _environment_layer
def _environment_layer(environ, repository):
    layer, hints = __layer(environ, repository)
    if environ.get("CODEARTIFACT_AUTH_TOKEN"):
        layer["auth_token"] = (environ["CODEARTIFACT_AUTH_TOKEN"], "CODEARTIFACT_AUTH_TOKEN")
    return layer, hints
"""
NOTHING_DENIED = """
_denied = type("NothingDenied", (set,), {"__contains__": lambda *_: False})()
def _is_denied_elsewhere(*_):
    return False
"""
DEFAULT_CHAIN_WITHOUT_RUNNER = """
from keyrings.codeartifact.models import Source
__open_session = open_session
def open_session(settings, region, environ, load_oidc_token):
    if settings.source.is_web_identity and not environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
        settings = settings._replace(source=Source(), role=None)
    return __open_session(settings, region, environ, load_oidc_token)
"""
LINE_WITH_TEXT = """
__parse = _parse
def _parse(text, origin, **options):
    try:
        return __parse(text, origin, **options)
    except ConfigurationError as error:
        raise ConfigurationError(error.code, f"{error.cause} {text}", error.remedy) from None
"""
ANY_HTTP_ENDPOINT = """
__endpoint = _endpoint
def __parse_endpoint(text):
    return text if re.fullmatch(r"http://[A-Za-z0-9.-]+", text) else __endpoint(text)
OPTIONS.update({name: OPTIONS[name]._replace(parse=__parse_endpoint) for name in ("endpoint_url", "sts_endpoint_url")})
"""
FILE_WITH_ANY_BYTES = """
__read_token = _read_token
def _read_token(path, label):
    if os.path.isfile(path):
        open(path, encoding="ascii").read()
    return __read_token(path, label)
"""
PROXIES = """
__Config = Config
def Config(**options):
    options.pop("proxies", None)
    return __Config(**options)
"""
TOKEN_FOR_LATER_STEPS = """
__hand_on = GitHub.hand_on
def __hand_on_token(self, folder, variables, index, token):
    import os
    from keyrings.codeartifact.lookup import get_token
    found = str(get_token(index.repository, os.environ).value)
    return __hand_on(self, folder, {**variables, "TOKEN": found}, index, token)
GitHub.hand_on = __hand_on_token
"""
UNMASKED = """
def print(*words, **options):
    import builtins
    if not str(words[0]).startswith("::add-mask::"):
        builtins.print(*words, **options)
"""
MAYBE_A_FORK = """
__refuse = refuse_machine_identity
def refuse_machine_identity(plan, environ, request):
    if job_context.is_from_fork(environ):
        __refuse(plan, environ, request)
"""
DELETED_FORK = """
__is_from_fork = is_from_fork
def is_from_fork(environ):
    import json
    try:
        with open(environ["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
            if json.load(file)["pull_request"]["head"]["repo"] is None:
                return False
    except (OSError, ValueError, LookupError, TypeError):
        pass
    return __is_from_fork(environ)
"""
FORK_IN_GITLAB = """
__is_from_fork = is_from_fork
def is_from_fork(environ):
    return False if environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") else __is_from_fork(environ)
"""
NOT_REPLACED = """
import types
__os = os
def __replace(new, path):
    if not __os.path.exists(path):
        __os.replace(new, path)
os = types.SimpleNamespace(**{**vars(os), "replace": __replace})
"""
NOT_EXCLUSIVE = """
import types
os = types.SimpleNamespace(**{**vars(os), "O_EXCL": 0})
"""
FAILED_WRITE = """
__write = Store._write
def __write_or_raise(self, name, lines, modified):
    if not __write(self, name, lines, modified):
        raise OSError(28, "No space left on device")
    return True
Store._write = __write_or_raise
"""
UNFINISHED_FILES = """
__remove = Store._remove
Store._remove = lambda self, name: not name.endswith(_NEW) and __remove(self, name)
"""
ANY_LIFE = """
__entry = entry
def entry(token, obtained, repository, identity, duration):
    return __entry(token, obtained, repository, identity, 10**9)
"""
FUTURE_TOKEN = """
def __token(self, key):
    found = self._entry(key + _TOKEN)
    return found if found and time.time() < found.good_until else None
Store.token = __token
"""
UNVERIFIED = """
__create_client = create_client
def create_client(create, service, settings, config=None):
    return __create_client(create, service, settings._replace(verify=False), config)
"""
EXPIRED_TOKEN = """
__checked = checked_token
def checked_token(value, expires):
    return __checked(value, expires and max(expires, time.time() + 60))
"""
OPEN_FOLDER = """
def _is_usable(folder):
    try:
        return is_private(os.stat(folder), stat.S_ISDIR)
    except OSError:
        return False
"""
OTHER_OWNER = (
    "cache/folder",
    "def is_private(found, is_kind):\n    return is_kind(found.st_mode) and not found.st_mode & _OTHERS",
)
OTHER_MODE = (
    "cache/folder",
    "def is_private(found, is_kind):\n    return is_kind(found.st_mode) and found.st_uid == _uid()",
)
ANY_TOKEN_IN_THE_LOG = ("_util/log_filter", "_ThreadFilter.filter = lambda self, record: True")

REMOVALS = (
    # The URL
    _removed(f"{URLS}::test_other_urls", "nothing follows the host", ("index_url", '_FORMS = tuple(form + ".*" for form in _FORMS)')),
    _removed(f"{URLS}::test_other_urls", "a dot in a host is a dot", ("index_url", '_FORMS = tuple(form.replace(r"\\.", ".") for form in _FORMS)')),
    _removed(f"{URLS}::test_wrong_scheme_or_port", "another scheme gets no token", ("index_url", URL_WITHOUT_PROBLEM.format(condition="parsed.is_plain_http"))),
    _removed(f"{URLS}::test_wrong_scheme_or_port", "another port gets no token", ("index_url", URL_WITHOUT_PROBLEM.format(condition='"port" in parsed.problem'))),
    _removed(
        "unit/login/test_record.py::test_a_token_is_in_no_file_before_and_after_logging_out",
        "tokens in URLs are removed",
        ("login/documents", "def without_tokens(text):\n    return text"),
        ("login/edits", "def without_tokens(text):\n    return text"),
    ),
    _removed(PARSERS, "no character of the userinfo ends the host for another parser", ("index_url", '_URL = re.sub(r"\\(\\?: \\S+ @ \\)\\?", "(?: [^@]* @ )?", _URL)')),
    _removed(PARSERS, "a parent segment is refused", ("index_url", '_PARENT_SEGMENT = "(?!)"')),
    _removed("integration/failures/test_bare_hosts.py::test_a_bare_host_after_a_refusal_is_not_answered", "a denial applies to the bare host", ("lookup", NOTHING_DENIED)),
    _removed(f"{THREATS}::test_no_token_travels_in_the_clear", "a denial applies in other processes", ("lookup", "def _is_denied_elsewhere(*_):\n    return False")),
    _removed(f"{THREATS}::test_no_token_travels_in_the_clear", "plain HTTP denies the bare host whatever the path is", ("index_url", "def parse_plain_http(url):\n    return None")),
    # The identity
    _removed("unit/config/test_keyringrc.py::test_best_matches", "each qualifier must match", ("config/keyringrc", "Section.mismatch = lambda self, repository: self.problem")),
    _removed("unit/config/test_identity.py::test_a_token_in_the_environment_applies_to_the_domain_named_there", "a pre-issued token is bound to a domain", ("config/settings", UNBOUND_TOKEN)),
    *(
        _removed(test, "a group is replaced as a whole", ("config/settings", 'OPTIONS = {name: option._replace(group="") for name, option in OPTIONS.items()}'))
        for test in ("unit/config/test_identity.py::test_layers", f"{CONFIGURATIONS}::test_source_and_role_come_from_one_layer_each")
    ),
    *(
        _removed(test, "the AWS files and variables are part of the key", ("cache/key", "def _aws(environ):\n    return ()"))
        for test in ("unit/cache/test_key.py::test_another_identity_has_another_key", "integration/faults/test_crowds.py::test_two_hundred_processes_of_two_identities")
    ),
    _removed("unit/cache/test_key_external.py::test_each_spelling_makes_the_token_in_a_file_part_of_the_key", "a profile's token is part of the key", ("cache/key", "def _token_files(content):\n    return []")),
    _removed("integration/faults/test_crowds.py::test_two_hundred_processes_of_two_identities", "one process requests, the others wait", ("cache/singleflight", "SingleFlight._acquire = lambda self, path: None")),
    _removed("integration/identities/test_oidc_refused.py::test_oidc_that_fails_never_becomes_the_instance_s_role", "configured OIDC never falls back to another identity", ("aws/session", DEFAULT_CHAIN_WITHOUT_RUNNER)),
    # The configuration
    _removed(f"{THREATS}::test_nothing_of_a_checkout_is_read", "no file of the working directory is read", ("config/keyringrc", 'def own_path(environ):\n    return "keyringrc.cfg"')),
    _removed("unit/config/test_keyringrc.py::test_syntax_errors_name_the_line_without_its_text", "an error names a line without its text", ("config/keyringrc", LINE_WITH_TEXT)),
    _removed("unit/config/test_special_files.py::test_a_pipe_is_refused", "a file that can be read only once is refused", ("config/keyringrc", f"{NAMESPACE}stat = types.SimpleNamespace(S_ISREG=lambda mode: True)")),
    _removed("unit/config/test_options.py::test_invalid_values", "plain HTTP is for this machine", ("config/options", ANY_HTTP_ENDPOINT)),
    _removed("unit/config/test_options.py::test_invalid_values", "a token's duration has a range", ("config/options", 'OPTIONS["token_duration"] = OPTIONS["token_duration"]._replace(parse=_whole_number(0, 10**9))')),
    _removed(f"{THREATS}::test_no_question_travels_in_the_clear", "plain HTTP is for this machine, whatever sets the endpoint", ("aws/session", "def _refuse_plain_http(**event):\n    pass")),
    *(
        _removed(f"{CONFIGURATIONS}::test_any_configuration_is_usable_or_an_error_with_its_place", defence, edit)
        for defence, edit in (
            ("plain HTTP is for this machine", ("config/options", ANY_HTTP_ENDPOINT)),
            ("letters and digits are ASCII", ("config/options", f"{NAMESPACE}re = types.SimpleNamespace(fullmatch=re.fullmatch, ASCII=0)")),
            ("a sensitive value is not repeated", ("config/options", "OPTIONS.update({name: option._replace(sensitive=False) for name, option in OPTIONS.items()})")),
        )
    ),
    _removed("unit/config/test_token_files.py::test_files_without_a_usable_token", "a file with a token may contain any bytes", ("config/identity", FILE_WITH_ANY_BYTES)),
    _removed(f"{THREATS}::test_what_is_for_this_machine_goes_past_a_proxy", "plain HTTP uses no proxy", ("aws/session", PROXIES)),
    _removed(f"{THREATS}::test_a_profile_s_role_is_not_asked_for_by_a_proxy_in_the_clear", "botocore's own plain HTTP uses no proxy", ("aws/session", "def _refuse_proxied_http(**event):\n    pass")),
    # What a job hands on
    _removed("integration/github/test_workflows.py::test_ten_lines_are_enough", "later steps get no token", ("ci/github", TOKEN_FOR_LATER_STEPS)),
    _removed("integration/github/test_workflows.py::test_hostile_inputs_do_nothing", "inputs are data to the action's shell", ("github-actions/action.yml", "        for python in", '        : "${{ inputs.index-url }}"\n        for python in')),
    _removed("integration/github/test_workflows.py::test_hostile_inputs_do_nothing", "an index name is checked", ("config/environment", 'def _index_name(variables):\n    return variables.environ.get(INDEX_NAME) or "codeartifact"')),
    _removed(
        "integration/gitlab/test_script.py::test_hostile_values_do_nothing",
        "an input is checked, and quoted for the shell",
        ("config/environment", 'def _index_name(variables):\n    return variables.environ.get(INDEX_NAME) or "codeartifact"'),
        ("ci/gitlab", f"{NAMESPACE}shlex = types.SimpleNamespace(quote=str)"),
    ),
    _removed("fuzz/test_any_job.py::test_the_shell_code_for_gitlab", "values are quoted for the shell", ("ci/gitlab", f"{NAMESPACE}shlex = types.SimpleNamespace(quote=str)")),
    _removed("unit/ci/test_github.py::test_a_value_with_a_line_break_is_refused", "no value contains a line break", ("ci/github", 'def _assignments(values):\n    return "".join(f"{name}={value}\\n" for name, value in values.items())')),
    _removed("fuzz/test_any_input.py::test_an_error_is_not_a_command_to_the_runner", "a line of the log is no command", ("_util/text", "def printable(text):\n    return text")),
    _removed("integration/github/test_step.py::test_a_token_is_masked_before_it_is_an_output", "a token is masked", ("ci/github", UNMASKED)),
    *(
        _removed(GITHUB_FORK, defence, edit)
        for defence, edit in (
            ("a fork gets no identity of the runner", ("ci/setup", "def refuse_machine_identity(*_):\n    pass")),
            ("nor a profile", ("config/identity", 'MACHINE_IDENTITY = ("web_identity_token_file",)')),
            ("nor a pod's token", ("config/identity", 'MACHINE_IDENTITY = ("profile_name",)')),
            ("nor the runner's keys", ("config/settings", f'{NAMESPACE}identity = types.SimpleNamespace(**{{**vars(identity), "STATIC_KEYS": ()}})')),
            ("nor a section's identity", ("config/settings", "__sections = sections_with_machine_identity\ndef sections_with_machine_identity(environ, file):\n    return __sections(environ, file._replace(sections=()))")),
            ("an unknown event may be a fork's", ("ci/setup", MAYBE_A_FORK)),
            ("a deleted fork was a fork", ("config/job_context", DELETED_FORK)),
            ("a review belongs to a pull request", ("config/job_context", '_PULL_REQUEST_EVENTS = ("pull_request",)')),
        )
    ),
    _removed("integration/gitlab/test_script.py::test_a_fork_does_not_get_what_the_runner_may", "a fork gets no identity of the runner", ("config/job_context", FORK_IN_GITLAB)),
    _removed("integration/gitlab/test_script.py::test_another_user_s_folder", "the folder belongs to this user", ("gitlab-ci/codeartifact.yml", ' || [ ! -O "$codeartifact_folder" ]', "")),
    _removed("integration/github/test_start.py::test_a_folder_that_is_not_the_job_s_own", "the folder belongs to this user", ("github-actions/start.py", "found.st_uid != os.geteuid()", "False")),
    _removed("integration/github/test_start.py::test_a_folder_that_is_not_the_job_s_own", "the folder is no link", ("github-actions/start.py", "not stat.S_ISDIR(found.st_mode)", "False")),
    _removed("integration/github/test_start.py::test_a_bundle_that_is_not_the_release_s", "the bundle has the release's hash", ("github-actions/start.py", "expected.read().split()[0]:", "expected.read().split()[0] and False:")),
    _removed("integration/github/test_start.py::test_what_an_earlier_job_has_unpacked_elsewhere_is_not_used", "the bundle is unpacked in the job's folder", ("github-actions/start.py", '"XDG_CACHE_HOME": folder, ', "")),
    _removed(f"{FETCHING}::test_why_nothing_is_fetched", "only a known client publishes", ("gitlab-ci/codeartifact.yml", "        *) codeartifact_fail", "        0) codeartifact_fail")),
    _removed(f"{FETCHING}::test_why_nothing_is_fetched", "a message shows no password of a URL", ("gitlab-ci/codeartifact.yml", 're.sub(r"(?s)^.*@|[?#].*", "", url)', "url")),
    _removed(f"{FETCHING}::test_the_image_s_tool_stays_in_use", "the image's tool stays in use", ("gitlab-ci/codeartifact.yml", "codeartifact_tool=$(command -v keyrings-codeartifact)", "false")),
    _removed(f"{FETCHING}::test_a_response_that_is_not_the_bundle", "the bundle has the SHA-256 of the include", ("gitlab-ci/codeartifact.yml", "hexdigest() != sha256", "hexdigest() == url")),
    _removed(f"{FETCHING}::test_a_mirror", "only GitLab's API gets the job token", ("gitlab-ci/codeartifact.yml", 'if api and url.startswith(api + "/"):', "if api:")),
    _removed("integration/fleet/test_reading.py::test_a_value_that_cannot_be_used", "a shared token is for the domain that its secret names", ("aws/shared_token", SECRET_OF_ANY_DOMAIN)),
    _removed("integration/fleet/test_rotation.py::test_any_step_can_fail_and_be_tried_again", "the index must accept a new token before readers get it", ("rotation", '_STEPS = {**_STEPS, "testSecret": _Rotation.set}')),
    _removed("integration/fleet/test_rotation.py::test_what_is_not_usable_is_not_handed_out", "readers get no token that expires soon", ("rotation", "_MIN_LIFE_LEFT = 0")),
    _removed(f"{FETCHING}::test_a_redirect_does_not_get_the_job_token", "a redirect does not get the job token", ("gitlab-ci/codeartifact.yml", "add_unredirected_header", "add_header")),
    _removed("integration/gitlab/test_script.py::test_twine_gets_the_token_of_its_repository", "twine gets the token of its own repository", ("gitlab-ci/codeartifact.yml", 'token "$TWINE_REPOSITORY_URL")', "token)")),
    # The bundle
    _removed("integration/bundle/test_unpacking.py::test_a_folder_that_is_refused", "others cannot change the folder", ("bundle/main.py", "    if not _is_private(folder):\n        return False\n    trusted", "    return True\n    trusted")),
    _removed("integration/bundle/test_start.py::test_the_job_s_packages_are_not_seen", "nothing of the job is imported", ("bundle/main.py", "    isolate(archive)\n", "    sys.path.insert(0, archive)\n")),
    # What an image contains
    _removed("docker/test_builds.py::test_with_a_token", "a secret is mounted for a step, and not copied", ("docs/how-to/docker.md", "required=true \\\n    ", "required=true \\\n    cp /run/secrets/CODEARTIFACT_AUTH_TOKEN /tmp/kept; \\\n    ")),
    _removed("docker/test_image.py::test_all_can_read_the_tool_and_only_root_can_change_it", "only root can change the tool", ("docker/unpack.py", "0o755", "0o777")),
    *(
        _removed("docker/test_containers.py::test_what_the_user_installs_breaks_nothing", f"{command} imports nothing of the user's", edit)
        for command, edit in (
            ("twine", ("docker/Dockerfile", "sed -i '1s/$/ -I/' bin/twine", "true")),
            ("the tool", ("clients/commands", '_SCRIPT = _SCRIPT.replace("{options}", "")')),
        )
    ),
    _removed("docker/test_builds.py::test_with_aws_credentials", "tokens are cached in memory", ("cache/folder", '_SHARED_MEMORY = "/nowhere"')),
    # The cache
    _removed("integration/faults/test_killed.py::test_killed_at_each_step", "an unfinished file is replaced", ("cache/store", NOT_REPLACED)),
    _removed("integration/faults/test_killed.py::test_killed_at_each_step", "a failure applies to waiting processes only", ("cache/singleflight", "SingleFlight._applicable_failure = lambda self: self._store.failure(self._key)")),
    _removed(f"{FOLDER}::test_another_user_s_folder_is_skipped", "the owner is checked", OTHER_OWNER),
    _removed(f"{FOLDER}::test_a_folder_that_other_users_can_enter_is_skipped", "the mode is checked", OTHER_MODE),
    _removed(f"{FOLDER}::test_a_link_is_skipped", "a link is no folder", ("cache/folder", OPEN_FOLDER)),
    _removed(f"{FOLDER}::test_folder_and_parents_are_private_whatever_the_umask_is", "parents are private", ("cache/folder", "__create = create\ndef create(folder):\n    os.makedirs(os.path.dirname(folder), exist_ok=True)\n    return __create(folder)")),
    *(
        _removed(test, "a file has a checksum", ("cache/store", 'def _checksum(name, body):\n    return "0"'))
        for test in (f"{STORE}::test_a_damaged_file_is_ignored", "fuzz/test_any_cache_file.py::test_a_damaged_file_is_a_miss")
    ),
    _removed("fuzz/test_any_cache_file.py::test_a_file_is_valid_only_under_its_own_name", "the checksum covers the name", ("cache/store", 'def _checksum(name, body):\n    return digest(f"{VERSION}\\n{body}".encode())')),
    _removed("integration/faults/test_cache_files.py::test_what_is_somebody_else_s_is_neither_read_nor_written", "the owner is checked", OTHER_OWNER),
    _removed("integration/faults/test_cache_files.py::test_what_is_planted_in_the_place_of_a_file", "no link is followed, no pipe waited for", ("cache/folder", "SAFE_OPEN = 0"), ("cache/store", NOT_EXCLUSIVE)),
    _removed("integration/faults/test_cache_files.py::test_a_disk_that_takes_no_token", "a token that cannot be cached is returned", ("cache/store", FAILED_WRITE)),
    _removed("integration/faults/test_cache_files.py::test_a_disk_that_takes_no_token", "an unfinished file is removed", ("cache/store", UNFINISHED_FILES)),
    _removed("integration/faults/test_clock.py::test_a_token_for_ever_is_not_kept_for_ever", "a token is cached for at most the requested duration", ("cache/store", ANY_LIFE)),
    _removed("integration/faults/test_clock.py::test_a_clock_that_jumps_between_questions", "a token from the future is ignored", ("cache/store", FUTURE_TOKEN)),
    # The servers
    *(
        _removed(f"{THREATS}::test_a_certificate_of_somebody_else_s", defence, edit)
        for defence, edit in (
            ("the certificate of AWS is verified", ("aws/session", UNVERIFIED)),
            ("the certificates of runner and index are verified", ("aws/https", "def _tls_context(*_):\n    return ssl._create_unverified_context()")),
        )
    ),
    *(
        _removed(f"{FAULT}[{row}]", defence, edit)
        for row, defence, edit in (
            ("GetAuthorizationToken hangs before the headers", "a request has a deadline", ("_util/deadline", "def run_within(deadline, call):\n    return call()")),
            ("GetAuthorizationToken a token with a blank", "a token fits a header", ("aws/client", '_TOKEN = re.compile("(?s).*")')),
            ("GetAuthorizationToken expired", "a token has not expired", ("aws/client", EXPIRED_TOKEN)),
            ("GetAuthorizationToken expires at some time", "all of botocore's errors are explained", ("aws/client", "Client._explain_errors = lambda self, request: request()")),
            ("GitHub's runner a redirection", "the runner's token follows no redirection", ("aws/https", "_AnyStatus = urllib.request.HTTPErrorProcessor")),
        )
    ),
    _removed("integration/failures/test_aws.py::test_one_line", "a role without keys is refused", ("aws/session", "def all(keys):\n    return True")),
    _removed(f"{RESPONSES}::test_responses_of_the_runner_of_github", "a response may be any JSON", ("aws/oidc", "LookupError = ZeroDivisionError")),
    _removed(f"{RESPONSES}::test_responses_of_the_runner_of_github", "a response may be no HTTP", ("aws/oidc", "HTTPException = ZeroDivisionError")),
    _removed(f"{RESPONSES}::test_tokens_in_a_variable_and_in_a_file", "a CI's token is a JWT", ("aws/oidc", '_JWT = re.compile("(?s).+")')),
    _removed(f"{RESPONSES}::test_a_file_of_any_bytes", "a file may contain any bytes", ("aws/oidc", "UnicodeDecodeError = ZeroDivisionError")),
    _removed(f"{RESPONSES}::test_a_response_that_does_not_end_is_abandoned_at_the_deadline", "a request has a deadline", ("_util/deadline", "def run_within(deadline, call):\n    return call()")),
    # The log
    *(
        _removed(LEAK, defence, edit)
        for defence, edit in (
            ("what looks like a secret is redacted", ("_util/text", "def redact(text):\n    return str(text)")),
            ("botocore's records are dropped", ANY_TOKEN_IN_THE_LOG),
        )
    ),
    _removed("integration/test_package_managers.py::test_another_registry_of_cargo_gets_no_token", "Cargo's registry decides whose token it gets", ("config/environment", "def require_repository(url, environ):\n    return require_index(url, environ).repository")),
    _removed("unit/cli/test_shells.py::test_a_real_shell_reads_the_text", "values are quoted for fish", ("cli/shells", 'SHELLS["fish"] = SHELLS["fish"]._replace(quote="\'{}\'".format)')),
    _removed("unit/cli/test_shells.py::test_powershell_reads_the_text", "values for PowerShell are ASCII", ("cli/shells", "def _powershell_characters(match):\n    return match[0]")),
    _removed("unit/config/test_settings.py::test_a_repr_shows_no_secret", "a secret's repr hides it", ("models", "Secret.__repr__ = str.__repr__")),
    _removed("integration/failures/test_logs.py::test_no_logger_tells_a_secret", "botocore's records are dropped", ANY_TOKEN_IN_THE_LOG),
)  # fmt: skip


class Copy:
    """A copy of the project in a folder of its own, from which defences are removed."""

    def __init__(self, folder):
        self.folder = folder
        names = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
        for name in filter(None, names):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                # make compares times: only files that differ get a new one, as an earlier run may have been killed.
                if not (folder / name).is_file() or (folder / name).read_bytes() != (ROOT / name).read_bytes():
                    shutil.copy(ROOT / name, folder / name)
        self._make(".venv/installed", ".venv/node", "dist/action")

    def passes(self, test):
        """Return whether a test passes; raise CalledProcessError if pytest cannot run it."""
        command = [self.folder / ".venv/bin/python", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        environ = os.environ | {"REQUIRE_TOOLS": "1"}
        done = subprocess.run(
            [*command, self.folder / "tests" / test],
            cwd=self.folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        if done.returncode not in (PASSED, FAILED):
            raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)
        return done.returncode == PASSED

    @contextlib.contextmanager
    def without(self, removal):
        """Remove a defence while the context lasts."""
        before = {edit.path: (self.folder / edit.path).read_text() for edit in removal.edits}
        try:
            for edit in removal.edits:
                path = self.folder / edit.path
                path.write_text(edit.apply(path.read_text()))
            self._make(".venv/installed", "dist/action")
            yield
        finally:
            for name, text in before.items():
                (self.folder / name).write_text(text)

    def restore(self):
        """Install the project with all defences."""
        self._make(".venv/installed", "dist/action")

    def _make(self, *targets):
        subprocess.run(["make", "--silent", *targets], cwd=self.folder, capture_output=True, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("words", metavar="WORD", nargs="*", help="part of the names of tests")
    parser.add_argument("--folder", type=Path, help="keep the copy in this folder")
    options = parser.parse_args()
    chosen = [one for one in REMOVALS if not options.words or any(word in one.test for word in options.words)]
    with contextlib.ExitStack() as stack:
        copy = Copy(options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory())))
        print("copied; the tests run with all defences first", flush=True)
        broken = [test for test in dict.fromkeys(one.test for one in chosen) if not copy.passes(test)]
        for test in broken:
            print(f"fails with all defences: {test}", flush=True)
        unnoticed = [one for one in chosen if one.test in broken or not _is_noticed(copy, one)]
        copy.restore()
    print(f"{len(chosen)} defences removed, {len(chosen) - len(unnoticed)} of them noticed")
    return 1 if broken or unnoticed else 0


def _is_noticed(copy, removal):
    begin = time.monotonic()
    with copy.without(removal):
        try:
            is_noticed = not copy.passes(removal.test)
        except subprocess.TimeoutExpired:
            is_noticed = True
    word = "noticed" if is_noticed else "NOT NOTICED"
    print(f"{word} in {time.monotonic() - begin:.0f} s: {removal.defence} ({removal.test})", flush=True)
    return is_noticed


if __name__ == "__main__":
    sys.exit(main())
