# SPDX-License-Identifier: GPL-2.0-only
"""The tables of a comparison, from its curves, as text and as reStructuredText."""
import math
import statistics

COSTS = (0.0, 0.001, 0.01, 0.1)    # s per evaluation, in addition to the force field that was run


def number(value):
    """A number with three digits as text."""
    if not math.isfinite(value):
        return "-"
    if value == 0 or 0.01 <= abs(value) < 999.5:
        return f"{value:.3g}"
    if 999.5 <= abs(value) < 100_000:
        return f"{value:.0f}"
    return f"{value:.1e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def duration(seconds):
    """A time as text, in its natural unit."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"


def spread(values, text=number):
    """Median and range as text; text(value) formats one value."""
    values = [value for value in values if math.isfinite(value)]
    if not values:
        return "-"
    middle = text(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({text(min(values))} to {text(max(values))})"


def ending(curve):
    """How a run ended, in words."""
    return curve.end if curve.points else f"{curve.end}, no PMF yet (evaluations: expected cost of its first iteration)"


def groups(curves):
    """{method or estimator: its curves}, in the order of the curves."""
    found = {}
    for curve in curves:
        found.setdefault(curve.method, []).append(curve)
    return found


def best_estimators(curves):
    """The curves for pictures: for each method those of the estimator with the lowest final KLD."""
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
    """The first point after which the KLD stays at or below a target; None where there is none."""
    found = None
    for point in curve.points:
        found = (found or point) if point.kld <= target else None
    return found


def costs(curves, titles, targets):
    """Heading and rows of the second table: the time on one core to each target KLD, for several costs per evaluation."""
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


NOTES = """An evaluation is one energy with its forces, of one structure or of one step of one replica. Each run had the budgets stated
above. A run that spent its wall time is shown as it was then; the last column has published figures. Several runs: median (range).
Wall time is that of the whole run, CPU time that of all its processes. Errors are over the cells of the reference, after the best
constant is subtracted: the RMS error where the reference is below {below}, and where it is from 4 to 8 kT. A histogram cell without
frames counts as half a frame. Metadynamics has three estimates of F: from the bias (as users take it), from its mean over the last
quarter of the run, and from weighted frames. Pictures show the estimate with the lowest final KLD.""".replace("\n", " ")
COST_NOTES = """Computed, not run: CPU time of the run, including its cheap force field, plus the number of evaluations times the cost of
one, on one core. Methods that can distribute evaluations over cores (learning over any number, replica exchange over one per replica)
are faster on several cores.""".replace("\n", " ")


def write(facts, curves, titles, published, targets, below):
    """(text, rst): both tables with `facts` (lines) and notes."""
    notes = NOTES.format(below=f"{below:g} kT" if math.isfinite(below) else "any height")
    main, cost = results(curves, titles, published), costs(best_estimators(curves), titles, targets)
    heads = (f"{notes}", f"Time to a forward KLD. {COST_NOTES}")
    text = "\n".join([*facts, "", heads[0], "", as_text(*main), heads[1], "", as_text(*cost)])
    rst = "\n".join([*(f"* {fact}" for fact in facts), "", heads[0], "", as_rst(*main), heads[1], "", as_rst(*cost)])
    return text, rst
