"""Plots of the figures, as SVG."""

from xml.sax.saxutils import escape

# In pixels.
WIDTH, HEIGHT, MARGIN = 720, 220, 40
COLOURS = {"2.1.2": "#d1603d", "3": "#2a7f9e"}
# Readable on a light and on a dark page.
STYLE = "text{font:12px sans-serif;fill:#777} path{fill:none;stroke-width:2} .axis{stroke:#777;stroke-width:1}"


def rush(rows):
    """Return a plot of the share of hosts that have a token, over the time, for each row of hosts and each rule."""
    parts = []
    for number, (title, rules) in enumerate(rows.items()):
        top = number * (HEIGHT + MARGIN) + MARGIN
        longest = max(found["last"] for found in rules.values())
        parts.append(f'<text x="{MARGIN}" y="{top - 10}">{escape(title)}: share of hosts with a token</text>')
        parts.append(f'<path class="axis" d="M{MARGIN},{top}V{top + HEIGHT - MARGIN}H{WIDTH}"/>')
        parts.extend(_curve(name, found, top, longest) for name, found in rules.items())
        parts.append(f'<text x="{WIDTH}" y="{top + HEIGHT - MARGIN + 15}" text-anchor="end">{longest:.0f} s</text>')
    height = len(rows) * (HEIGHT + MARGIN) + MARGIN
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + MARGIN * 3} {height}"><style>{STYLE}</style>'
    return "\n".join((head, *parts, "</svg>\n"))


def _curve(name, found, top, longest):
    """Return the curve of one rule with its name at the end: steps, as each host gets its token."""
    bottom, width = top + HEIGHT - MARGIN, WIDTH - MARGIN
    share = 1 - found["failed"]
    points = [(0, 0.0)]
    points += [(moment, share * (index + 1) / len(found["served"])) for index, moment in enumerate(found["served"])]
    points.append((longest, share))
    line = " ".join(f"L{MARGIN + x / longest * width:.1f},{bottom - y * (HEIGHT - MARGIN):.1f}" for x, y in points)
    end = f'<text x="{WIDTH + 5}" y="{bottom - share * (HEIGHT - MARGIN) + 4:.0f}">{name}: {share:.0%}</text>'
    return f'<path stroke="{COLOURS[name]}" d="M{line[1:]}"/>{end}'
