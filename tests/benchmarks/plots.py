"""Plots of the figures that `make bench` writes, as SVG in the folder of the file with the figures.

A plot has a background of its own, in a light and in a dark form: on many pages, an image does not get the page's colors.
"""

import json
import math
import re
import sys
from pathlib import Path
from xml.sax.saxutils import escape

# In pixels.
WIDTH, MARGIN, HEAD = 760, 24, 72
NAME, VALUE, ROW, BAR = 196, 96, 22, 15
PANEL, GAP, AXIS, SPACE = 210, 64, 44, 72
NEW, OLD, AWS = "new", "old", "aws"
NAMES = {NEW: "keyrings.codeartifact 3", OLD: "keyrings.codeartifact 2.1.2", AWS: "aws codeartifact login"}
KEYS = {NEW: "3", OLD: "2.1.2", AWS: "aws codeartifact login --tool pip"}
CROWDS = "processes at once, cold"
JOBS = "setting a CI job up, to aws codeartifact login"
STYLE = """\
text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}
text{stroke:#fff;stroke-width:4px;stroke-linejoin:round;paint-order:stroke}
.title{font-size:16px;font-weight:600}.group{font-weight:600}.note,.tick{font-size:12px;fill:#59636e}
.page{fill:#fff}.page,.grid{stroke:#d1d9e0}.line{fill:none;stroke-width:2.5}
.new{fill:#0969da}path.new{stroke:#0969da}.old{fill:#bc4c00}path.old{stroke:#bc4c00}.aws{fill:#6e7781}
@media (prefers-color-scheme:dark){text{fill:#f0f6fc;stroke:#0d1117}.note,.tick{fill:#9198a1}.page{fill:#0d1117}.page,.grid{stroke:#3d444d}
.new{fill:#4493f8}path.new{stroke:#4493f8}.old{fill:#f0883e}path.old{stroke:#f0883e}.aws{fill:#9198a1}}
.line{fill:none}text.new,text.old{font-weight:600}"""


def plots(figures):
    """Return the plots of the figures by name, those whose section has been measured."""
    sections = {warm_cold: "lookup", herd: CROWDS, ci_step: JOBS, fleet: "rush"}
    return {draw.__name__.replace("_", "-"): draw(figures) for draw, name in sections.items() if name in figures}


def warm_cold(figures):
    login = [(AWS, row[KEYS[AWS]]["seconds"]) for row in figures.get(JOBS, {}).values()][:1]
    groups = {}
    for title, state in (("A token is cached", "warm"), ("No token is cached", "cold")):
        row = figures["lookup"][f"{state}, codeartifact-keyring get"]
        groups[title] = [(key, row[KEYS[key]]["seconds"]) for key in (NEW, OLD)] + login
    return bars("Time to get a token", _measured(figures), groups, "seconds", _seconds)


def ci_step(figures):
    groups = {}
    for title, row in (
        ("GitHub Action", "the action's step"),
        ("GitHub Action, second use in a job", "the action's step, the second in a job"),
        ("GitLab include", "the include's before_script"),
        ("Bundle: exec --check", "X.pyz exec --check -- true"),
    ):
        groups[title] = [(key, figures[JOBS][row][KEYS[key]]["seconds"]) for key in (NEW, AWS)]
    return bars("Time to set up a CI job and get a token", _measured(figures), groups, "seconds", _seconds)


def herd(figures):
    groups = {
        f"{number} process{'es' * (number != '1')}": [(key, found[KEYS[key]]["calls"]) for key in (NEW, OLD)]
        for number, found in figures[CROWDS].items()
    }
    note = "requests for a token, which no cache holds yet; counted by the emulator"
    return bars("Requests to AWS when processes start at once", note, groups, "requests", "{:,.0f}".format)


def fleet(figures):
    failed, last, timeouts = {OLD: [], NEW: []}, {NEW: []}, {}
    for title, found in figures["rush"].items():
        hosts, _, timeout = map(int, re.findall(r"\d+", title))
        timeouts[hosts] = timeout
        for key, points in failed.items():
            points.append((hosts, found[KEYS[key]]["failed"] * 100))
        last[NEW].append((hosts, found[KEYS[NEW]]["last"]))
    least = min(timeouts.values())
    other = "".join(f", {timeout} s for {hosts:,} hosts" for hosts, timeout in timeouts.items() if timeout != least)
    note = f"simulated, with the quota of 40 requests per second; throttle_timeout is {least} s{other}"
    return lines(
        "Hosts that start in the same second, each with its own cache",
        note,
        {
            "Hosts that get no token": (failed, "{:.0f} %".format),
            "Time until the last host has its token": (last, "{:.0f} s".format),
        },
    )


def bars(title, note, groups, unit, write):
    """Return a plot of groups of horizontal bars from zero, each with its name and what ``write`` makes of its value."""
    left, right = MARGIN + NAME, WIDTH - MARGIN - VALUE
    ticks = _ticks(max(value for rows in groups.values() for _, value in rows))
    parts, said, top = [], [], HEAD
    for group, rows in groups.items():
        top += ROW
        parts.append(f'<text class="group" x="{MARGIN}" y="{top}">{escape(group)}</text>')
        said.append(f"{group}: {', '.join(f'{NAMES[key]} {write(value)}' for key, value in rows)}.")
        for key, value in rows:
            width = max(2, value / ticks[-1] * (right - left))
            parts.append(f'<text x="{MARGIN}" y="{top + ROW}">{NAMES[key]}</text>')
            parts.append(f'<rect class="{key}" x="{left}" y="{top + 8}" width="{width:.1f}" height="{BAR}" rx="2"/>')
            parts.append(f'<text x="{left + width + 8:.1f}" y="{top + ROW}">{write(value)}</text>')
            top += ROW
        top += ROW // 2
    grid = []
    for tick in ticks:
        x = left + tick / ticks[-1] * (right - left)
        grid.append(f'<path class="grid" d="M{x:.1f},{HEAD}V{top}"/>')
        grid.append(f'<text class="tick" x="{x:.1f}" y="{top + 16}" text-anchor="middle">{tick:g}</text>')
    middle = (left + right) / 2
    grid.append(f'<text class="note" x="{middle:.1f}" y="{top + 34}" text-anchor="middle">{unit}</text>')
    return _page(title, note, " ".join(said), top + 34 + MARGIN, grid + parts)


def lines(title, note, panels):
    """Return a plot of panels side by side, with lines over the number of hosts (logarithmic)."""
    parts, said = [], []
    width = (WIDTH - 2 * MARGIN - GAP * len(panels)) / len(panels)
    bottom = HEAD + SPACE + PANEL
    for number, (panel, (series, write)) in enumerate(panels.items()):
        left = MARGIN + GAP + number * (width + GAP) - 12
        ticks = _ticks(max(value for points in series.values() for _, value in points))
        hosts = [host for host, _ in next(iter(series.values()))]
        least, span = math.log(hosts[0]), math.log(hosts[-1] / hosts[0])
        places = [left + 32 + (math.log(host) - least) / span * (width - 64) for host in hosts]
        parts.append(f'<text class="group" x="{left - GAP + 12:.1f}" y="{HEAD + 16}">{escape(panel)}</text>')
        for tick in ticks:
            y = bottom - tick / ticks[-1] * PANEL
            parts.append(f'<path class="grid" d="M{left:.1f},{y:.1f}h{width:.1f}"/>')
            parts.append(
                f'<text class="tick" x="{left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{write(tick)}</text>'
            )
        for x, host in zip(places, hosts, strict=True):
            parts.append(f'<text class="tick" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{host:,}</text>')
        middle = left + width / 2
        parts.append(
            f'<text class="note" x="{middle:.1f}" y="{bottom + 36}" text-anchor="middle">hosts (logarithmic)</text>'
        )
        for key, points in series.items():
            spots = [(x, bottom - value / ticks[-1] * PANEL) for x, (_, value) in zip(places, points, strict=True)]
            path = "L".join(f"{x:.1f},{y:.1f}" for x, y in spots)
            parts.append(f'<path class="line {key}" d="M{path}"/>')
            for (x, y), (_, value) in zip(spots, points, strict=True):
                parts.append(f'<circle class="{key}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
                parts.append(f'<text x="{x - 6:.1f}" y="{y - 10:.1f}" text-anchor="middle">{write(value)}</text>')
            x, y = left + width, spots[-1][1] - 26
            parts.append(f'<text class="{key}" x="{x:.1f}" y="{y:.1f}" text-anchor="end">{NAMES[key]}</text>')
            values = ", ".join(f"{write(value)} of {host:,} hosts" for host, value in points)
            said.append(f"{panel}, {NAMES[key]}: {values}.")
    return _page(title, note, " ".join(said), bottom + AXIS + 12, parts)


def _page(title, note, description, height, parts):
    """Return an SVG document with a title, a line below it, and all values in words for screen readers."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(description)}</desc>",
        f"<style>\n{STYLE}\n</style>",
        f'<rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        f'<text class="title" x="{MARGIN}" y="34">{escape(title)}</text>',
        f'<text class="note" x="{MARGIN}" y="56">{escape(note)}</text>',
    )
    return "\n".join((*head, *parts, "</svg>\n"))


def _ticks(most):
    """Return round numbers from zero to the first above ``most``, in at most five steps."""
    power = 10 ** math.floor(math.log10(most / 5))
    step = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power * 5 >= most)
    return [number * step for number in range(math.ceil(most / step) + 1)]


def _measured(figures):
    return f"medians against the emulator, on {figures['processors']} processors with Python {figures['python']}"


def _seconds(value):
    """Return a time with two digits."""
    digits = 1 - math.floor(math.log10(value)) if value else 1
    return f"{value:.{max(1, digits)}f} s"


def main():
    source = Path(sys.argv[1])
    for name, plot in plots(json.loads(source.read_text())).items():
        source.with_name(f"{name}.svg").write_text(plot)


if __name__ == "__main__":
    main()
