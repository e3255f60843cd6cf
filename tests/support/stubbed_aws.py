"""AWS in a test's process: responses that are queued, without a network."""

import botocore.session
from botocore.stub import Stubber


class StubbedAWS:
    """Gives each request, which has a client of botocore of its own, the next response; it must be the expected one."""

    def __init__(self, monkeypatch):
        self.clients = []  # service and region of each
        self._queue, self._stubs = [], []
        create_client = botocore.session.Session.create_client

        def create(session, *arguments, **options):
            client = create_client(session, *arguments, **options)
            self.clients.append((client.meta.service_model.service_name, client.meta.region_name))
            self._stubs.append(Stubber(client))
            self._queue.pop(0)(self._stubs[-1])
            self._stubs[-1].activate()
            return client

        monkeypatch.setattr(botocore.session.Session, "create_client", create)

    def respond(self, operation, response, **expected):
        """Queue the response to a request for ``operation`` with exactly the ``expected`` parameters."""
        self._queue.append(lambda stub: stub.add_response(operation, response, expected))

    def fail(self, operation, code, **expected):
        """Queue a failure with this error code, likewise."""
        self._queue.append(lambda stub: stub.add_client_error(operation, code, "x", 400, expected_params=expected))

    def check(self):
        """Assert that all responses were used."""
        assert self._queue == []
        for stub in self._stubs:
            stub.assert_no_pending_responses()
