"""How often would a fleet of CI runners ask AWS on a day, and how often be refused?  A simulation, not a measurement.

The rule by which a token is kept is the package's own; how many lookups a command makes has been measured.
"""

import random
from collections import Counter
from typing import NamedTuple

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
