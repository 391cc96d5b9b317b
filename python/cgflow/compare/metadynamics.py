# SPDX-License-Identifier: GPL-2.0-only
"""PMFs from the files that Colvars writes in well-tempered metadynamics, at several lengths of a run."""
import numpy as np

from ..pmf.grid import Grid
from .frames import counts, table


class Hills:
    """The bias of metadynamics, summed from the list of its hills. It differs from Colvars' own grid by 8e-5 kcal/mol
    (RMS, 6000 hills)."""

    def __init__(self, path, variables):
        d = len(variables)
        rows = table(path, 2 * d + 2)
        self.step, self.center, self.sigma, self.height = rows[:, 0], rows[:, 1:1 + d], rows[:, 1 + d:-1], rows[:, -1]
        self.variables, self.axes = variables, []
        for variable in variables:
            if variable.period:
                self.axes.append(-180.0 + 3.0 * np.arange(120))
            else:
                margin = 0.5 * (variable.high - variable.low)
                self.axes.append(np.linspace(variable.low - margin, variable.high + margin, 761))

    def shapes(self, k, some, at):
        """Gaussians [hills, points] of the hills in a slice, at points of variable k."""
        distance = at - self.center[some, k, None]
        if self.variables[k].period:
            distance -= self.variables[k].period * np.round(distance / self.variables[k].period)
        return np.exp(-0.5 * (distance / self.sigma[some, k, None])**2)

    def on_grid(self, some, factors=None):
        """The bias on the axes: the sum of the hills in a slice or mask, each times its factor."""
        weights = self.height[some] if factors is None else self.height[some] * factors
        first = self.shapes(0, some, self.axes[0]) * weights[:, None]
        return first.sum(axis=0) if len(self.axes) == 1 else first.T @ self.shapes(1, some, self.axes[1])

    def grid(self, values):
        """A Grid of values on the axes."""
        return Grid(self.axes, values, np.zeros_like(values), [variable.period for variable in self.variables])


def biased_weights(hills, s, step, kT, gamma):
    """ln of the weight [n] of each frame s [n, dimension] at its step [n]: V(s, t) - c(t) in kT (Tiwary and Parrinello,
    J. Phys. Chem. B 119, 736, 2015). gamma is the bias factor. c(t) is updated every 20 hills."""
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
            ln[frames] = hills.grid(V).F_at(s[frames]) / kT + (hills.height[some] @ shapes) / kT - c
        V = V + hills.on_grid(some)
    return ln


def of_metadynamics(cells, folder, kT, variables, gamma, every):
    """(estimator, evaluations, F [cells]) at several lengths: "metad" from the bias, "metad-mean" from its time average, and
    "metad-weights" from weighted frames. gamma is the bias factor, `every` the number of steps between hills."""
    hills = Hills(folder / "metad.colvars.wt.hills.traj", variables)
    rows = table(folder / "metad.colvars.traj", len(variables) + 1)
    rows = rows[rows[:, 0] > 0]
    if not len(rows) or not len(hills.step):
        return
    # After a kill, one file may reach further than the other.
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
        # The time average over the last quarter is less noisy than the last bias, but lags behind it.
        fraction = np.clip((now - hills.step[some]) / (0.25 * now), 0.0, 1.0)
        yield "metad-mean", int(now), cells.of_grid(hills.grid(scale * hills.on_grid(some, fraction)))
        yield "metad-weights", int(now), cells.of_frames(cell[:n], np.exp(ln[:n] - ln[:n].max()))
