# SPDX-License-Identifier: GPL-2.0-only
"""The table of a comparison, as text and as reStructuredText, from curves."""
import math
import statistics

COSTS = (0.0, 0.001, 0.01, 0.1)    # s, of an evaluation; 0 is the force field as it was run


def number(value):
    if not math.isfinite(value):
        return "-"
    if value == 0 or 0.01 <= abs(value) < 999.5:
        return f"{value:.3g}"
    if 999.5 <= abs(value) < 100_000:
        return f"{value:.0f}"
    return f"{value:.1e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def duration(seconds):
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"


def spread(values, text=number):
    """Median and range."""
    values = [value for value in values if math.isfinite(value)]
    if not values:
        return "-"
    middle = text(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({text(min(values))} to {text(max(values))})"


def ending(curve):
    """How a run ended, in words."""
    return curve.end if curve.points else f"{curve.end}, no PMF yet (evaluations: what its first iteration takes)"


def groups(curves):
    """{method or estimator: its curves}, in their order."""
    found = {}
    for curve in curves:
        found.setdefault(curve.method, []).append(curve)
    return found


def best_estimators(curves):
    """Of a method with several estimators of F the one whose KLD is the lowest in the end; the curves that pictures show."""
    best = {}
    for name, some in groups(curves).items():
        final = statistics.median([c.points[-1].kld if c.points else math.inf for c in some])
        method = name.split("-")[0]
        if method not in best or final < best[method][0]:
            best[method] = final, some
    return [curve for _, some in best.values() for curve in some]


def results(curves, titles, published):
    """Heading and rows of the first table."""
    head = ["method", "runs", "ended", "evaluations", "wall time", "CPU time", "KLD", "RMS error / kT", "where 4 < F < 8 kT",
            "published"]
    rows = []
    for name, some in groups(curves).items():
        last = [curve.points[-1] for curve in some if curve.points]
        ends = sorted({ending(curve) for curve in some})
        rows.append([titles[name], str(len(some)), "; ".join(ends), spread([c.evaluations for c in some]),
                     spread([c.wall for c in some], duration), spread([c.cpu for c in some], duration),
                     spread([p.kld for p in last]), spread([p.rms for p in last]), spread([p.middle for p in last]),
                     published.get(name.split("-")[0], "-")])
    return head, rows


def reached(curve, target):
    """The first point from which on the KLD stays at or below a target, None when it does not."""
    found = None
    for point in curve.points:
        found = (found or point) if point.kld <= target else None
    return found


def costs(curves, titles, targets):
    """Heading and rows of the second table: time on one core to a KLD, when an evaluation costs so much."""
    head = ["KLD", "method", "runs that reach it", "evaluations", "CPU time as run"]
    head += [f"at {1000 * cost:g} ms" for cost in COSTS[1:]]
    rows = []
    for target in targets:
        for name, some in groups(curves).items():
            points = [point for curve in some if (point := reached(curve, target))]
            row = [number(target), titles[name], f"{len(points)} of {len(some)}", spread([p.evaluations for p in points])]
            rows.append(row + [spread([p.cpu + p.evaluations * cost for p in points], duration) for cost in COSTS])
    return head, rows


def as_text(head, rows):
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [head, *rows]) + "\n"


def as_rst(head, rows):
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in [head, *rows]:
        lines += [f"   {'* -' if k == 0 else '  -'} {cell}" for k, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


NOTES = """An evaluation is one energy with its forces: of one structure, or one step of one replica. Each run had the budgets named
above; one that had spent its wall time is shown where it stopped, with what was published of it beside it. Several runs: median
(range). Time is that of the whole run, CPU time that of all its processes. Errors are in the reference's cells, the best constant
removed: the RMS error where the reference is below {below}, and in those cells of them where it is from 4 to 8 kT. A cell that a
histogram never visited counts as half a frame. Metadynamics' F comes from the bias (as users take it), from its mean over the last
quarter of the run, or from weighted frames; pictures show the one with the lowest KLD in the end.""".replace("\n", " ")
COST_NOTES = """Computed, not run: CPU time of the run as it was, its cheap force field included, plus evaluations times the cost of one,
on one core. Runs that can share evaluations among cores (learning: any number, replica exchange: one replica each) are faster on
several.""".replace("\n", " ")


def write(facts, curves, titles, published, targets, below):
    """(text, rst): both tables with what must be known of them; facts are lines."""
    notes = NOTES.format(below=f"{below:g} kT" if math.isfinite(below) else "any height")
    main, cost = results(curves, titles, published), costs(best_estimators(curves), titles, targets)
    heads = (f"{notes}", f"Time to a forward KLD. {COST_NOTES}")
    text = "\n".join([*facts, "", heads[0], "", as_text(*main), heads[1], "", as_text(*cost)])
    rst = "\n".join([*(f"* {fact}" for fact in facts), "", heads[0], "", as_rst(*main), heads[1], "", as_rst(*cost)])
    return text, rst
