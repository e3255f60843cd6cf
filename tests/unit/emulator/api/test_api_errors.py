"""AWS error responses in both protocols."""

import json
from xml.etree import ElementTree as ET

from keyrings.codeartifact.emulator.api.errors import APIError, forbidden


def test_json():
    """REST-JSON, with the code in a header, and JSON, with the code in the body."""
    headers, body = APIError("ThrottlingException", 429, "slow <down>").render(is_query=False)
    assert headers["x-amzn-ErrorType"] == "ThrottlingException"
    assert json.loads(body) == {"__type": "ThrottlingException", "message": "slow <down>"}


def test_query_protocol():
    headers, body = APIError("Throttling", 429, "slow <down>").render(is_query=True)
    namespace = "{https://sts.amazonaws.com/doc/2011-06-15/}"
    error = ET.fromstring(body).find(f"{namespace}Error")
    assert headers == {"Content-Type": "text/xml"}
    assert [error.find(f"{namespace}{name}").text for name in ("Code", "Message")] == ["Throttling", "slow <down>"]


def test_the_code_depends_on_the_protocol():
    codes = ("AccessDeniedException", "AccessDenied")
    assert [forbidden(codes, "no", is_query=is_query).code for is_query in (False, True)] == list(codes)
    assert forbidden(codes, "no").status == 403
