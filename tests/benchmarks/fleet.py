"""Simulations of a fleet of CI runners: its requests to AWS on a day, and of hosts that start in the same second.

The rules for keeping a token and for repeating a throttled request are the package's own; the number of lookups of a
command has been measured.
"""

import heapq
import random
from collections import Counter
from typing import NamedTuple

from keyrings.codeartifact.aws.throttling import next_pause
from keyrings.codeartifact.cache.store import entry
from keyrings.codeartifact.models import Repository, Secret, Token

DAY = 24 * 3600
# AWS General Reference, "AWS CodeArtifact endpoints and quotas": calls a second of an account in a region.
QUOTA = 40
DURATION = 3600
DOMAIN = Repository("acme", "111122223333", "us-east-1")


class Fleet(NamedTuple):
    """So many machines run so many jobs a day, each of them so many lookups in so many seconds."""

    machines: int
    jobs: int
    lookups: int
    length: int


FLEETS = (Fleet(20, 2_000, 12, 600), Fleet(100, 20_000, 12, 600), Fleet(500, 100_000, 24, 1200))
WAYS = ("2.1.2", "a cache a job", "a cache a machine")


def simulate(fleet, way):
    """Return how often AWS is asked on a day, how often in its busiest second, and how many calls are too many."""
    chance = random.Random(0)
    kept = {}
    calls = Counter()
    for job, begin in enumerate(sorted(_begins(fleet, chance))):
        machine = chance.randrange(fleet.machines)
        place = {"a cache a job": ("job", job), "a cache a machine": ("machine", machine)}.get(way)
        for moment in sorted(begin + chance.random() * fleet.length for _ in range(fleet.lookups)):
            found = kept.get(place)
            if place and found and found.obtained <= moment < found.good_until:
                continue
            calls[int(moment)] += 1
            kept[place] = entry(Token(Secret("made-up"), moment + DURATION), moment, DOMAIN, "", DURATION)
    return {
        "calls": calls.total(),
        "busiest_second": max(calls.values()),
        "above_quota": sum(count - QUOTA for count in calls.values() if count > QUOTA),
    }


def _begins(fleet, chance):
    """Yield when jobs begin: a half of them at any time, a half in the first minute of an hour, as schedules have it."""
    for number in range(fleet.jobs):
        yield chance.random() * DAY if number % 2 else chance.randrange(24) * 3600 + chance.random() * 60


class Crowd(NamedTuple):
    """So many hosts, each with a cache of its own, that start within ``spread`` seconds against ``quota`` a second."""

    hosts: int
    spread: float = 1
    quota: float = QUOTA
    throttle_timeout: float = 120


CROWDS = (Crowd(200), Crowd(1000), Crowd(4000), Crowd(10_000, throttle_timeout=300))
# In seconds, from a throttled request to the next besides the pause.
ROUND_TRIP = 0.1


def botocore_pause(requests, _left, _retry_after):
    """Return the pause of botocore's standard mode, which 2.1.2 uses: three requests in all (botocore 1.44)."""
    return random.uniform(0, 2 ** (requests - 1)) if requests < 3 else None


RULES = {"2.1.2": botocore_pause, "3": next_pause}


def rush(crowd, pause_after):
    """Return when hosts got their tokens, and what became of the others; ``pause_after`` is the rule for pauses.

    The quota is a bucket of tokens that holds those of a second, as the emulator has it.
    """
    random.seed(0)
    moments = [(random.random() * crowd.spread, host) for host in range(crowd.hosts)]
    heapq.heapify(moments)
    requests, began, tokens, last, served = Counter(), {}, float(crowd.quota), 0.0, []
    while moments:
        now, host = heapq.heappop(moments)
        requests[host] += 1
        tokens = min(tokens + (now - last) * crowd.quota, max(crowd.quota, 1))
        last = now
        if tokens >= 1:
            tokens -= 1
            served.append(now)
            continue
        left = crowd.throttle_timeout - (now - began.setdefault(host, now))
        pause = pause_after(requests[host], left, 1)
        if pause is not None:
            heapq.heappush(moments, (now + pause + ROUND_TRIP, host))
    return {
        "failed": 1 - len(served) / crowd.hosts,
        "last": max(served),
        "requests": requests.total() / crowd.hosts,
        "most_requests": max(requests.values()),
    }
