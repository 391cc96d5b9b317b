# SPDX-License-Identifier: GPL-2.0-only
"""PMFs from the frames of plain MD and of replica exchange, at many lengths of a run."""
import array

import numpy as np

from . import methods

POINTS = 24      # of a curve, spaced evenly in the logarithm
FROM = 0.005     # the first one, of all


def counts(total):
    """Where a curve of so many steps or frames has its points."""
    return np.unique(np.geomspace(max(1, FROM * total), max(1, total), POINTS).astype(int))


def table(path, columns):
    """Rows [n, columns] of a file of LAMMPS or Colvars; the last line of a run that was ended may be broken. There are millions."""
    values = array.array("d")
    try:
        with open(path) as file:
            for line in file:
                words = line.split()
                if len(words) == columns and words[0][0] in "-0123456789" and line.endswith("\n"):
                    values.extend(map(float, words))
    except FileNotFoundError:
        pass
    return np.array(values).reshape(-1, columns)


def of_md(cells, folder):
    rows = table(folder / "record.txt", len(cells.axes) + 2)[1:]
    cell = cells.cell_of(rows[:, 1:-1])
    for n in counts(len(rows)) if len(rows) else ():
        yield "md", int(rows[n - 1, 0]), cells.of_frames(cell[:n], np.ones(n))


def ladder_of(path, steps, replicas):
    """[steps, replicas], number of the temperature that each replica had on its way to each step, from LAMMPS' log of the
    exchange."""
    rows = table(path, replicas + 1).astype(int)
    return rows[np.searchsorted(rows[:, 0], steps) - 1, 1:]


def mbar(energies, betas, f):
    """Weights [n] of frames at the first temperature, when each holds as many of them: exp(-beta U) over the sum of exp(f - beta U)
    of all, the f such that each temperature's weights have the same sum; and the f, which begin as given."""
    exponents = (energies - energies.min())[:, None] * -betas
    for _ in range(200):
        top = (exponents + f).max(axis=1, keepdims=True)
        terms = exponents - top - np.log(np.exp(exponents + f - top).sum(axis=1, keepdims=True))
        highest = terms.max(axis=0)
        new = -highest - np.log(np.mean(np.exp(terms - highest), axis=0))
        moved, f = np.abs(new - new[0] - f).max(), new - new[0]
        if moved < 1e-6:
            break
    return np.exp(terms[:, 0] - terms[:, 0].max()), f


def of_exchange(cells, folder, kT, swap_every, settle):
    """The frames at the PMF's temperature, as users take them, and the frames of all temperatures with weights."""
    replicas = [table(folder / f"record.{k}.txt", len(cells.axes) + 2)[1:] for k in range(len(methods.LADDER))]
    n = min(map(len, replicas))
    if not n:
        return
    steps = replicas[0][:n, 0]
    after = steps % swap_every
    keep = (after == 0) | (after >= settle)
    frames = np.stack([rows[:n][keep] for rows in replicas], axis=1)
    cell = cells.cell_of(frames[:, :, 1:-1].reshape(-1, len(cells.axes))).reshape(frames.shape[:2])
    cold = ladder_of(folder / "log.temper", steps[keep], len(replicas)) == 0
    betas, f = 1.0 / (kT * np.array(methods.LADDER)), np.zeros(len(replicas))
    for m in counts(len(frames)):
        evaluations = int(frames[m - 1, 0, 0]) * len(replicas)
        yield "temper", evaluations, cells.of_frames(cell[:m][cold[:m]], np.ones(m))
        weights, f = mbar(frames[:m, :, -1].ravel(), betas, f)
        yield "temper-weights", evaluations, cells.of_frames(cell[:m].ravel(), weights)
