"""The page on performance: its tables of simulations are what the simulations yield."""

import re
import sys

import pytest

from support.pages import Page
from support.project import ROOT

sys.path.insert(0, str(ROOT / "tests" / "benchmarks"))
try:
    import fleet
finally:
    del sys.path[0]

PAGE = Page("docs/explanation/performance.md")


def rows(heading):
    [table] = re.findall(rf"\| {heading} \|.*?\n\n", PAGE.text, re.DOTALL)
    return [line.strip("| ").split(" | ") for line in table.strip().splitlines()[2:]]


@pytest.mark.parametrize("crowd", fleet.CROWDS, ids=lambda crowd: str(crowd.hosts))
def test_hosts_that_start_together(crowd):
    limit = "" if crowd.throttle_timeout == 120 else f", with `throttle_timeout = {crowd.throttle_timeout}`"
    shown = [cells[1:] for cells in rows("hosts") if cells[0] == f"{crowd.hosts:,}{limit}"]
    found = {name: fleet.rush(crowd, rule) for name, rule in fleet.RULES.items()}
    assert shown == [
        [name, f"{one['failed']:.0%}".replace("%", " %"), f"{one['last']:.0f} s", f"{one['requests']:.1f}"]
        for name, one in found.items()
    ]


@pytest.mark.parametrize("one", fleet.FLEETS[:2], ids=lambda one: str(one.machines))
def test_a_day(one):
    name = f"{one.machines} machines, {one.jobs:,} jobs, {one.lookups} lookups each"
    [shown] = [cells[1:] for cells in rows("fleet") if cells[0] == name]
    assert shown == [f"{fleet.simulate(one, way)['calls']:,}" for way in fleet.WAYS]


def test_every_simulation_is_shown():
    assert (len(rows("hosts")), len(rows("fleet"))) == (2 * len(fleet.CROWDS), len(fleet.FLEETS))
