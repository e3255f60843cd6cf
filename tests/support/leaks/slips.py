"""Mistakes in configuration, variables and arguments that put a secret where none belongs."""

import re

from support.leaks.made_up import ENDPOINT_PASSWORD, INDEX, KEY, READY, ROLE, SESSION
from support.leaks.situations import WEB, Situation


def slip(name, config="", environ=None, *, arguments=("token",), **more):
    return Situation(f"slip: {name}", ("slip",), config, environ or {}, arguments=arguments, **more)


# Not `keyring` and clients that import it: it reads the file itself before any backend, and its own traceback repeats
# a broken line.
def broken(
    name,
    line,
    commands=("token", "explain", "doctor", "exec", "cache list, of nothing", "job github", "job gitlab", "front"),
):
    return Situation(f"broken: {name}", commands, line)


# The session token in shape of what it is pasted as: without the signs that a name cannot have.
WORD = re.sub("[^A-Za-z0-9]", "", SESSION)
MISTAKEN = {"key": KEY, "token": READY}
SWAPPED = {"key": KEY, "session token": SESSION}
WRONG_OPTIONS = (
    *(
        "profile_name",
        "token_duration",
        "aws_access_key_id",
        "role_arn",
        "role_session_name",
        "web_identity_token_file",
    ),
    *("oidc_token_variable", "oidc_audience", "auth_token_file", "endpoint_url", "sts_endpoint_url", "verify", "cache"),
    *("cache_dir", "deadline", "max_attempts"),
)
WRONG_VARIABLES = (
    *("CODEARTIFACT_CONFIG", "CODEARTIFACT_CONFIG_FILE", "CODEARTIFACT_INDEX_URL", "CODEARTIFACT_INDEX_NAME"),
    *("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL"),
)
SLIPS = [
    broken("no equals sign", f"[codeartifact]\naws_secret_access_key {KEY}\n"),
    broken("a line break that was lost", f"[codeartifact] aws_secret_access_key = {KEY}\n"),
    broken("no section", f"aws_secret_access_key = {KEY}\n"),
    broken("an option twice", f"[codeartifact]\naws_secret_access_key = {KEY}\naws_secret_access_key = {KEY}\n"),
    broken("a key where its name belongs", f"[codeartifact]\n{KEY} = aws_secret_access_key\n"),
    broken("that twice", f"[codeartifact]\n{WORD} = x\n{WORD} = x\n"),
    broken("an unknown option", f"[codeartifact]\naws_secret = {KEY}\n"),
    broken("half a key", f"[codeartifact]\naws_secret_access_key = {KEY}\n"),
    broken("blanks in a key", f"[codeartifact]\naws_access_key_id = {KEY} {KEY}\n"),
    broken("keys in a section's name", f'[codeartifact aws_secret_access_key="{KEY}"]\nx = y\n'),
    broken("a name that is no qualifier", f"[codeartifact {SESSION}]\nx = y\n"),
    broken("a qualifier that is a token", f'[codeartifact name="{READY}"]\nx = y\n'),
    broken("such a section twice", f'[codeartifact name="{READY}"]\nx = y\n[codeartifact name="{READY}"]\nx = y\n'),
    *(
        slip(f"a {kind} as {option}", "", {f"CODEARTIFACT_{option.upper()}": text, "CODEARTIFACT_ROLE_ARN": ROLE}
             | ({"CODEARTIFACT_ROLE_ARN": text} if option == "role_arn" else {}))
        for option in WRONG_OPTIONS
        for kind, text in MISTAKEN.items()
    ),
    # In no shape that a search could know: what is private is not repeated, whatever it looks like.
    *(
        slip(f"a password in {option}", f"[codeartifact]\n{option} = {text}\n")
        for option, text in {
            "endpoint_url": f"https://user:{ENDPOINT_PASSWORD}@127.0.0.1/",
            "sts_endpoint_url": f"https://user:{ENDPOINT_PASSWORD}@127.0.0.1/",
            "auth_token": f"{ENDPOINT_PASSWORD} {ENDPOINT_PASSWORD}",
            "aws_access_key_id": f"'{ENDPOINT_PASSWORD}'",
            "aws_secret_access_key": f"{ENDPOINT_PASSWORD} {ENDPOINT_PASSWORD}",
            "oidc_token_variable": f"{ENDPOINT_PASSWORD}.x",
        }.items()
    ),
    slip("a word as oidc_token_variable", f"[codeartifact]\noidc_token_variable = x{WORD}\n{WEB}"),
    slip("a key of letters as oidc_token_variable", f"[codeartifact]\noidc_token_variable = x{WORD[:39]}\n{WEB}"),
    *(
        slip(f"a {kind} as {variable}", "", {variable: text})
        for variable in WRONG_VARIABLES
        for kind, text in MISTAKEN.items()
    ),
    *(
        slip(
            f"a {kind} as {variable}",
            "",
            {"CODEARTIFACT_INDEX_URL": "", "CODEARTIFACT_DOMAIN": "acme", "CODEARTIFACT_DOMAIN_OWNER": "111122223333",
             "CODEARTIFACT_REPOSITORY": "release", "CODEARTIFACT_REGION": "us-east-1", variable: text},
        )
        for variable in ("CODEARTIFACT_DOMAIN", "CODEARTIFACT_REGION", "CODEARTIFACT_ENDPOINT_TYPE")
        for kind, text in MISTAKEN.items()
    ),
    *(
        slip(f"a {kind} as a web identity's file", "", {"AWS_WEB_IDENTITY_TOKEN_FILE": text, "AWS_ROLE_ARN": ROLE,
             "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""})
        for kind, text in MISTAKEN.items()
    ),
    *(
        slip(
            f"a {kind} as source_profile",
            "[codeartifact]\nprofile_name = x\n",
            aws={"config": f"[profile x]\nrole_arn = {ROLE}\nsource_profile = {text}\n"},
        )
        for kind, text in SWAPPED.items()
    ),
    *(
        slip(
            f"a {kind} as credential_source",
            "[codeartifact]\nprofile_name = x\n",
            aws={"config": f"[profile x]\nrole_arn = {ROLE}\ncredential_source = {text}\n"},
        )
        for kind, text in SWAPPED.items()
    ),
    slip(
        "a token as the name of a profile that asks for a code",
        f"[codeartifact]\nprofile_name = {WORD}\n",
        aws={"config": f"[profile {WORD}]\nrole_arn = {ROLE}\nsource_profile = own\nmfa_serial = 1\n"},
    ),
    slip(
        "a token as the name of a profile whose process fails",
        f"[codeartifact]\nprofile_name = {WORD}\n",
        aws={"config": f"[profile {WORD}]\ncredential_process = false\n"},
    ),
    slip("a key as CODEARTIFACT_CHECK", "", {"CODEARTIFACT_CHECK": KEY}, arguments=("exec", "true")),
    slip("a token as CODEARTIFACT_CHECK", "", {"CODEARTIFACT_CHECK": READY}, arguments=("exec", "true")),
    slip("a token in a variable's name", "", {f"CODEARTIFACT_{WORD.upper()}": "x"}, arguments=("explain",)),
    slip("a slash in the endpoint's password", "", {"AWS_ENDPOINT_URL": f"https://u:1/{ENDPOINT_PASSWORD}@127.0.0.1"}),
    *(
        slip(f"a {kind} after {' '.join(words)}", arguments=(*words[:-1], f"{words[-1]}{text}"))
        for words in (("",), ("token", "--token="), ("token", INDEX, ""), ("cache", ""), ("env", "--format="), ("token", ""))
        for kind, text in MISTAKEN.items()
    ),
]  # fmt: skip
