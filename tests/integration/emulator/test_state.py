"""The emulator's content in a folder: it survives whatever ends the process, and nothing else is there."""

import json
import signal
import subprocess
import sys

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from keyrings.codeartifact.emulator.index import wheels
from support.commands import error_text, split_error

DOMAIN = {"domain": "acme", "domainOwner": "111122223333"}
TEAM = {**DOMAIN, "repository": "team"}
PACKAGE = {**TEAM, "format": "pypi", "package": "own-tools"}
POLICY = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
SEED = f"""
enforce_iam: true
pypi: public
domains:
  - name: acme
    owner: "111122223333"
    region: us-east-1
    repositories: [{{name: gate, external_connections: ['public:pypi']}}, {{name: team, upstreams: [gate], packages: [own_tools-1.0-*]}}]
users:
  - {{name: me, account: "111122223333", access_key_id: AKIAKEPT000000000001, secret_access_key: made-up, policies: [{json.dumps(POLICY)}]}}
"""


class Kept:
    """An emulator with its state in a folder, and boto3's clients for it."""

    def __init__(self, start, folder):
        self.folder = folder
        self.command = start("--seed", str(folder / "seed.yaml"), "--state", str(folder / "state"))

    def __enter__(self):
        self.command.__enter__()
        self.environ = self.command.exports()
        return self

    def __exit__(self, *_):
        self.command.__exit__()

    def client(self, service="codeartifact", key="AKIAKEPT000000000001", secret="made-up"):
        proxies = {"https": self.environ["HTTPS_PROXY"]}
        config = Config(proxies=proxies, retries={"total_max_attempts": 1})
        return boto3.client(
            service,
            "us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            verify=self.environ["AWS_CA_BUNDLE"],
            config=config,
        )

    def kill(self):
        self.command.signal(signal.SIGKILL)
        self.command.end()

    def install(self, *packages):
        """Install packages with pip and the seed's user; return what is in the folder then."""
        token = self.client().get_authorization_token(**DOMAIN)["authorizationToken"]
        host = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
        target = self.folder / f"target-{len(list(self.folder.iterdir()))}"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--target", target]
        index = ("--index-url", f"https://aws:{token}@{host}/pypi/team/simple/")
        subprocess.run([*command, *index, *packages], env={**self.environ, "HOME": str(self.folder)}, check=True)
        return sorted(path.name for path in target.glob("*.py"))


@pytest.fixture
def kept(start, tmp_path):
    """Return a function that starts an emulator, each time with the same folder."""
    (tmp_path / "public").mkdir()
    wheels.build(tmp_path / "public", "public-tools")
    wheels.build(tmp_path, "own-tools")
    (tmp_path / "seed.yaml").write_text(SEED)
    return lambda: Kept(start, tmp_path)


def test_all_of_it_survives_a_kill(kept, tmp_path):
    with kept() as emulator:
        api, iam = emulator.client(), emulator.client("iam")
        assert emulator.install("own-tools", "public-tools") == ["own_tools.py", "public_tools.py"]
        api.create_repository(**DOMAIN, repository="other", description="later", tags=[{"key": "a", "value": "b"}])
        api.update_package_versions_status(**PACKAGE, versions=["1.0"], targetStatus="Unlisted")
        api.put_package_origin_configuration(
            **{**PACKAGE, "package": "taken"}, restrictions={"publish": "ALLOW", "upstream": "BLOCK"}
        )
        iam.create_user(UserName="second")
        key = iam.create_access_key(UserName="second")["AccessKey"]
        iam.put_user_policy(UserName="second", PolicyName="all", PolicyDocument=json.dumps(POLICY))
        iam.create_role(
            RoleName="ci",
            AssumeRolePolicyDocument=json.dumps(
                {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}
            ),
        )
        before = described(api)
        emulator.kill()
    # A process that dies while it fetches leaves a file behind.
    left = tmp_path / "state" / "packages" / ("0" * 32)
    left.write_bytes(b"half")
    (tmp_path / "public" / "public_tools-1.0-py3-none-any.whl").unlink()
    with kept() as emulator:
        api = emulator.client(key=key["AccessKeyId"], secret=key["SecretAccessKey"])
        assert described(api) == before
        assert emulator.install("public-tools") == ["public_tools.py"]
        assert [role["RoleName"] for role in emulator.client("iam").list_roles()["Roles"]] == ["ci"]
        assert not left.exists()
        # It still enforces what the seed says.
        with pytest.raises(ClientError, match=r"UnrecognizedClientException|InvalidClientTokenId"):
            emulator.client(key="AKIAOTHER00000000001").list_domains()


def described(api):
    """Return all that the API says about the domain."""
    repositories = [one["name"] for one in api.list_repositories_in_domain(**DOMAIN)["repositories"]]
    found = [without_metadata(api.describe_domain(**DOMAIN))]
    for name in repositories:
        found.append(without_metadata(api.describe_repository(**DOMAIN, repository=name)))
        packages = api.list_packages(**DOMAIN, repository=name)["packages"]
        found.extend(packages)
        for package in packages:
            which = {**DOMAIN, "repository": name, "format": "pypi", "package": package["package"]}
            found.append(without_metadata(api.list_package_versions(**which)))
    return found


def without_metadata(response):
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def test_a_deletion_that_was_not_saved_has_happened(kept, tmp_path):
    """A process that is killed between deleting files and writing the state."""
    with kept():
        pass
    for path in (tmp_path / "state" / "packages").iterdir():
        path.unlink()
    with kept() as emulator, pytest.raises(ClientError, match="ResourceNotFoundException"):
        emulator.client().describe_package_version(**PACKAGE, packageVersion="1.0")


def test_a_disabled_key_stays_that(kept):
    with kept() as emulator:
        iam = emulator.client("iam")
        iam.create_user(UserName="second", Path="/ci/")
        key = iam.create_access_key(UserName="second")["AccessKey"]
        iam.update_access_key(UserName="second", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with kept() as emulator:
        assert emulator.client("iam").get_user(UserName="second")["User"]["Path"] == "/ci/"
        with pytest.raises(ClientError):
            emulator.client(key=key["AccessKeyId"], secret=key["SecretAccessKey"]).list_domains()


def test_a_folder_of_others(start, kept, tmp_path):
    """Whose files are not the emulator's to delete."""
    own = tmp_path / "state" / "packages" / "package.json"
    own.parent.mkdir(parents=True)
    own.touch()
    _, _, errors = kept().command.end()
    assert "has files, but no emulator's state is beside it; name another folder [CA904]\n" in errors
    content = {"version": 1, "users": [], "roles": [], "identity_providers": [], "domains": []}
    (own.parent.parent / "state.json").write_text(json.dumps(content))
    with start("--state", str(tmp_path / "state")) as command:
        assert command.line().startswith("# CodeArtifact emulator")
        assert own.exists()


def test_a_first_start_that_was_killed(kept, tmp_path):
    """Before there was a state: what it has stored is no other program's."""
    left = tmp_path / "state" / "packages" / ("0" * 32)
    left.parent.mkdir(parents=True)
    left.touch()
    with kept() as emulator:
        assert not left.exists()
        assert emulator.install("own-tools") == ["own_tools.py"]


def test_a_first_state_that_cannot_be_saved(kept, tmp_path):
    (tmp_path / "state" / "state.json.new").mkdir(parents=True)
    code, _, errors = kept().command.end()
    line = "the state cannot be saved (Is a directory); free space, or name another folder"
    assert (code, errors) == (2, error_text(line, "CA904"))


def test_a_state_that_cannot_be_saved(kept, tmp_path):
    """The client does not learn of a success."""
    with kept() as emulator:
        (tmp_path / "state" / "state.json.new").mkdir()
        with pytest.raises(BotoCoreError):
            emulator.client().create_repository(**DOMAIN, repository="other")
        emulator.command.signal(signal.SIGTERM)
        _, _, errors = emulator.command.end()
    assert "emulator: the state cannot be saved (Is a directory): a request gets no response\n" in errors


def test_tokens_are_not_kept(kept, tmp_path):
    with kept() as emulator:
        token = emulator.client().get_authorization_token(**DOMAIN)["authorizationToken"]
    assert token not in (tmp_path / "state" / "state.json").read_text()


def test_it_is_private(kept, tmp_path):
    with kept():
        pass
    state = tmp_path / "state" / "state.json"
    assert (state.stat().st_mode & 0o777, sorted(path.name for path in state.parent.iterdir())) == (
        0o600,
        ["lock", "packages", "state.json"],
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "cannot be read (JSONDecodeError); use another folder"),
        ("[]", "cannot be read (TypeError); use another folder"),
        ('{"version": 1}', "cannot be read (KeyError); use another folder"),
        ('{"version": 1, "users": [{"account": 1}]}', "cannot be read (TypeError); use another folder"),
        ('{"version": 0}', "is of another version of the emulator; use another folder"),
    ],
)
def test_a_file_that_is_none(kept, tmp_path, content, problem):
    state = tmp_path / "state" / "state.json"
    state.parent.mkdir()
    state.write_text(content)
    _, _, errors = kept().command.end()
    assert errors == error_text(f"{state} {problem}", "CA904")
    assert state.read_text() == content


def test_a_folder_in_use_or_not_writable(start, kept, tmp_path):
    with kept():
        _, _, errors = kept().command.end()
        message = f"another emulator uses {tmp_path / 'state'}; end it, or name another folder"
        assert errors == error_text(message, "CA904")
    exit_code, _, errors = start("--state", "/proc/state").end()
    message, code = split_error(errors)
    assert (exit_code, code) == (2, "CA904")
    assert message.startswith("the state cannot be kept in /proc/state (")
