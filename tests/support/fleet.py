"""A secret with a shared token, and rotations of it as Secrets Manager does them."""

import json
import time
from uuid import uuid4

from moto.secretsmanager.models import secretsmanager_backends

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.iam.identities import Principal
from keyrings.codeartifact.rotation import handler
from support.seed import INDEX

ACCOUNT, REGION = "111122223333", "eu-west-1"  # the domain is in us-east-1
DOMAIN = {"domain": "acme", "domain_owner": ACCOUNT, "region": "us-east-1"}
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAWRITER0000000001", "AWS_SECRET_ACCESS_KEY": "writer-s3cret"}
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
READ = "GetSecretValue"


def value(token, *, expires=3600, **changes):
    """Return the text of a secret whose token expires in so many seconds."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + expires))
    return json.dumps(DOMAIN | {"token": token, "expires": at} | changes)


def keep(account, domain, role):
    """Make a secret of this account, with a token that a role of it has requested, and return its ARN."""
    writer = Principal(
        f"arn:aws:sts::{account}:assumed-role/{role}/writer", account, f"arn:aws:iam::{account}:role/{role}"
    )
    token, _ = backend_of(account, "us-east-1").issue_token(domain, 3600, writer)
    text = value(token, domain=domain, domain_owner=account)
    secrets = secretsmanager_backends[account]["us-east-1"]
    unset = dict.fromkeys(("secret_binary", "description", "tags", "kms_key_id", "client_request_token"))
    made = secrets.create_secret(
        f"codeartifact/{uuid4().hex}", secret_string=text, replica_regions=[], force_overwrite=False, **unset
    )
    return json.loads(made)["ARN"]


class SharedSecret:
    """A secret in the emulator, first without a token, and the environment of its rotation function."""

    def __init__(self, emulator, client):
        self.environ = {
            **emulator.environment(),
            **KEYS,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CODEARTIFACT_INDEX_URL": INDEX,
        }
        self.client = client("secretsmanager", REGION)
        self.arn = self.client.create_secret(Name=f"codeartifact/{uuid4().hex}", SecretString="{}")["ARN"]

    def begin(self):
        """Return a new version that has a stage and no value: what Secrets Manager makes before the first step."""
        version = str(uuid4())
        pending = {"createdate": int(time.time()), "version_id": version, "version_stages": ["AWSPENDING"]}
        self._held.remove_version_stages_from_old_versions(["AWSPENDING"])
        self._held.versions[version] = pending
        return version

    def call(self, step, version, function=handler):
        """Call the rotation function with a step."""
        function({"Step": step, "SecretId": self.arn, "ClientRequestToken": version}, None)

    def rotate(self, steps=STEPS):
        """Rotate, and return the new version."""
        version = self.begin()
        self.call_all(version, steps)
        return version

    def call_all(self, version, steps=STEPS):
        """Call the rotation function with all steps."""
        for step in steps:
            self.call(step, version)

    def put(self, text, version=None):
        """Write a value, without the rotation function: of a version that is pending, else the current one."""
        if version:
            self._held.versions[version]["secret_string"] = text
        else:
            self.client.put_secret_value(SecretId=self.arn, SecretString=text)

    def get(self, stage="AWSCURRENT"):
        """Return what the secret holds."""
        return json.loads(self.client.get_secret_value(SecretId=self.arn, VersionStage=stage)["SecretString"])

    def stages(self):
        """Return the stages of each version."""
        return self.client.describe_secret(SecretId=self.arn)["VersionIdsToStages"]

    @property
    def _held(self):
        return secretsmanager_backends[ACCOUNT][REGION].secrets[self.arn]
