"""moto's server, as a part of the emulator's application."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

_HOSTS = 256


class Dispatcher(DomainDispatcherApplication):
    """moto's dispatcher, which determines a host's service once: moto lists its own folder to do so."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._service_of = lru_cache(_HOSTS)(super().get_backend_for_host)

    def get_backend_for_host(self, host: str | None) -> Any:
        """Return the name of the service of ``host``, None if there is none."""
        return self._service_of(host)
