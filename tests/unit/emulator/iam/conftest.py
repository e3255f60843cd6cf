"""Requests that are signed as clients of AWS sign theirs."""

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from werkzeug.test import create_environ

from keyrings.codeartifact.emulator.api import calls

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def signed():
    """A function that signs a request, changes its headers afterwards, and returns it as the emulator reads it."""

    def signed(keys, host, path="/", *, method="POST", body=b"", headers=None, scope=None, change=None):
        service = host.partition(".")[0]
        all_headers = {"Host": host, **(FORM if service in calls.QUERY_SERVICES else {}), **(headers or {})}
        request = AWSRequest(method, f"https://{host}{path}", headers=all_headers, data=body)
        SigV4Auth(Credentials(*keys), *(scope or (service, "us-east-1"))).add_auth(request)
        sent = dict(request.headers.items())
        environ = create_environ(
            path, f"https://{host}", method=method, data=body, headers=change(sent) if change else sent
        )
        return calls.parse(environ, host), environ | {"RAW_URI": path}

    return signed
