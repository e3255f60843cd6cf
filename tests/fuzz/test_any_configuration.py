"""Whatever environment and file say together: settings that can be used, or the place of the mistake; never a secret."""

import os
import re

import pytest
from hostile import ACME, MARK, OTHER_URL, ROLE, TEXT, URL, assert_harmless, examples, mutated
from hypothesis import given
from hypothesis import strategies as st

from keyrings.codeartifact.config import identity
from keyrings.codeartifact.config.explanation import explain
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import ReadyToken, StaticKeys, VariableToken

WINNER, DEFAULTS = '[codeartifact domain="acme"]', "[codeartifact]"
ENVIRONMENT = "the environment"
LAYERS = (ENVIRONMENT, WINNER, DEFAULTS)
GROUPS = {group: {name for name, option in OPTIONS.items() if option.group == group} for group in ("source", "role")}
# Longer than a name: pasted where a path belongs, it is known as a token.
PASTED = f"{MARK}{'x' * 80}"
PIECES = (
    *(" ", "\t", "\n", "\r\n", "\x1b[2J", "\x7f", "\x85", "\u2028", "٣", "é", "-", "+", ".", ",", "_", "0", "9999999999"),
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def files(tmp_path_factory):
    """Relative paths lead to these files."""
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
    "~nobody-of-that-name/x",
    PASTED,
    "x" * 5000,
)


def good(layer):
    """What an option may be, by its name; what is of a group tells of which layer it is."""
    number = LAYERS.index(layer)
    return {
        "auth_token": [f"{MARK}ready-{number}"],
        "auth_token_file": [f"token-{number}"],
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
    }


# What nobody repeats, whatever is put there; a path is told, but for what looks like a token.
PRIVATE = [name for name, option in OPTIONS.items() if option.private and not name.endswith(("_url", "_file"))]
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
    "cache_dir": ["relative", "~nobody-of-that-name"],
    "verify": ["gone", "folder", ""],
} | {name: [f"{MARK} x", f"{MARK}\x1b", f"{MARK}é", PASTED] for name in PRIVATE}


def options(layer, texts):
    """Some options of a layer."""
    names = st.sampled_from(sorted(OPTIONS)) | st.sampled_from(sorted(GROUPS["source"] | GROUPS["role"]))
    # What goes together, more often than it would.
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


def good_texts(layer, name):
    values = st.sampled_from(good(layer)[name])
    return values if layer == ENVIRONMENT else values | values | st.just("")


def odd_texts(layer, name):
    made_up = mutated(st.sampled_from(good(layer)[name]), PIECES) | (TEXT if layer == ENVIRONMENT else st.text())
    return st.sampled_from(BAD.get(name, PATHS)) | st.sampled_from(PATHS) | made_up


def any_texts(layer, name):
    usual, odd = st.sampled_from(good(layer)[name]), odd_texts(layer, name)
    return st.integers(0, 7).flatmap(lambda chance: usual if chance else odd)


# Without which an option is no use.
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
    """One odd option, beside which all is well."""
    layer, name = draw(st.sampled_from(LAYERS)), draw(st.sampled_from(sorted(OPTIONS)))
    said = {companion: good(layer)[companion][0] for companion in COMPANIONS.get(name, ())}
    return {ENVIRONMENT: {}, WINNER: {}, DEFAULTS: {}, layer: {**said, name: draw(odd_texts(layer, name))}}


def layers(texts):
    return st.fixed_dictionaries({layer: options(layer, texts) for layer in LAYERS})


INDEX_URLS = st.sampled_from(["", URL, OTHER_URL])


def written(said, index_url):
    """Return the environment that says all that."""
    text = "".join(
        f"{header}\n" + "".join(f"{name} = {value}\n" for name, value in said[header].items())
        for header in (WINNER, DEFAULTS)
    )
    variables = {OPTIONS[name].variable: value for name, value in said[ENVIRONMENT].items()}
    return {"CODEARTIFACT_CONFIG": text, "CODEARTIFACT_INDEX_URL": index_url, **variables}


def assert_usable(settings):
    """It is what the contract promises, whoever reads it."""
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
        case ReadyToken(value):
            assert re.fullmatch(r"[!-~]+", value)
        case VariableToken(name):
            assert re.fullmatch(r"[A-Za-z0-9_]+", name)
        case StaticKeys(key_id, secret, token):
            assert all(re.fullmatch(r"[!-~]+", part) for part in (key_id, secret, token or "-"))


@examples(10)
@given(one_is_odd() | layers(any_texts), INDEX_URLS)
def test_any_configuration_is_usable_or_a_mistake_with_its_place(said, index_url):
    environ = written(said, index_url)
    try:
        settings = resolve(ACME, environ)
    except ConfigurationError as error:
        assert_harmless(error, *(OPTIONS[name].variable for name in said[ENVIRONMENT]), "CODEARTIFACT_CONFIG")
        return
    assert_usable(settings)
    shown = (settings, explain(ACME, environ), identity.describe(settings.source, settings.origins))
    # But for one in the place of a name, which can only be known by its look.
    assert all(MARK not in repr(one).replace(PASTED, "") for one in shown)


@examples(8)
@given(layers(good_texts), INDEX_URLS)
def test_source_and_role_come_from_one_layer_each(said, index_url):
    try:
        settings = resolve(ACME, written(said, index_url))
    except ConfigurationError as error:
        assert_harmless(error, " (CODEARTIFACT_", " of CODEARTIFACT_CONFIG)")
        return
    held = dict(said)
    if index_url != URL:
        # A ready token is for the domain that is named, and a file with one not for another.
        unbound = {"auth_token", "auth_token_file"} if index_url else {"auth_token"}
        held[ENVIRONMENT] = {name: value for name, value in said[ENVIRONMENT].items() if name not in unbound}
    for group, names in GROUPS.items():
        layer = next((layer for layer in LAYERS if names & set(held[layer])), ENVIRONMENT)
        place = layer if layer == ENVIRONMENT else f"{layer} of CODEARTIFACT_CONFIG"
        assert {
            origin if layer != ENVIRONMENT else place for name, origin in settings.origins.items() if name in names
        } <= {place}
        digits = {
            digit for text in _strings(getattr(settings, group)) for digit in re.findall(r"(?<=[-_ A])\d\Z", text)
        }
        assert digits <= {str(LAYERS.index(layer))}
        assert bool(getattr(settings, group)) == any(held[layer].get(name) for name in names)
    for name in OPTIONS.keys() - GROUPS["source"] - GROUPS["role"]:
        found = next((said[layer][name] for layer in LAYERS if name in said[layer]), "")
        if found:
            assert getattr(settings, name) == OPTIONS[name].read(found)


def _strings(values):
    return [str(value) for value in values or () if value]
