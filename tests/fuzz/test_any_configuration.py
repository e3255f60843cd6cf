"""Any environment and file give usable settings, or an error that names the place; never a secret."""

import functools
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyrings.codeartifact.config.explanation import explain
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import Source
from support.hostile import ACME, MARK, OTHER_URL, ROLE, TEXT, URL, assert_harmless, examples, mutated

WINNER, DEFAULTS = '[codeartifact domain="acme"]', "[codeartifact]"
ENVIRONMENT = "the environment"
LAYERS = (ENVIRONMENT, WINNER, DEFAULTS)
GROUPS = {group: {name for name, option in OPTIONS.items() if option.group == group} for group in ("source", "role")}
# Longer than a name: recognized as a token where a path is expected.
PASTED = f"{MARK}{'x' * 80}"
PIECES = (
    *(" ", "\t", "\n", "\r\n", "\x1b[2J", "\x7f", "\x85", "\u2028", "٣", "é", "-", "+", ".", ",", "_", "0", "9999999999"),
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def files(tmp_path_factory):
    """Files that relative paths name."""
    folder = tmp_path_factory.mktemp("files")
    for layer in range(len(LAYERS)):
        (folder / f"token-{layer}").write_text(f"{MARK}file-{layer}\n")
    (folder / "empty").touch()
    (folder / "bytes").write_bytes(b"\xff\0")
    (folder / "lines").write_text(f"{MARK}\n{MARK}\n")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


PATHS = (
    "empty",
    "bytes",
    "lines",
    "folder",
    "pipe",
    "gone",
    "token-0/x",
    "~",
    "~no-such-user/x",
    PASTED,
    "x" * 5000,
)


def good(layer):
    """Return valid texts of each option; those of groups contain the number of the layer."""
    number = LAYERS.index(layer)
    return {
        "auth_token": [f"{MARK}issued-{number}"],
        "auth_token_file": [f"token-{number}"],
        "auth_token_secret": ["arn:aws:secretsmanager:us-east-1:111122223333:secret:acme-A1b2C3"],
        "oidc_token_variable": [f"ID_TOKEN_{number}"],
        "oidc_audience": [f"api://audience-{number}"],
        "web_identity_token_file": [f"token-{number}"],
        "aws_access_key_id": [f"AKIA{number}"],
        "aws_secret_access_key": [f"{MARK}secret-{number}"],
        "aws_session_token": [f"{MARK}session-{number}"],
        "profile_name": [f"profile {number}"],
        "role_arn": [f"{ROLE}-{number}"],
        "role_session_name": [f"session-{number}"],
        "external_id": [f"external-{number}"],
        "token_duration": ["0", "900", "43200"],
        "endpoint_url": ["https://vpce.example:8443/x", "http://127.0.0.1:1"],
        "sts_endpoint_url": ["https://sts.example", "http://[::1]:9/"],
        "verify": ["true", "no", "ON", "token-0", '"token-1"'],
        "cache": ["on", "OFF", "1"],
        "cache_dir": ["/nowhere", "~/x"],
        "connect_timeout": ["0.5", "3600"],
        "read_timeout": ["1", "2.25"],
        "max_attempts": ["1", "10"],
        "deadline": ["0.1", "20"],
        "throttle_timeout": ["0.1", "120"],
    }


# Never repeated, whatever the text is; a path is, unless it looks like a token.
SENSITIVE = [name for name, option in OPTIONS.items() if option.sensitive and not name.endswith(("_url", "_file"))]
BAD = {
    "token_duration": ["899", "43201", "-1", "1e3", "9" * 9, "٩٠٠"],
    "endpoint_url": [
        f"https://a:{MARK}@vpce.example",
        f"http://{MARK}.example",
        "https://x:99999",
        "http://127.0.0.1@evil.example",
        "http://127.0.0.1.evil.example/",
        "http://10.0.0.1:4566",
        "http://127.0.0.1.1",
        "http://127.0",
    ],
    "sts_endpoint_url": [f"https://x/?{MARK}", "ftp://x", "http://evil.example", "http://localhost.evil.example:80/x"],
    "role_arn": [f"{ROLE}é", f"{ROLE}٣", f"{ROLE} x", "arn:aws:iam::111122223333:user/x"],
    "role_session_name": ["jób", "٣٣", "a b", "a", "x" * 65],
    "external_id": ["é-1", "a b", "x" * 1225],
    "max_attempts": ["0", "11"],
    "deadline": ["0", "0.0", "inf", "nan", "3601"],
    "throttle_timeout": ["0", "3601"],
    "cache_dir": ["relative", "~no-such-user"],
    "verify": ["gone", "folder", ""],
} | {name: [f"{MARK} x", f"{MARK}\x1b", f"{MARK}é", PASTED] for name in SENSITIVE}


def options(layer, texts):
    """Return some options of a layer."""
    names = st.sampled_from(sorted(OPTIONS)) | st.sampled_from(sorted(GROUPS["source"] | GROUPS["role"]))
    # Options that belong together, more often than by chance.
    pairs = st.sampled_from(
        [
            {"aws_access_key_id", "aws_secret_access_key"},
            {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"},
            {"oidc_audience", "role_arn"},
            {"role_arn", "role_session_name", "external_id"},
            {"web_identity_token_file", "role_arn"},
        ]
    )
    chosen = st.sets(names, max_size=3) | st.builds(set.union, st.sets(names, max_size=1), pairs)
    return chosen.flatmap(lambda some: st.fixed_dictionaries({name: texts(layer, name) for name in sorted(some)}))


@functools.cache
def good_texts(layer, name):
    values = st.sampled_from(good(layer)[name])
    return values if layer == ENVIRONMENT else values | values | st.just("")


@functools.cache
def odd_texts(layer, name):
    made_up = mutated(st.sampled_from(good(layer)[name]), PIECES) | (TEXT if layer == ENVIRONMENT else st.text())
    return st.sampled_from(BAD.get(name, PATHS)) | st.sampled_from(PATHS) | made_up


@functools.cache
def any_texts(layer, name):
    usual, odd = st.sampled_from(good(layer)[name]), odd_texts(layer, name)
    return st.integers(0, 7).flatmap(lambda chance: usual if chance else odd)


# The options that an option requires.
COMPANIONS = {
    "oidc_token_variable": ["role_arn"],
    "oidc_audience": ["role_arn"],
    "web_identity_token_file": ["role_arn"],
    "role_session_name": ["role_arn"],
    "external_id": ["role_arn"],
    "aws_access_key_id": ["aws_secret_access_key"],
    "aws_secret_access_key": ["aws_access_key_id"],
    "aws_session_token": ["aws_access_key_id", "aws_secret_access_key"],
}


@st.composite
def one_is_odd(draw):
    """Return one odd option, with all others valid."""
    layer, name = draw(st.sampled_from(LAYERS)), draw(st.sampled_from(sorted(OPTIONS)))
    options = {companion: good(layer)[companion][0] for companion in COMPANIONS.get(name, ())}
    return {ENVIRONMENT: {}, WINNER: {}, DEFAULTS: {}, layer: {**options, name: draw(odd_texts(layer, name))}}


def layers(texts):
    return st.fixed_dictionaries({layer: options(layer, texts) for layer in LAYERS})


INDEX_URLS = st.sampled_from(["", URL, OTHER_URL])


def environment(options, index_url):
    """Return the environment that sets these options of each layer."""
    text = "".join(
        f"{header}\n" + "".join(f"{name} = {value}\n" for name, value in options[header].items())
        for header in (WINNER, DEFAULTS)
    )
    variables = {OPTIONS[name].variable: value for name, value in options[ENVIRONMENT].items()}
    return {"CODEARTIFACT_CONFIG": text, "CODEARTIFACT_INDEX_URL": index_url, **variables}


def assert_usable(settings):
    """Assert that the settings are within the limits of the contract."""
    assert settings.token_duration == 0 or 900 <= settings.token_duration <= 43200
    assert all(0 < seconds <= 3600 for seconds in (settings.connect_timeout, settings.read_timeout, settings.deadline))
    assert 1 <= settings.max_attempts <= 10
    assert isinstance(settings.cache, bool)
    assert settings.cache_dir is None or os.path.isabs(settings.cache_dir)
    assert isinstance(settings.verify, bool) or os.path.isfile(settings.verify)
    for url in filter(None, (settings.endpoint_url, settings.sts_endpoint_url)):
        assert re.match(r"https://[^@?#]+\Z|http://(localhost|127(\.\d{1,3}){3}|\[::1\])(?![\w.-])", url)
        assert url.isascii()
    if settings.role:
        assert re.fullmatch(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[!-~]+", settings.role.arn)
        assert re.fullmatch(r"[!-~]{2,64}", settings.role.session_name)
        assert re.fullmatch(r"[!-~]{2,1224}", settings.role.external_id or "--")
    match settings.source:
        case Source("auth_token" | "auth_token_file", value):
            assert re.fullmatch(r"[!-~]+", value)
        case Source("oidc_token_variable", name):
            assert re.fullmatch(r"[A-Za-z0-9_]+", name)
        case Source("aws_access_key_id", key_id, _, secret, token):
            assert all(re.fullmatch(r"[!-~]+", part) for part in (key_id, secret, token or "-"))


@examples(10)
@given(one_is_odd() | layers(any_texts), INDEX_URLS)
def test_any_configuration_is_usable_or_an_error_with_its_place(options, index_url):
    environ = environment(options, index_url)
    try:
        settings = resolve(ACME, environ)
    except ConfigurationError as error:
        assert_harmless(error, *(OPTIONS[name].variable for name in options[ENVIRONMENT]), "CODEARTIFACT_CONFIG")
        return
    assert_usable(settings)
    shown = (settings, explain(ACME, environ), settings.identity, settings.source.options())
    # Except one that was pasted as a name, which only its form tells.
    assert all(MARK not in repr(one).replace(PASTED, "") for one in shown)
    assert PASTED not in settings.identity + repr(settings.source.options())


@examples(8)
@given(layers(good_texts), INDEX_URLS)
def test_source_and_role_come_from_one_layer_each(options, index_url):
    try:
        settings = resolve(ACME, environment(options, index_url))
    except ConfigurationError as error:
        assert_harmless(error, " (CODEARTIFACT_", " of CODEARTIFACT_CONFIG)")
        return
    effective = dict(options)
    if index_url != URL:
        # A pre-issued token applies to the named domain, and a file or a secret with one to no other.
        unbound = {"auth_token", "auth_token_file", "auth_token_secret"} if index_url else {"auth_token"}
        effective[ENVIRONMENT] = {name: value for name, value in options[ENVIRONMENT].items() if name not in unbound}
    for group, names in GROUPS.items():
        layer = next((layer for layer in LAYERS if names & set(effective[layer])), ENVIRONMENT)
        place = layer if layer == ENVIRONMENT else f"{layer} of CODEARTIFACT_CONFIG"
        assert {
            origin if layer != ENVIRONMENT else place for name, origin in settings.origins.items() if name in names
        } <= {place}
        found = getattr(settings, group)
        digits = {digit for text in _strings(found) for digit in re.findall(r"(?<=[-_ A])\d\Z", text)}
        assert digits <= {str(LAYERS.index(layer))}
        assert (found not in (None, Source())) == any(effective[layer].get(name) for name in names)
    for name in OPTIONS.keys() - GROUPS["source"] - GROUPS["role"]:
        text = next((effective[layer][name] for layer in LAYERS if name in effective[layer]), "")
        if text:
            assert getattr(settings, name) == OPTIONS[name].parse(text)


def _strings(values):
    return [str(value) for value in values or () if value]
