"""Made-up secrets, and the configuration that has them."""

from support.leaks.search import Secrets
from support.seed import RELEASE

INDEX, HOST = f"{RELEASE}/simple/", RELEASE.split("/")[2]
ASK, ASSUME, ASSUME_WEB = "GetAuthorizationToken", "AssumeRole", "AssumeRoleWithWebIdentity"
ROLE = "arn:aws:iam::111122223333:role/reader"
ALWAYS = 1000
SECRETS = Secrets()
CHAIN_KEY, CHAIN_SESSION = SECRETS.key("the chain's key"), SECRETS.session_token("the chain's session token")
KEY, SESSION = SECRETS.key("the file's key"), SECRETS.session_token("the file's session token")
PROFILE_KEY, PROFILE_SESSION = SECRETS.key("the profile's key"), SECRETS.session_token("the profile's session token")
OTHER_KEY, OTHER_TOKEN = SECRETS.key("another section's key"), SECRETS.token("another section's token")
PROCESS_KEY = SECRETS.key("the credential_process' key")
READY = SECRETS.token("the ready token")
RUNNER = SECRETS.token("the runner's own token")
SECRETS.tokens -= {OTHER_TOKEN, RUNNER}  # nobody has asked for these
PROXY_PASSWORD, INDEX_PASSWORD = SECRETS.password("the proxy's password"), SECRETS.password("the index' password")
ENDPOINT_PASSWORD = SECRETS.password("the endpoint's password")
URL = INDEX.replace("https://", f"https://aws:{INDEX_PASSWORD}@")
KEYS = f"aws_access_key_id = AKIAFILE000000000001\naws_secret_access_key = {KEY}\naws_session_token = {SESSION}\n"
WITH_ROLE = f"[codeartifact]\n{KEYS}role_arn = {ROLE}\n"
OTHERS = (
    f'[codeartifact account="999988887777"]\naws_access_key_id = AKIAOTHER00000000001\n'
    f'aws_secret_access_key = {OTHER_KEY}\n[codeartifact domain="other"]\nauth_token = {OTHER_TOKEN}\n'
)
AWS = {
    "credentials": f"[own]\naws_access_key_id = AKIAPROFILE000000001\naws_secret_access_key = {PROFILE_KEY}\n"
    f"aws_session_token = {PROFILE_SESSION}\n",
    "config": f"[profile failing]\ncredential_process = sh -c 'cat {{folder}}/credential_process >&2; exit 1'\n"
    f"[profile odd]\ncredential_process = sh -c 'cat {{folder}}/credential_process'\n"
    f"[profile role]\nrole_arn = {ROLE}\nsource_profile = own\n",
}
