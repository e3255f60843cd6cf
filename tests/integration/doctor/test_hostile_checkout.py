"""Doctor in a hostile checkout: nothing of it is run, and nothing secret or for a terminal is shown."""

import pytest

from support.seed import INDEX


@pytest.fixture
def start(home):
    """Each is a process of its own, which would import what is in its folder."""
    return home.run


def test_nothing_of_the_current_folder_is_run(examine, environment, wheel, home):
    """Whoever's checkout that is: its modules would have all that is in the environment."""
    package = home.folder / "project" / "keyrings"
    package.mkdir()
    for path in (package / "__init__.py", home.folder / "project" / "importlib.py"):
        path.write_text(f"open({str(home.folder / 'ran')!r}, 'w').close()")
    [(status, _, _)] = examine("twine", environment(wheel, "twine>=7").bin)
    assert status == "ok"
    assert not (home.folder / "ran").exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://MARKED:@pypi.example/acme/",
        "https://MARKED@pypi.example/acme/",
        "https://u:MARKED@MARKED@pypi.example/acme/?x=MARKED",
    ],
)
def test_no_index_s_password_is_shown(examine, pip, url):
    [(_, said, _)] = examine("pip", pip, PIP_INDEX_URL=url, PIP_KEYRING_PROVIDER="subprocess")
    assert said.endswith("index https://…@pypi.example/acme/")


def test_nothing_hostile_in_a_checkout_gets_through(call, home, uv, environment):
    """Neither commands for a terminal or a CI, nor what is no such file, nor what stands beside what is looked for."""
    project = home.folder / "project"
    path = f"{uv}:{environment('tox>=4').bin}"
    for content in (b'keyring-provider = "x\\n::error::\\u001b]0;x"', b"\xff\xfe", b"a = " + b"[" * 100_000):
        (project / "uv.toml").write_bytes(content)
        (project / "tox.toml").write_text('env_run_base = { pass_env = ["AWS_*"], set_env = { X = "MARKED" } }')
        done = call("doctor", INDEX, PATH=path)
        assert done.stderr == ""
        assert "\x1b" not in done.stdout
        assert not [text for text in done.stdout.splitlines() if text.startswith("::")]
    for name in ("uv.toml", "tox.ini"):
        (project / name).unlink(missing_ok=True)
        (project / name).symlink_to("/dev/zero")
    assert call("doctor", INDEX, PATH=path).stderr == ""
    home.config.write_text("[codeartifact foo=\x1b[31m]\n")
    assert "\x1b" not in call("explain", INDEX).stdout
