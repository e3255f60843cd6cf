"""What keeps uv from getting a token, as doctor finds it."""

import sys

import pytest

from support.seed import INDEX, SHARED


def test_uv(examine, uv, home):
    [(status, said, fix)] = examine("uv", uv)
    assert (status, fix) == ("warning", f"run `keyrings-codeartifact login --tool uv {INDEX}`")
    assert said.endswith("provider disabled: it does not query a keyring")
    chosen = {"UV_KEYRING_PROVIDER": "subprocess"}
    assert [status for status, *_ in examine("uv", uv, **chosen)] == ["ok"]
    for variable, value, named in [
        ("UV_DEFAULT_INDEX", INDEX, False),
        ("UV_INDEX_URL", INDEX, False),
        ("UV_INDEX", f"https://example.com/simple private={INDEX}", False),
        ("UV_DEFAULT_INDEX", INDEX.replace("//", "//aws@"), True),
        ("UV_DEFAULT_INDEX", f"private={SHARED}/simple/", True),
    ]:
        [(status, said, _)] = examine("uv", uv, **chosen, **{variable: value})
        assert status == ("ok" if named else "warning"), value
        assert named or said.endswith(f"does not query the keyring for {INDEX}: it has no user name")
    private = {**chosen, "UV_INDEX": f"my-private={INDEX}", "UV_INDEX_MY_PRIVATE_USERNAME": "aws"}
    assert [status for status, *_ in examine("uv", uv, **private)] == ["ok"]


PROVIDER = 'keyring-provider = "subprocess"\n'


@pytest.mark.parametrize(
    ("path", "text", "status"),
    [
        ("project/uv.toml", f'{PROVIDER}[[index]]\nurl = "{INDEX}"\n', "warning"),
        ("project/uv.toml", f'{PROVIDER}[[index]]\nurl = "{INDEX}"\nauthenticate = "always"\n', "ok"),
        ("project/pyproject.toml", f'[tool.uv]\n{PROVIDER}[[tool.uv.index]]\nurl = "{INDEX}"\n', "warning"),
        ("project/pyproject.toml", f"[tool.uv]\n{PROVIDER}", "ok"),
        ("project/pyproject.toml", "tool = 1", "warning"),
        ("project/pyproject.toml", "no TOML", "warning"),
        ("project/pyproject.toml", f"[tool.uv]\n{PROVIDER}index = 1\n", "ok"),
        ("pyproject.toml", f"[tool.uv]\n{PROVIDER}", "ok"),
        ("config/uv/uv.toml", PROVIDER, "ok"),
        ("config/uv/uv.toml", f'{PROVIDER}[[index]]\nurl = "{INDEX}"\n', "warning"),
    ],
)
def test_uv_as_it_is_configured(examine, uv, home, path, text, status):
    (home.folder / path).parent.mkdir(exist_ok=True)
    (home.folder / path).write_text(text)
    [(found_status, said, _)] = examine("uv", uv)
    if sys.version_info < (3, 11):
        assert (found_status, said.partition(", ")[2]) == (
            "ok",
            "this Python has no TOML parser for its settings",
        )
    else:
        assert found_status == status


def test_uv_settings_that_are_switched_off_or_elsewhere(examine, uv, home):
    (home.folder / "project" / "uv.toml").write_text(PROVIDER)
    assert examine("uv", uv, UV_NO_CONFIG="1")[0][0] == "warning"
    (home.folder / "other.toml").write_text("")
    if sys.version_info >= (3, 11):
        assert examine("uv", uv, UV_CONFIG_FILE=str(home.folder / "other.toml"))[0][0] == "warning"
