"""Tokens that are handed over ready: no AWS is needed."""

import pytest

from support.ci_identities import INDEX, PLAIN


@pytest.mark.parametrize("how", ["variable", "file"])
def test_a_ready_token_needs_no_aws(job, tool, emulator, client, how):
    token = client("codeartifact", keys=(*PLAIN.values(), None)).get_authorization_token(domain="guild")[
        "authorizationToken"
    ]
    emulator.journal.clear()
    (job.folder / "token").write_text(f"{token}\n")
    given = {"CODEARTIFACT_AUTH_TOKEN_FILE": str(job.folder / "token")}
    if how == "variable":
        given = {"CODEARTIFACT_AUTH_TOKEN": token, "CODEARTIFACT_INDEX_URL": INDEX}
    code = (
        "import sys\nfrom keyrings.codeartifact.cli import keyring_get as keyring_cli\n"
        f"sys.argv[1:] = ['get', {INDEX!r}, 'aws']\ncode = keyring_cli.main()\n"
        "assert not {'boto3', 'botocore', 'keyring', 'urllib3', 'threading'} & set(sys.modules)\nsys.exit(code)"
    )
    assert job.succeed(tool.python, "-c", code, **given).stdout == f"{token}\n"
    assert emulator.journal.entries() == []


def test_a_mounted_token(job, tool):
    """In a file system of its own, which is this process' alone."""
    script = (
        f"mount -t tmpfs tmpfs /run && mkdir /run/secrets && echo MOUNTED-token > /run/secrets/CODEARTIFACT_AUTH_TOKEN && "
        f"exec {tool.bin}/codeartifact-keyring get {INDEX} aws"
    )
    done = job.succeed("unshare", "--map-root-user", "--mount", "sh", "-c", script)
    assert done.stdout == "MOUNTED-token\n"
