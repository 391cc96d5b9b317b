# SPDX-License-Identifier: GPL-2.0-only
"""The curve of a run, read from its files: the error of its PMF against the energy evaluations and the time spent."""
import dataclasses

import numpy as np

from . import frames, metadynamics, methods
from ..pmf import files


@dataclasses.dataclass
class Point:
    evaluations: int   # spent so far, like the times
    wall: float        # s
    cpu: float         # s
    kld: float         # nats
    rms: float         # kT
    middle: float      # kT, RMS error where the reference is in MIDDLE; NaN where it has no such cell


@dataclasses.dataclass
class Curve:
    method: str        # or the name of one of its estimators
    seed: int
    end: str           # how the run ended, in words
    evaluations: int   # total; for learning that ended before its first PMF the expected cost of its first iteration
    wall: float        # s
    cpu: float         # s
    points: list       # of Points


def of_learning(cells, folder, method, name):
    """(method, evaluations, F [cells]) of each iteration. The last one comes from the PMF file, whose grid is finer."""
    path = folder / f"{name}.pmf"
    if not path.exists():
        return
    pmf = files.read_pmf(path)
    total = int(pmf.header.get("total", 0))
    history = folder / f"{name}.iterations"
    for past in files.read_iterations(history, pmf) if history.exists() else []:
        if past.grid is not None and past.header["evaluations"] < total:
            yield method, int(past.header["evaluations"]), cells.of_grid(past.grid)
    yield method, total, cells.of_grid(pmf)


def learned(system, method):
    """The name, without ending, of the files that a learning method leaves."""
    return methods.LEARNED.get(method) or system.yaml.removesuffix(".yaml")


def raw(system, variables, cells, method, folder):
    """(estimator, evaluations, F [cells]) at several lengths of one run."""
    kT, use = system.kT, methods.settings(system)
    if method == "md":
        return frames.of_md(cells, folder)
    if method == "temper":
        return frames.of_exchange(cells, folder, kT, use.swap_every, use.settle)
    if method == "metad":
        return metadynamics.of_metadynamics(cells, folder, kT, variables, use.bias_factor, use.hill_every)
    return of_learning(cells, folder, method, learned(system, method))


def ending(mark, folder, name):
    """How a run ended, in words. For learning this is in its PMF file."""
    if mark["end"] != "finished":
        return "wall time spent"
    path = folder / f"{name}.pmf"
    if not path.exists():
        return "evaluations spent"
    status = int(files.read_pmf(path).header.get("status", -1))
    return {1: "converged", 2: "evaluations spent"}.get(status, "sweeps spent")


def read(system, variables, cells, method, seed, folder, mark):
    """The Curves of one run, one per estimator; the first has the name of the method. A run without a PMF gives a curve
    without points. `mark` is what the run's folder says of its time."""
    points = {method: []}
    for name, n, F in raw(system, variables, cells, method, folder):
        points.setdefault(name, []).append((n, *cells.measure(F)))
    # Dynamics spends its time evenly. Learning reports its evaluations as it goes, and its walkers move on after the last of
    # them.
    spent = mark["marks"][-1][0] if mark["marks"] else points[method][-1][0] if points[method] else mark.get("first", 0)
    at = np.array([[0, 0.0, 0.0], *mark["marks"][:-1], [spent, mark["wall"], mark["cpu"]]])
    end = ending(mark, folder, learned(system, method))
    curves = []
    for name, rows in points.items():
        timed = [Point(n, float(np.interp(n, at[:, 0], at[:, 1])), float(np.interp(n, at[:, 0], at[:, 2])), *figures)
                 for n, *figures in rows]
        curves.append(Curve(name, seed, end, int(spent), mark["wall"], mark["cpu"], timed))
    return curves
