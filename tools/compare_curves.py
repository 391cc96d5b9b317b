# SPDX-License-Identifier: GPL-2.0-only
"""What a run left, read as a curve: the error of its PMF against the energy evaluations and the time it had spent."""
import dataclasses
import math

import numpy as np

import compare_methods
import pmf_compare
import pmf_files
from pmf_grid import Grid, PlotError

MIDDLE = (4.0, 8.0)    # kT over the minimum, where barriers and side minima lie
POINTS = 24            # of a curve, spaced evenly in the logarithm
FROM = 0.005           # the first one, of all


@dataclasses.dataclass
class Point:
    evaluations: int
    wall: float    # s
    cpu: float     # s
    kld: float     # nats
    rms: float     # kT
    middle: float  # kT, RMS error where the reference is in MIDDLE; NaN when it has no such cell


@dataclasses.dataclass
class Curve:
    method: str      # or one of its estimators
    seed: int
    end: str         # finished, wall time
    evaluations: int    # spent in all; of learning that ended before its first PMF what its first iteration would have taken
    wall: float
    cpu: float
    points: list


class Cells:
    """The reference's cells and what a PMF in them is worth."""

    def __init__(self, reference, variables):
        periods = [variable.period for variable in variables]
        reference = reference.on_circles([np.array([variable.low]) for variable in variables], periods)
        self.axes, self.index = pmf_compare.lattice(reference, periods)
        self.periods, self.reference = periods, reference
        self.shape = tuple(map(len, self.axes))
        self.widths = [axis[1] - axis[0] for axis in self.axes]
        self.centres = np.stack([values.ravel() for values in np.meshgrid(*self.axes, indexing="ij")], axis=1)
        self.probability = np.zeros(self.shape)
        self.probability[self.index] = reference.weights()
        self.height = reference.F - reference.F.min()

    def measure(self, F):
        """(KLD, RMS error, RMS error in MIDDLE) of F [shape] in kT, NaN where it is not known. The constant is the best one of all
        cells that count."""
        known = np.isfinite(F)
        difference = F[self.index] - self.reference.F
        counted = known[self.index] & (self.height <= self.reference.below)
        if not counted.any():
            raise PlotError("a PMF and the reference have no cell in common")
        error = difference - difference[counted].mean()
        middle = counted & (self.height > MIDDLE[0]) & (self.height < MIDDLE[1])
        rms = [float(np.sqrt(np.mean(error[cells]**2))) if cells.any() else math.nan for cells in (counted, middle)]
        return pmf_compare.divergence(self.probability[known], F[known]), *rms

    def of_grid(self, grid):
        """F [shape] of a PMF on a grid, averaged over the cells of a histogram."""
        points = 1 if self.reference.probability is None else pmf_compare.CELL_POINTS
        return pmf_compare.model_in_cells(grid, self.centres, self.widths, points).reshape(self.shape)

    def cell_of(self, s):
        """Flat index [n] of the cell of each s [n, dimension], -1 outside."""
        at = np.floor((s - [axis[0] for axis in self.axes]) / self.widths + 0.5).astype(int)
        inside = np.ones(len(s), bool)
        for k, (n, period) in enumerate(zip(self.shape, self.periods)):
            if period:
                at[:, k] %= n
            inside &= (at[:, k] >= 0) & (at[:, k] < n)
        return np.where(inside, np.ravel_multi_index(np.where(inside[:, None], at, 0).T, self.shape), -1)

    def of_frames(self, cell, weights):
        """F [shape] of a histogram; a cell that was never visited counts as half a frame of mean weight."""
        keep = cell >= 0
        if not weights[keep].sum() > 0:
            raise PlotError("no frame lies in the reference's cells")
        sums = np.bincount(cell[keep], weights[keep], math.prod(self.shape))
        return -np.log(np.where(sums > 0, sums, 0.5 * weights[keep].mean())).reshape(self.shape)


def merge(reference, n):
    """A reference of values at points of one variable as a histogram of cells, n steps of the points each."""
    order = np.argsort(reference.s[:, 0])
    s, p = reference.s[order, 0], np.exp(reference.F.min() - reference.F[order])
    first = np.arange(0, len(s) - n, n)
    mass = np.array([np.sum((p[i:i + n] + p[i + 1:i + n + 1]) * np.diff(s[i:i + n + 1])) / 2 for i in first])
    F = -np.log(mass)
    return dataclasses.replace(reference, s=(s[first] + s[first + n])[:, None] / 2, F=F - F.min(), std=np.zeros(len(F)),
                               probability=mass / mass.sum())


def counts(total):
    """Where a curve of so many steps or frames has its points."""
    return np.unique(np.geomspace(max(1, FROM * total), max(1, total), POINTS).astype(int))


def table(path, columns):
    """Rows [n, columns] of a file of LAMMPS or Colvars; the last line of a run that was ended may be broken."""
    rows = []
    try:
        with open(path) as file:
            for line in file:
                if not line.startswith("#") and line.endswith("\n"):
                    words = line.split()
                    if len(words) == columns:
                        rows.append(words)
    except FileNotFoundError:
        pass
    return np.array(rows, float).reshape(-1, columns)


def of_md(cells, folder, kT):
    rows = table(folder / "record.txt", len(cells.axes) + 2)[1:]
    cell = cells.cell_of(rows[:, 1:-1])
    for n in counts(len(rows)) if len(rows) else ():
        yield "md", int(rows[n - 1, 0]), cells.of_frames(cell[:n], np.ones(n))


def of_exchange(cells, folder, kT):
    """All replicas together: the weight of a frame of energy U at the PMF's temperature, when each temperature holds as many, is
    exp(-U/kT) / sum over temperatures of exp(f - U/kT'), the f such that each term has mean 1 (MBAR)."""
    replicas = [table(folder / f"record.{k}.txt", len(cells.axes) + 2)[1:] for k in range(len(compare_methods.LADDER))]
    n = min(map(len, replicas))
    after = replicas[0][:n, 0] % compare_methods.SWAP_EVERY
    keep = (after == 0) | (after >= compare_methods.SETTLE)
    frames = np.stack([rows[:n][keep] for rows in replicas], axis=1)
    betas = 1.0 / (kT * np.array(compare_methods.LADDER))
    f = np.zeros(len(betas))
    for m in counts(len(frames)) if len(frames) else ():
        rows = frames[:m].reshape(-1, frames.shape[2])
        energy = (rows[:, -1] - rows[:, -1].min())[:, None] * -betas
        for _ in range(200):
            shifted = energy + f
            top = shifted.max(axis=1, keepdims=True)
            ln_sum = top + np.log(np.exp(shifted - top).sum(axis=1, keepdims=True))
            terms = energy - ln_sum
            top = terms.max(axis=0)
            new = -(top + np.log(np.mean(np.exp(terms - top), axis=0)))
            new -= new[0]
            moved, f = np.abs(new - f).max(), new
            if moved < 1e-6:
                break
        weights = np.exp(terms[:, 0] - terms[:, 0].max())
        yield "temper", int(frames[m - 1, 0, 0]) * len(betas), cells.of_frames(cells.cell_of(rows[:, 1:-1]), weights)


class Hills:
    """The bias of metadynamics from the list of its hills."""

    def __init__(self, path, cells, variables):
        d = len(variables)
        rows = table(path, 2 * d + 2)
        self.step, self.centre, self.sigma, self.weight = rows[:, 0], rows[:, 1:1 + d], rows[:, 1 + d:-1], rows[:, -1]
        self.variables, self.axes = variables, []
        for variable in variables:
            if variable.period:
                self.axes.append(-180.0 + 3.0 * np.arange(120))
            else:
                room = 0.5 * (variable.high - variable.low)
                self.axes.append(np.linspace(variable.low - room, variable.high + room, 761))

    def shapes(self, k, some, at):
        """[hills, at], of one variable."""
        distance = at - self.centre[some, k, None]
        if self.variables[k].period:
            distance -= self.variables[k].period * np.round(distance / self.variables[k].period)
        return np.exp(-0.5 * (distance / self.sigma[some, k, None])**2)

    def on_grid(self, some, factors=None):
        """Sum of some hills on the axes."""
        weights = self.weight[some] if factors is None else self.weight[some] * factors
        first = self.shapes(0, some, self.axes[0]) * weights[:, None]
        return first.sum(axis=0) if len(self.axes) == 1 else first.T @ self.shapes(1, some, self.axes[1])

    def grid(self, values):
        return Grid(self.axes, values, np.zeros_like(values), [variable.period for variable in self.variables])


def biased_weights(hills, s, step, kT, gamma):
    """ln of the weight [n] of each frame at its time: V(s, t) - c(t) (Tiwary and Parrinello 2015), in kT; gamma is the bias factor."""
    ln = np.zeros(len(s))
    V = np.zeros([len(axis) for axis in hills.axes])
    edges = np.append(np.arange(0, len(hills.step), 20), len(hills.step))
    for low, high in zip(edges, edges[1:]):
        some = slice(low, high)
        begin = hills.step[low - 1] if low else -1.0
        frames = np.flatnonzero((step > begin) & ((step <= hills.step[high - 1]) if high < len(hills.step) else True))
        if len(frames):
            u = V / kT
            top = u.max()
            c = np.log(np.sum(np.exp((u - top) * gamma / (gamma - 1)))) - np.log(np.sum(np.exp((u - top) / (gamma - 1)))) + top
            shapes = np.prod([hills.shapes(k, some, s[frames, k]) for k in range(s.shape[1])], axis=0)
            shapes *= hills.step[some, None] < step[frames]
            ln[frames] = hills.grid(V).F_at(s[frames]) / kT + (hills.weight[some] @ shapes) / kT - c
        V = V + hills.on_grid(some)
    return ln


def of_metadynamics(cells, folder, kT, variables, gamma, every):
    hills = Hills(folder / "metad.colvars.wt.hills.traj", cells, variables)
    rows = table(folder / "metad.colvars.traj", len(variables) + 1)
    rows = rows[rows[:, 0] > 0]
    if not len(rows) or not len(hills.step):
        return
    # Of a run that was ended the one file may reach further than the other.
    rows = rows[rows[:, 0] <= hills.step[-1] + every]
    step, s = rows[:, 0], rows[:, 1:]
    ln, cell = biased_weights(hills, s, step, kT, gamma), cells.cell_of(s)
    for n in counts(len(rows)):
        now = step[n - 1]
        some = hills.step <= now
        if not some.any():
            continue
        scale = -gamma / (gamma - 1) / kT
        yield "metad", int(now), cells.of_grid(hills.grid(scale * hills.on_grid(some)))
        # A mean over time has less of the last hills' noise, but is late.
        share = np.clip((now - hills.step[some]) / (0.25 * now), 0.0, 1.0)
        yield "metad-mean", int(now), cells.of_grid(hills.grid(scale * hills.on_grid(some, share)))
        yield "metad-weights", int(now), cells.of_frames(cell[:n], np.exp(ln[:n] - ln[:n].max()))


def of_learning(cells, folder, kT, method, name):
    """The iterations, and at the end the PMF file, whose grid is finer."""
    path = folder / f"{name}.pmf"
    if not path.exists():
        return
    pmf = pmf_files.read_pmf(path)
    total = int(pmf.header.get("total", 0))
    history = folder / f"{name}.iterations"
    for past in pmf_files.read_iterations(history, pmf) if history.exists() else []:
        if past.grid is not None and past.header["evaluations"] < total:
            yield method, int(past.header["evaluations"]), cells.of_grid(past.grid)
    yield method, total, cells.of_grid(pmf)


def raw(system, variables, cells, method, folder):
    """(estimator, evaluations, F [cells]) of one run."""
    kT = system.kT
    if method == "md":
        return of_md(cells, folder, kT)
    if method == "temper":
        return of_exchange(cells, folder, kT)
    if method == "metad":
        return of_metadynamics(cells, folder, kT, variables, compare_methods.bias_factor(system), compare_methods.hill_every(system))
    return of_learning(cells, folder, kT, method, compare_methods.LEARNED[method] or system.yaml.removesuffix(".yaml"))


def read(system, variables, cells, method, seed, folder, mark):
    """Curves of one run, the first under the method's own name; without points when the run left no PMF."""
    points = {method: []}
    for name, n, F in raw(system, variables, cells, method, folder):
        points.setdefault(name, []).append((n, *cells.measure(F)))
    # Dynamics spends its time evenly; learning says when it had spent how much, and walks for a while after the last evaluation.
    spent = mark["marks"][-1][0] if mark["marks"] else points[method][-1][0] if points[method] else mark.get("first", 0)
    end = [spent, mark["wall"], mark["cpu"]]
    at = np.array([[0, 0.0, 0.0], *mark["marks"][:-1], end])
    curves = []
    for name, rows in points.items():
        timed = [Point(n, float(np.interp(n, at[:, 0], at[:, 1])), float(np.interp(n, at[:, 0], at[:, 2])), *figures)
                 for n, *figures in rows]
        curves.append(Curve(name, seed, mark["end"], int(spent), mark["wall"], mark["cpu"], timed))
    return curves
