"""Does each test of an attack fail when the defence that it is about is taken away?

``python tests/defences.py [WORD…]`` takes one defence away at a time, in a copy of the project with an environment of its
own, and runs the test of the attack: those of SECURITY.md, and more.  WORD chooses by a part of a test's name.  Ends with 1
if a test does not notice, or fails before anything is taken away.  The copy is in --folder, to be used again, or in a
temporary one.

Docker's tests and those of the CIs need what ``.ci/run`` sets up.
"""

from __future__ import annotations

import argparse
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
PATIENCE = 900
# What pytest ends with: all passed, some failed.
PASSED, FAILED = 0, 1


class Removal(NamedTuple):
    """A defence, in words; the test of the attack, below tests/; and per edit the file, its text there, and another."""

    defence: str
    test: str
    edits: tuple[tuple[str, str, str], ...]


def _taken(test, defence, *edits):
    """Return a removal; of modules of the package, an edit has the name alone."""
    paths = {name: name if "." in name else f"{PACKAGE}/{name}.py" for name, _, _ in edits}
    return Removal(defence, test, tuple((paths[name], before, after) for name, before, after in edits))


SERVICE, FAILURES, THREATS = "unit/test_service.py", "integration/test_failures.py", "integration/test_threats.py"
ACTION, FAULTS, CACHE = "integration/test_action.py", "integration/test_faults.py", "unit/test_cache.py"
GITHUB, GITLAB, INSTALL = (f"integration/test_{name}.py" for name in ("github_action", "gitlab_include", "install"))
ANSWERS, CONFIGURATIONS, JOBS = (f"fuzz/test_any_{name}.py" for name in ("answer", "configuration", "job"))
READERS = "fuzz/test_any_service.py::test_what_is_answered_all_readers_read_alike"
FAULT = f"{FAULTS}::test_a_fault_is_one_line_in_time_and_is_over_with_the_next_question"
LEAK = "integration/test_leaks.py::test_no_secret_is_told"
OWNER = "found.st_uid == _uid() and is_closed"
HOST_ONLY = r"http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])"
INDEX_NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"

REMOVALS = (
    # The URL
    _taken(f"{SERVICE}::test_somebody_elses", "nothing may stand behind the host", ("index_url", "re.fullmatch(form, address)", "re.match(form, address)")),
    _taken(f"{SERVICE}::test_somebody_elses", "a dot is a dot", ("index_url", r"\.d\.codeartifact\.(?P<region>{REGION})\.amazonaws", r".d.codeartifact.(?P<region>{REGION}).amazonaws")),
    _taken(f"{SERVICE}::test_what_is_nearly_right_gets_no_token_but_a_word", "another scheme is a fault", ("index_url", 'scheme.lower() != "https"', 'scheme.lower() not in ("https", "http")')),
    _taken(f"{SERVICE}::test_what_is_nearly_right_gets_no_token_but_a_word", "another port is a fault", ("index_url", 'port not in (None, ":443")', 'port == ":"')),
    _taken(READERS, "no sign in the userinfo ends the host for another reader", ("index_url", "[A-Za-z0-9._~!$&'()*+,;=:%-]* @", "[^@]* @")),
    _taken(READERS, "a parent segment is refused", ("index_url", 're.search(_PARENT_SEGMENT, parts["tail"] or "")', "False")),
    _taken(f"{FAILURES}::test_a_bare_host_after_a_refusal_is_not_answered", "what was refused is kept in mind", ("lookup", "if is_bare and (domain in _denied or _is_refused(domain)):", "if False:")),
    _taken(f"{THREATS}::test_no_token_travels_in_the_clear", "what was refused is known to the next process", ("lookup", "if is_bare and (domain in _denied or _is_refused(domain)):", "if is_bare and domain in _denied:")),
    _taken(f"{THREATS}::test_no_token_travels_in_the_clear", "so is a refusal of what is somebody else's path", ("lookup", 'if ".codeartifact." in service.lower() and (refused', "if False and (refused")),
    # Who asks
    _taken("unit/test_keyringrc.py::test_winners", "each qualifier has to fit", ("config/keyringrc", "if value != getattr(repository, key):", "if False:")),
    _taken("unit/test_sources.py::test_a_token_in_the_environment_is_for_the_domain_that_is_named", "a ready token is bound to a domain", ("config/settings", 'if "auth_token" in options and not is_bound:', "if False:")),
    *(
        _taken(test, "a group moves as one", ("config/settings", "if (OPTIONS[name].group or name) in settled:", "if name in settled:"))
        for test in ("unit/test_sources.py::test_layers", f"{CONFIGURATIONS}::test_source_and_role_come_from_one_layer_each")
    ),
    _taken("unit/test_fingerprint.py::test_another_identity_has_another_key", "a token is found by who asks", ("cache/key", "_job(settings, environ), *_aws(environ))", "_job(settings, environ))")),
    _taken(f"{FAULTS}::test_two_hundred_processes_of_two_identities", "a token is found by who asks", ("cache/key", "_job(settings, environ), *_aws(environ))", "_job(settings, environ))")),
    _taken(f"{FAULTS}::test_two_hundred_processes_of_two_identities", "one asks, the others wait", ("cache/singleflight", "lock.acquire(blocking=False)", "pass"), ("cache/singleflight", "lock.release()", "pass")),
    _taken(
        "integration/test_ci_identities.py::test_oidc_that_fails_never_becomes_the_instance_s_role",
        "where OIDC is configured nobody else answers",
        ("aws/client", "if isinstance(source, WebIdentity):", 'if isinstance(source, WebIdentity) and os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL"):'),
    ),
    # The configuration
    _taken(f"{THREATS}::test_nothing_of_a_checkout_is_read", "no file of the current folder is read", ("config/keyringrc", 'return os.path.join(root, "keyringrc.cfg")', 'return "keyringrc.cfg"')),
    _taken(
        "unit/test_keyringrc.py::test_broken_files_are_named_with_the_line_but_never_its_text",
        "a broken line's number is told, and not the line",
        ("config/keyringrc", 'lines = ", ".join(str(line) for line, _ in error.errors) or "?"', 'lines = ", ".join(f"{line} {text}" for line, text in error.errors) or "?"'),
    ),
    _taken("unit/test_settings.py::test_refused_values_are_named_with_what_would_be_accepted", "plain HTTP is for this machine", ("config/options", HOST_ONLY, r"http://[A-Za-z0-9.-]+")),
    _taken(f"{THREATS}::test_no_question_travels_in_the_clear", "plain HTTP is for this machine, also where botocore has it from", ("aws/client", 'session.register("before-send", _refuse_plain_http)', "pass")),
    *(
        _taken(f"{CONFIGURATIONS}::test_any_configuration_is_usable_or_a_mistake_with_its_place", defence, edit)
        for defence, edit in (
            ("plain HTTP is for this machine", ("config/options", HOST_ONLY, r"http://[\w.-]+")),
            ("letters and digits are ASCII's", ("config/options", "re.fullmatch(pattern, text, re.ASCII)", "re.fullmatch(pattern, text)")),
            ("a token's duration has a range", ("config/options", "if seconds and not _SHORTEST_TOKEN <= seconds <= _LONGEST_TOKEN:", "if False:")),
            ("a private value is not repeated", ("config/settings", '"cannot be used" if option.private else', '"cannot be used" if False else')),
        )
    ),
    _taken("unit/test_sources.py::test_files_that_hold_no_token", "a file with a token may hold anything", ("config/identity", "except UnicodeDecodeError:", "except ZeroDivisionError:")),
    _taken(f"{THREATS}::test_what_is_for_this_machine_goes_past_a_proxy", "plain HTTP goes past any proxy", ("aws/client", "client = create(config.merge(Config(proxies={})))", "pass")),
    _taken(f"{THREATS}::test_a_profile_s_role_is_not_asked_for_by_a_proxy_in_the_clear", "nor does botocore ask by one", ("aws/client", 'session.register("before-send", _refuse_a_proxy)', "pass")),
    # What a job hands on
    _taken(
        f"{GITHUB}::test_ten_lines_are_enough",
        "no later step is handed a token",
        ("cli/job", "github.hand_on(github.ENV, setup.variables)", 'github.hand_on(github.ENV, {**setup.variables, "TOKEN": str(lookup.token(chosen.repository).value)})'),
    ),
    _taken(f"{GITHUB}::test_hostile_inputs_do_nothing", "inputs are data to the action's shell", ("github-actions/action.yml", "        for python in", '        : "${{ inputs.index-url }}"\n        for python in')),
    _taken(f"{GITHUB}::test_hostile_inputs_do_nothing", "an index's name is checked", ("config/environment", INDEX_NAME, "(?s).*")),
    _taken(f"{GITLAB}::test_hostile_values_do_nothing", "an input is checked, and quoted for the shell", ("config/environment", INDEX_NAME, "(?s).*"), ("cli/job", "{shlex.quote(value)}", "{value}")),
    _taken(f"{JOBS}::test_what_gitlab_s_shell_evaluates", "what the shell evaluates is quoted", ("cli/job", "{shlex.quote(value)}", "{value}")),
    _taken("unit/test_github.py::test_no_value_becomes_two", "no value with a line break is handed on", ("ci/github", r're.search(r"[\r\n]", value)', "False")),
    _taken("fuzz/test_any_input.py::test_no_error_is_a_command_to_the_runner", "a line of the log is no command", ("errors", "if character.isprintable() else", "if True else"), ("errors", '" ".join(text.split())', "text")),
    _taken(f"{ACTION}::test_a_token_is_masked_before_it_is_an_output", "a token is masked", ("cli/job", "github.mask(str(token.value))", "pass")),
    *(
        _taken(f"{ACTION}::test_a_fork_does_not_get_what_the_runner_may", defence, edit)
        for defence, edit in (
            ("a fork gets nothing by the runner's identity", ("cli/job", "settings.sections_of_the_machine(os.environ, keyringrc.load(os.environ))", "[]")),
            ("nor by a profile", ("config/identity", 'MACHINE = ("profile_name", ', "MACHINE = (")),
            ("nor by a pod's token", ("config/identity", ', "web_identity_token_file")\n', ",)\n")),
            ("nor by the runner's keys", ("config/settings", "*(identity.KEYS if layer is environment else ())", "")),
            ("nor by a section's", ("config/settings", "sections = (file.defaults, *file.sections)", "sections = (file.defaults,)")),
            ("what may be a fork is one", ("cli/job", "if is_fork is False:", "if not is_fork:")),
            ("a fork that is gone was one", ("config/job_context", "return head is None or bool(", "return head is not None and bool(")),
            ("a review is of a pull request", ("config/job_context", ', "pull_request_review", "pull_request_review_comment")', ",)")),
        )
    ),
    _taken(f"{GITLAB}::test_a_fork_does_not_get_what_the_runner_may", "a fork gets nothing by the runner's identity", ("config/job_context", 'return source != environ.get("CI_PROJECT_ID")', "return False")),
    _taken(f"{GITLAB}::test_another_user_s_folder", "the folder has to be this user's", ("gitlab-ci/codeartifact.yml", ' || [ ! -O "$codeartifact_folder" ]', "")),
    _taken(f"{INSTALL}::test_a_folder_that_is_not_the_job_s_own", "the folder has to be this user's", ("github-actions/install.py", "found.st_uid != os.geteuid()", "False")),
    _taken(f"{INSTALL}::test_a_folder_that_is_not_the_job_s_own", "the folder is no link", ("github-actions/install.py", "not stat.S_ISDIR(found.st_mode)", "False")),
    _taken(f"{INSTALL}::test_an_index_s_password_is_on_no_command_line", "pip reads an index's URL from a file", ("github-actions/install.py", "*pip, *pins,", '*pip, "--index-url", index, *pins,')),
    _taken(f"{INSTALL}::test_an_index_s_password_is_not_in_the_log", "nothing in a password ends a host", ("github-actions/install.py", 'rf"(?i:https?)://(?:', 'rf"https?://[!-~]+|(?i:https?)://(?:')),
    _taken(f"{INSTALL}::test_a_job_that_is_cancelled_leaves_no_password", "a signal is an end like any other", ("github-actions/install.py", "signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))", "pass")),
    _taken(f"{GITLAB}::test_why_nothing_is_installed", "what is to be installed is a name", ("gitlab-ci/codeartifact.yml", "        *) codeartifact_fail", "        0) codeartifact_fail")),
    _taken(f"{GITLAB}::test_the_image_s_tool_is_the_one_that_is_used", "the image's tool stays", ("gitlab-ci/codeartifact.yml", 'codeartifact_tool=${codeartifact_tool:-"$codeartifact_folder/environment/bin/keyrings-codeartifact"}', 'codeartifact_tool="$codeartifact_folder/environment/bin/keyrings-codeartifact"')),
    _taken(
        f"{INSTALL}::test_an_index_that_serves_something_else",
        "all is pinned by hash",
        (
            "github-actions/install.py",
            '"--require-hashes", "--requirement", os.path.join(here, "requirements.txt"))',
            '*re.findall(r"(?m)^[a-z0-9-]+==[^ ;]+", open(os.path.join(here, "requirements.txt")).read()))',
        ),
    ),
    # What an image holds
    _taken("docker/test_builds.py::test_with_a_token", "a secret is mounted for a step, and not copied", ("docker/README.md", "required=true \\\n    ", "required=true \\\n    cp /run/secrets/CODEARTIFACT_AUTH_TOKEN /tmp/kept; \\\n    ")),
    _taken("docker/test_builds.py::test_with_aws_credentials", "a token is kept in memory", ("cache/store", 'if sys.platform == "linux" and os.path.ismount(_SHARED_MEMORY):', "if False:")),
    # The cache
    _taken(f"{FAULTS}::test_killed_at_each_step", "what was half written is replaced", ("cache/store", "os.replace(new, path)", "os.replace(new, path) if not os.path.exists(path) else None")),
    _taken(f"{FAULTS}::test_killed_at_each_step", "a failure is an answer for a moment", ("cache/singleflight", "_PAUSE, _RECENT = 0.05, 2.0", "_PAUSE, _RECENT = 0.05, 60.0")),
    _taken(f"{CACHE}::test_somebody_else_s_folder_is_passed_over", "the owner is looked at", ("cache/store", OWNER, "is_closed")),
    _taken(f"{CACHE}::test_a_folder_that_others_may_enter_is_passed_over", "the mode is looked at", ("cache/store", OWNER, "found.st_uid == _uid()")),
    _taken(f"{CACHE}::test_a_link_is_passed_over", "a link is no folder", ("cache/store", "_is_ours(os.lstat(folder), stat.S_ISDIR)", "_is_ours(os.stat(folder), stat.S_ISDIR)")),
    *(
        _taken(test, "what is written is sealed", ("cache/store", "if seal == _seal(name, body) else []", "if seal else []"))
        for test in (f"{CACHE}::test_damage_is_a_miss", "fuzz/test_any_cache_file.py::test_a_damaged_file_is_a_miss")
    ),
    _taken("fuzz/test_any_cache_file.py::test_a_file_is_good_under_its_own_name_only", "the seal is of a file's name, too", ("cache/store", r'digest(f"{VERSION}\n{name}\n{body}".encode())', r'digest(f"{VERSION}\n{body}".encode())')),
    _taken(f"{FAULTS}::test_what_is_somebody_else_s_is_neither_read_nor_written", "the owner is looked at", ("cache/store", OWNER, "is_closed")),
    _taken(
        f"{FAULTS}::test_what_is_planted_in_the_place_of_a_file",
        "no link is followed, no pipe waited for",
        ("cache/store", 'getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)', "0"),
        ("cache/store", "os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK", "os.O_WRONLY | os.O_CREAT"),
    ),
    _taken(f"{FAULTS}::test_a_disk_that_takes_no_token", "a token that cannot be kept is answered", ("cache/store", 'except OSError as error:\n            note(f"{path} is not written', 'except ZeroDivisionError as error:\n            note(f"{path} is not written')),
    _taken(f"{FAULTS}::test_a_disk_that_takes_no_token", "half a file is removed", ("cache/store", "self._remove(os.path.basename(new))", "pass")),
    _taken(f"{FAULTS}::test_a_token_for_ever_is_not_kept_for_ever", "a token is kept for as long as it was asked for", ("cache/store", "life = min(life, duration or _LONGEST_LIFE)", "pass")),
    _taken(f"{FAULTS}::test_a_clock_that_jumps_between_questions", "a token of the future is none", ("cache/store", "found.obtained <= time.time() < found.good_until", "time.time() < found.good_until")),
    # Who answers
    *(
        _taken(f"{THREATS}::test_a_certificate_of_somebody_else_s", defence, edit)
        for defence, edit in (
            ("AWS' certificate is checked", ("aws/client", "return None if settings.verify is True else settings.verify", "return False")),
            ("the runner's and the index's certificate is checked", ("_util/https", "context = ssl.create_default_context()", "context = ssl._create_unverified_context()")),
        )
    ),
    *(
        _taken(f"{FAULT}[{row}]", defence, edit)
        for row, defence, edit in (
            ("GetAuthorizationToken hangs before the headers", "a question has a deadline", ("_util/deadline", "thread.join(deadline.remaining())", "thread.join()")),
            ("GetAuthorizationToken a token with a blank", "a token has signs that may stand in a header", ("aws/tokens", "not _TOKEN.fullmatch(value)", "not value")),
            ("GetAuthorizationToken expired", "a token is not over", ("aws/tokens", "if expiration is None or not expiration > time.time():", "if expiration is None:")),
            ("GetAuthorizationToken expires at some time", "whatever botocore raises is explained", ("aws/client", "except Exception as error:", "except LookupError as error:")),
            ("GitHub's runner a redirection", "the runner's token follows no redirection", ("_util/https", "build_opener(_Stay, *proxies", "build_opener(*proxies")),
        )
    ),
    _taken(f"{FAILURES}::test_one_line", "a role without keys is nobody", ("aws/client", "if not all(keys):", "if False:")),
    _taken(f"{ANSWERS}::test_what_github_s_runner_answers", "an answer may be any JSON", ("aws/oidc", "except (ValueError, LookupError, TypeError, RecursionError):", "except (ValueError, TypeError, RecursionError):")),
    _taken(f"{ANSWERS}::test_what_github_s_runner_answers", "an answer may be no HTTP", ("aws/oidc", "except (OSError, HTTPException) as error:", "except OSError as error:")),
    _taken(f"{ANSWERS}::test_what_a_variable_or_a_file_holds", "a CI's token is a JWT", ("aws/oidc", "if not _JWT.fullmatch(text.strip()):", "if not text.strip():")),
    _taken(f"{ANSWERS}::test_a_file_of_any_bytes", "a file may hold any bytes", ("aws/oidc", "except (OSError, UnicodeDecodeError) as error:", "except OSError as error:")),
    _taken(f"{ANSWERS}::test_nobody_is_held_by_an_answer_that_never_ends", "a question has a deadline", ("_util/deadline", "thread.join(deadline.remaining())", "thread.join()")),
    # Who reads the log
    *(
        _taken(LEAK, defence, edit)
        for defence, edit in (
            ("what looks like a secret is not repeated", ("errors", 'return re.sub(_SUSPECT, "…", str(text))', "return str(text)")),
            ("nobody hears what botocore says", ("_util/log_filter", 'return not getattr(self._depth, "value", 0)', "return True")),
        )
    ),
    _taken("unit/test_settings.py::test_secrets_hide_from_repr", "a secret's repr hides it", ("models", 'return "\'…\'"', "return str.__repr__(self)")),
    _taken(f"{FAILURES}::test_no_logger_tells_a_secret", "nobody hears what botocore says", ("_util/log_filter", 'return not getattr(self._depth, "value", 0)', "return True")),
)  # fmt: skip


class Copy:
    """The project in a folder of its own, in which what is there can be taken away."""

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
                # With a new time, after which make goes, only where it differs: a run before may have been killed.
                if not (folder / name).is_file() or (folder / name).read_bytes() != (ROOT / name).read_bytes():
                    shutil.copy(ROOT / name, folder / name)
        self._make(".venv/installed", ".venv/gitlab")

    def passes(self, test):
        """Say whether a test passes; raise what subprocess does if nobody can tell."""
        command = [self.folder / ".venv/bin/python", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        environ = os.environ | {"REQUIRE_TOOLS": "1"}
        done = subprocess.run(
            [*command, self.folder / "tests" / test],
            cwd=self.folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode not in (PASSED, FAILED):
            raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)
        return done.returncode == PASSED

    @contextlib.contextmanager
    def without(self, removal):
        """Take a defence away, and put it back."""
        before = {name: (self.folder / name).read_text() for name, _, _ in removal.edits}
        try:
            for name, text, other in removal.edits:
                path = self.folder / name
                path.write_text(path.read_text().replace(text, other))
            self._make(".venv/installed")
            yield
        finally:
            for name, text in before.items():
                (self.folder / name).write_text(text)

    def restore(self):
        """Install what is there, as it is in the project."""
        self._make(".venv/installed")

    def _make(self, *targets):
        subprocess.run(["make", "--silent", *targets], cwd=self.folder, capture_output=True, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("words", metavar="WORD", nargs="*", help="a part of the names of tests")
    parser.add_argument("--folder", type=Path, help="where the copy is, and stays")
    options = parser.parse_args()
    chosen = [one for one in REMOVALS if not options.words or any(word in one.test for word in options.words)]
    with contextlib.ExitStack() as stack:
        copy = Copy(options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory())))
        print("copied; first all is as it should be", flush=True)
        broken = [test for test in dict.fromkeys(one.test for one in chosen) if not copy.passes(test)]
        for test in broken:
            print(f"fails by itself: {test}", flush=True)
        unnoticed = [one for one in chosen if one.test in broken or not _is_noticed(copy, one)]
        copy.restore()
    print(f"{len(chosen)} defences taken away, {len(chosen) - len(unnoticed)} of them noticed")
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
