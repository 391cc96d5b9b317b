# SPDX-License-Identifier: GPL-2.0-only
"""PMFs from what Colvars writes of well-tempered metadynamics, at many lengths of a run."""
import numpy as np

from ..pmf.grid import Grid
from .frames import counts, table


class Hills:
    """The bias of metadynamics from the list of its hills; Colvars' own grid differs by 8e-5 kcal/mol (6000 hills, RMS)."""

    def __init__(self, path, variables):
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
    """ln of the weight [n] of each frame at its time: V(s, t) - c(t) (Tiwary and Parrinello 2015), in kT; gamma is the
    bias factor."""
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
    hills = Hills(folder / "metad.colvars.wt.hills.traj", variables)
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
