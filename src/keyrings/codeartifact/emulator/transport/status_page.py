"""The emulator's page for a browser: what it holds, the last requests, and the faults and quotas in force."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from werkzeug.wrappers import Response

from keyrings.codeartifact.emulator import request_log
from keyrings.codeartifact.emulator.api.models import all_backends

if TYPE_CHECKING:
    from jinja2 import Template
    from werkzeug.wrappers import Request

    from keyrings.codeartifact.emulator.api.models import Domain
    from keyrings.codeartifact.emulator.api.repository import Repository
    from keyrings.codeartifact.emulator.faults import Fault
    from keyrings.codeartifact.emulator.journal import Entry

    from .application import Application

# Of each, what is shown on the first page.
_REPOSITORIES, _PACKAGES, _REQUESTS = 500, 12, 50
# Packages on each of a repository's own pages.
_PAGE = 200
_FIRST_ERROR = 400


class _Repository(NamedTuple):
    """A repository as the page shows it; ``link`` is its own page, and ``packages`` are their names."""

    name: str
    domain: str
    owner: str
    region: str
    link: str
    index_url: str
    upstreams: tuple[str, ...]
    is_public: bool
    packages: list[str]


def respond(application: Application, request: Request) -> Response:
    """Return the page, or that of the repository whose ARN the query names."""
    if request.method not in ("GET", "HEAD"):
        return Response("this page can only be read\n", 405, {"Allow": "GET, HEAD"}, mimetype="text/plain")
    arn = request.args.get("repository")
    values = _overview(application) if arn is None else _details(arn, request.args.get("page", "1"))
    if values is None:
        return Response("there is no such repository, or no such page of it\n", 404, mimetype="text/plain")
    template, style, policy = _template()
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    return Response(template.render(style=style, **values), mimetype="text/html", headers=headers)


@cache
def _template() -> tuple[Template, Markup, str]:
    """Return the template, its style sheet, and the Content-Security-Policy that allows this and no script."""
    html, css = (
        resources.files(__package__).joinpath(f"status_page.{kind}").read_text("utf-8") for kind in ("html", "css")
    )
    digest = b64encode(hashlib.sha256(css.encode()).digest()).decode()
    # The icon is a data URL: without one, browsers request /favicon.ico.
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:"
    policy += "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(html), Markup(css), policy  # noqa: S704 - this package's own file


def _overview(application: Application) -> dict[str, Any]:
    """Return the values of the first page."""
    domains = [domain for backend in all_backends() for _, domain in sorted(backend.domains.items())]
    shown, left = [], _REPOSITORIES
    for domain in domains:
        repositories = sorted(domain.repositories.items())
        described = [_describe(domain, repository) for _, repository in repositories[:left]]
        left -= len(described)
        shown.append({"name": domain.name, "owner": domain.owner, "region": domain.region, "repositories": described})
    return {
        "repository": None,
        "is_enforced": application.access.is_enforced,
        "domains": shown,
        "hidden": sum(len(domain.repositories) for domain in domains) - (_REPOSITORIES - left),
        "first": _PACKAGES,
        "requests": [_request(entry) for entry in reversed(application.journal.entries()[-_REQUESTS:])],
        "faults": [_fault(fault) for fault in application.faults.described()],
        "quotas": sorted(application.quotas.rates().items()),
    }


def _details(arn: str, page: str) -> dict[str, Any] | None:
    """Return the values of a repository's page, None if there is no such repository or page."""
    found = _find(arn)
    if found is None:
        return None
    domain, repository = found
    described = _describe(domain, repository)
    pages = max(1, -(-len(described.packages) // _PAGE))
    number = int(page) if re.fullmatch("[0-9]{1,9}", page) else 0
    if not 1 <= number <= pages:
        return None
    names = described.packages[(number - 1) * _PAGE : number * _PAGE]
    return {
        "repository": described,
        "page": number,
        "pages": pages,
        "listed": [(name, *_versions(repository, name)) for name in names],
    }


def _find(arn: str) -> tuple[Domain, Repository] | None:
    domains = (domain for backend in all_backends() for domain in list(backend.domains.values()))
    for domain in domains:
        for name, repository in list(domain.repositories.items()):
            if domain.arn(name) == arn:
                return domain, repository
    return None


def _describe(domain: Domain, repository: Repository) -> _Repository:
    return _Repository(
        repository.name,
        domain.name,
        domain.owner,
        domain.region,
        f"?{urlencode({'repository': domain.arn(repository.name)})}",
        domain.endpoint(repository.name) + "simple/",
        repository.upstreams,
        repository.is_public,
        repository.packages(),
    )


def _versions(repository: Repository, name: str) -> tuple[int, str]:
    """Return how many versions of a package there are, and the last one published, or empty."""
    versions = [version.version for version in repository.versions(name)]
    return len(versions), next(reversed(versions), "")


def _request(entry: Entry) -> dict[str, Any]:
    return {
        "clock": request_log.clock(entry),
        "who": request_log.who(entry),
        "what": request_log.what(entry),
        "status": request_log.status(entry),
        "is_success": 0 < entry.status < _FIRST_ERROR,
    }


def _fault(fault: Fault) -> dict[str, Any]:
    parts = [
        f"{fault.hang:g} s delay" if fault.hang else "",
        f"status {fault.status}" if fault.status else "",
        "connection cut" if fault.cut else "",
    ]
    return {"operation": fault.operation, "effect": ", ".join(filter(None, parts)), "times": fault.times}
